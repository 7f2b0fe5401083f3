import type { Call } from './matrix.ts';

/** What kubectl answered, without what differs from run to run. */
export type Answer = { readonly code: number; readonly out: readonly string[]; readonly err: readonly string[] };

/** What differs from run to run, and what stands in its place. */
const CHANGING: readonly (readonly [RegExp, string])[] = [
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, 'TOKEN'],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID'],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z| [+-]\d{4})?/g, 'TIME'],
  [/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, 'TIME'],
  [/(?<=^|\s)\d+(?:ms|s|m|h)(?:\d+s)?(?=\s|$)/gm, 'AGE'],
  // Entries of one second stand in the order of their managers' names.
  [/(?<=\\"managedFields\\":)\[.*?\](?=,\\"name)/g, '[]'],
  [/(resourceVersion\W+|Resource Version: +)\d+"?/g, '$1VERSION'],
  // Kubernetes 1.34 writes this null without quotes, 1.32 with.
  [/(<nil>: Invalid value: )"null"/g, '$1null'],
  [/https:\/\/127\.0\.0\.1:\d+/g, 'SERVER'],
  [/\bgen-[a-z0-9]{5}\b/g, 'gen-RANDOM'],
  [/\S*\/(LIVE|MERGED)-\d+\//g, '$1/'],
  [/(\S) {2,}/g, '$1  '],
  [/ +$/gm, ''],
];

/** The lines of a text in which nothing is left that changes from run to run. */
function stable(text: string, namespace: string, { only, without, anyOrder }: Call): readonly string[] {
  let result = text.replaceAll(namespace, 'NS');
  for (const [pattern, name] of CHANGING) result = result.replaceAll(pattern, name);
  const lines = result
    .trimEnd()
    .split('\n')
    .filter((line) => without?.lines.test(line) !== true && only?.lines.test(line) !== false);
  return anyOrder === true ? lines.toSorted() : lines;
}

/** Makes answers of different servers and runs comparable. */
export function normalise(
  call: Call,
  { code, out, err }: { readonly code: number; readonly out: string; readonly err: string },
  namespace: string,
): Answer {
  return {
    code,
    out: stable(out, namespace, call),
    err: stable(err, namespace, call),
  };
}
