import { isObject, type JsonObject, listAt } from '@cartographer/machinery';
import { member, named, withMember } from './fields.ts';
import type { SourceChange, TextChange } from './source-change.ts';

/** The param that names a Maven artifact. */
export const MAVEN_PARAM = 'maven';

/**
 * The spec with its source as the flags want it. A source of one family takes away those of the others; a sub-path stays
 * only where the family stays.
 */
export function changeSource(spec: JsonObject, change: SourceChange): JsonObject {
  let next = withoutOthers(spec, change);
  const source = member(next, 'source');
  next = withMember(
    next,
    'source',
    withTexts(withGit(source, change.git), { image: change.sourceImage, subPath: change.subPath }),
  );
  next = withTexts(next, { image: change.image });
  return withMaven(next, change.maven);
}

function withoutOthers(spec: JsonObject, { family }: SourceChange): JsonObject {
  if (family === undefined) return spec;
  let source = member(spec, 'source');
  const isSame =
    (family === 'git' && isObject(source['git'])) || (family === 'source image' && source['image'] !== undefined);
  if (!isSame) source = withMember(source, 'subPath', undefined);
  if (family !== 'git') source = withMember(source, 'git', undefined);
  if (family !== 'source image') source = withMember(source, 'image', undefined);
  const next = withMember(spec, 'source', source);
  const withoutImage = family === 'image' ? next : withMember(next, 'image', undefined);
  return family === 'maven' ? withoutImage : withoutParam(withoutImage, MAVEN_PARAM);
}

function withGit(source: JsonObject, { url, ...refs }: SourceChange['git']): JsonObject {
  const texts = Object.values(refs);
  if (url === undefined && texts.every((text) => text === undefined)) return source;
  const git = member(source, 'git');
  const ref = withTexts(member(git, 'ref'), refs);
  const isCleared = Object.keys(ref).length === 0 && texts.includes('') && (url ?? '') === '';
  if (url === '' || isCleared) return withMember(source, 'git', undefined);
  return withMember(source, 'git', withMember(withTexts(git, { url }), 'ref', ref));
}

function withMaven(spec: JsonObject, maven: SourceChange['maven']): JsonObject {
  if (Object.values(maven).every((text) => text === undefined)) return spec;
  const before = named(listAt(spec, 'params'), MAVEN_PARAM);
  const value = withTexts(member(before ?? {}, 'value'), maven);
  if (Object.keys(value).length === 0) return withoutParam(spec, MAVEN_PARAM);
  const entry = { name: MAVEN_PARAM, value };
  const params = listAt(spec, 'params');
  return withMember(
    spec,
    'params',
    before === undefined ? [...params, entry] : params.map((param) => (param === before ? entry : param)),
  );
}

function withoutParam(spec: JsonObject, name: string): JsonObject {
  const params = listAt(spec, 'params');
  const kept = params.filter((param) => !isObject(param) || param['name'] !== name);
  return kept.length === params.length ? spec : withMember(spec, 'params', kept);
}

function withTexts(object: JsonObject, texts: Readonly<Record<string, TextChange>>): JsonObject {
  return Object.entries(texts).reduce(
    (next, [key, text]) => (text === undefined ? next : withMember(next, key, text === '' ? undefined : text)),
    object,
  );
}
