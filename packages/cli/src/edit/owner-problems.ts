import {
  compareQuantities,
  getPath,
  isObject,
  type Json,
  type JsonObject,
  type KubeObject,
  listAt,
  parseQuantity,
  textAt,
} from '@cartographer/machinery';
import { MAVEN_PARAM } from './change-source.ts';
import { member, named } from './fields.ts';

/** What makes no sense about an owner as a whole, in the names of flags; the fields that it is about. */
export type OwnerProblem = { readonly text: string; readonly fields: readonly (readonly string[])[] };

/** What is wrong with an owner that is to be: sources that exclude each other or lack something, limits below requests. */
export function ownerProblems(owner: KubeObject): readonly OwnerProblem[] {
  const spec = member(owner, 'spec');
  return [...sourceProblems(spec), ...mavenProblems(spec), ...quantityProblems(spec)];
}

const GIT = ['spec', 'source', 'git'] as const;
const SOURCE_IMAGE = ['spec', 'source', 'image'] as const;
const IMAGE = ['spec', 'image'] as const;

function sourceProblems(spec: JsonObject): readonly OwnerProblem[] {
  const source = member(spec, 'source');
  const git = member(source, 'git');
  const [hasGit, hasSourceImage, hasImage] = [isObject(source['git']), isText(source['image']), isText(spec['image'])];
  const problems: OwnerProblem[] = [];
  if (hasGit && hasSourceImage) {
    problems.push({ text: '--git-repo and --source-image exclude each other', fields: [GIT, SOURCE_IMAGE] });
  }
  if (hasImage && (hasGit || hasSourceImage)) {
    const other = hasGit ? '--git-repo' : '--source-image';
    problems.push({ text: `--image and ${other} exclude each other`, fields: [IMAGE, hasGit ? GIT : SOURCE_IMAGE] });
  }
  if (hasGit && !isText(git['url']))
    problems.push({ text: '--git-repo: required with a branch, tag or commit', fields: [GIT] });
  if (hasGit && ['branch', 'tag', 'commit'].every((ref) => textAt(git, 'ref', ref) === '')) {
    problems.push({ text: '--git-branch, --git-tag or --git-commit: one is required with --git-repo', fields: [GIT] });
  }
  if (isText(source['subPath']) && !hasGit && !hasSourceImage) {
    problems.push({
      text: '--sub-path: there is no source that it could be a folder of; give --git-repo or --source-image',
      fields: [['spec', 'source', 'subPath']],
    });
  }
  return problems;
}

function mavenProblems(spec: JsonObject): readonly OwnerProblem[] {
  const param = named(listAt(spec, 'params'), MAVEN_PARAM);
  const value = param?.['value'];
  if (!isObject(value)) return [];
  const missing = [
    ['groupId', '--maven-group'],
    ['artifactId', '--maven-artifact'],
    ['version', '--maven-version'],
  ].filter(([key = '']) => !isText(value[key]));
  return missing.map(([, flag]) => ({ text: `${flag}: required for a Maven artifact`, fields: [['spec', 'params']] }));
}

function quantityProblems(spec: JsonObject): readonly OwnerProblem[] {
  return (['cpu', 'memory'] as const).flatMap((name) => {
    const [limit, request] = [quantityAt(spec, 'limits', name), quantityAt(spec, 'requests', name)];
    if (limit === undefined || request === undefined || compareQuantities(limit, request) >= 0) return [];
    const text = `--request-${name} ${request.text} is more than --limit-${name} ${limit.text}`;
    return [{ text, fields: [['spec', 'resources']] }];
  });
}

function quantityAt(spec: JsonObject, part: string, name: string) {
  const value = getPath(spec, 'resources', part, name);
  return typeof value === 'string' || typeof value === 'number' ? parseQuantity(String(value)) : undefined;
}

function isText(value: Json | undefined): boolean {
  return typeof value === 'string' && value !== '';
}
