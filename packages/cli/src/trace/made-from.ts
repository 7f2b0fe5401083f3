import { MADE_FROM_ANNOTATION } from '@cartographer/api';
import type { PathEdge, PathOutput } from '@cartographer/engine';
import { getPath, isObject, type Json, type KubeObject, parseJson, textAt } from '@cartographer/machinery';

/** Whether an object was made from what a producer hands on now. */
export type Origin = 'current' | 'earlier' | 'unknown';

/** The digests of what an object was made from, as it says of itself; undefined where it says nothing that can be read. */
export function inputDigestsOf({ metadata }: KubeObject): Json | undefined {
  const text = metadata.annotations?.[MADE_FROM_ANNOTATION];
  if (text === undefined) return undefined;
  try {
    const inputs = getPath(parseJson(text), 'inputs');
    return isObject(inputs) ? inputs : undefined;
  } catch {
    return undefined; // Whoever may write annotations wrote another.
  }
}

const PARTS = { sources: 'revision', deployment: 'revision', images: 'image', configs: 'config' } as const;

/** Whether what came over an edge is what its producer shows now. */
export function originOver(
  { kind, input }: PathEdge,
  digests: Json | undefined,
  outputs: readonly PathOutput[],
): Origin {
  const output = outputs.find(({ name }) => name === PARTS[kind]);
  const digest = digestAt(kind, input, digests);
  if (output === undefined || digest === '') return 'unknown';
  return output.digest === digest ? 'current' : 'earlier';
}

function digestAt(kind: PathEdge['kind'], input: string, digests: Json | undefined): string {
  switch (kind) {
    case 'sources':
      return textAt(digests, kind, input, 'revision');
    case 'deployment':
      return textAt(digests, kind, 'revision');
    case 'images':
    case 'configs':
      return textAt(digests, kind, input);
  }
}
