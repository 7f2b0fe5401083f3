import type { Container, PodSpec } from '@cartographer/convention-sdk';
import { getKey, isList, isObject, type Json, type JsonObject } from '@cartographer/machinery';
import { AnswerError, kindOf } from './answer-error.ts';

const LISTS = ['initContainers', 'containers'] as const;

/**
 * The spec of a template that came, unchanged: each container has a name of its own and an image, and of those that were
 * sent none is missing but those that the server says it removed. It may turn a container into an init container.
 *
 * @throws AnswerError otherwise: such a pod would not start, or would start without what it is for.
 */
export function checkContainers(spec: JsonObject, sent: PodSpec, removed: ReadonlySet<string>): PodSpec {
  // What was sent comes from an object that any schema may have let through: a list may be missing or null.
  const before = LISTS.flatMap((list) => sent[list] ?? []);
  const withoutImage = new Set(before.filter(({ image }) => !image).map(({ name }) => name));
  const [initContainers, containers] = LISTS.map((list) => containersAt(spec, list, withoutImage));
  if ((containers ?? []).length === 0 && (sent.containers ?? []).length > 0) {
    throw new AnswerError(
      'its status.template.spec.containers is empty; the server has to answer with the whole template, also where it changes nothing',
    );
  }
  const names = new Set<string>();
  for (const { name } of [...(initContainers ?? []), ...(containers ?? [])]) {
    if (names.has(name)) throw new AnswerError(`two containers of its template are named ${quoted(name)}; rename one`);
    names.add(name);
  }
  const lost = before.find(({ name }) => !names.has(name) && !removed.has(name));
  if (lost !== undefined) {
    throw new AnswerError(
      `container ${quoted(lost.name)} is missing from its template; if that is meant, list it in status.removedContainers`,
    );
  }
  return { ...spec, containers: containers ?? [] };
}

function containersAt(
  spec: JsonObject,
  list: (typeof LISTS)[number],
  withoutImage: ReadonlySet<string>,
): readonly Container[] | undefined {
  const path = `its status.template.spec.${list}`;
  const value = getKey(spec, list);
  if (value === undefined || value === null) return undefined;
  if (!isList(value)) throw new AnswerError(`${path} is ${kindOf(value)} instead of a list`);
  return value.map((item, at) => {
    checkContainer(item, `${path}[${at}]`, withoutImage);
    return item;
  });
}

function checkContainer(item: Json, path: string, withoutImage: ReadonlySet<string>): asserts item is Json & Container {
  if (!isObject(item)) throw new AnswerError(`${path} is ${kindOf(item)} instead of a container`);
  const [name, image] = [getKey(item, 'name'), getKey(item, 'image') ?? ''];
  if (typeof name !== 'string' || name === '') throw new AnswerError(`${path} has no name; give it one`);
  if (typeof image !== 'string' || (image === '' && !withoutImage.has(name))) {
    throw new AnswerError(`${path}, ${quoted(name)}, has no image; give it one`);
  }
}

/** Names come from the server: cut, and without line ends. */
function quoted(name: string): string {
  return JSON.stringify(name.length > 63 ? `${name.slice(0, 63)}…` : name);
}
