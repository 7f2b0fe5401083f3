import type { PathGraph, PathNode } from '@cartographer/engine';
import type { Json } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { hopsOf } from './hops.ts';
import { isOfCommit, reachedBy } from './reached.ts';

const node = (step: string, more: Partial<PathNode>): PathNode => ({
  step,
  state: 'ready',
  template: undefined,
  options: [],
  stamped: { apiVersion: 'v1', kind: 'Thing', namespace: 'team', name: step, resource: 'things' },
  outputs: [],
  reason: '',
  message: '',
  since: undefined,
  healthy: 'True',
  ready: 'True',
  waitsFor: undefined,
  move: 'nobody',
  next: undefined,
  ...more,
});
const output = (name: string, preview: string, since: string) => ({
  name,
  preview,
  digest: `sha256:${preview}`,
  since,
});

/** A source at commit b, and an image that was made from `from` at a time. */
function chain(
  from: string,
  image: Partial<PathNode> = {},
): Pick<PathGraph, 'nodes' | 'edges'> & { digests: ReadonlyMap<string, Json> } {
  return {
    nodes: [
      node('source', { outputs: [output('revision', 'main@sha1:bbbbbbb', '2026-01-01T00:10:00Z')] }),
      node('image', { outputs: [output('image', 'i@sha256:1', '2026-01-01T00:11:00Z')], ...image }),
    ],
    edges: [{ from: 'source', to: 'image', input: 'source', kind: 'sources', value: undefined }],
    digests: new Map([['image', { sources: { source: { url: 'sha256:u', revision: `sha256:main@sha1:${from}` } } }]]),
  };
}

function imageHop(from: string, image: Partial<PathNode> = {}) {
  const { nodes, edges, digests } = chain(from, image);
  return hopsOf({ nodes, edges }, digests).at(-1);
}

describe('the commit of a step', () => {
  it('is that of what its object was made from', () => {
    expect(imageHop('bbbbbbb')).toMatchObject({ commits: ['main@sha1:bbbbbbb'], making: [], unchanged: false });
  });

  it('is not recorded once the object was made from an earlier one', () => {
    expect(imageHop('aaaaaaa')).toMatchObject({ commits: [], making: [] });
  });

  it('is not that of what it works on, before it is ready', () => {
    expect(imageHop('bbbbbbb', { state: 'running' })).toMatchObject({ commits: [], making: ['main@sha1:bbbbbbb'] });
  });

  it('is told to be unsure where what it hands on is older than what it was made from', () => {
    const outputs = [output('image', 'i@sha256:1', '2026-01-01T00:05:00Z')];
    expect(imageHop('bbbbbbb', { outputs })).toMatchObject({ commits: ['main@sha1:bbbbbbb'], unchanged: true });
  });

  it('is not recorded where the object does not say what it was made from', () => {
    const { nodes, edges } = chain('bbbbbbb');
    expect(hopsOf({ nodes, edges }, new Map()).at(-1)).toMatchObject({ commits: [], making: [] });
  });

  it('ends, whatever circle a status may tell of', () => {
    const { nodes, edges, digests } = chain('bbbbbbb');
    const circle = [
      ...edges,
      { from: 'image', to: 'source', input: 'image', kind: 'images', value: undefined } as const,
    ];
    expect(hopsOf({ nodes, edges: circle }, digests)).toHaveLength(2);
  });
});

describe('how far a commit got', () => {
  it.each([
    ['main@sha1:4f2a9c1d', '4f2a', true],
    ['main@sha1:4f2a9c1d', '4F2A9C1D', true],
    ['v1.0@sha1:4f2a9c1d', '9c1d', false],
    ['sha256:4f2a9c1d', '4f2a9c1d0', false],
    ['abc', 'abcd', false],
  ])('%s is of %s: %s', (revision, commit, expected) => {
    expect(isOfCommit(revision, commit)).toBe(expected);
  });

  it('is the step that works on it, else the first that does not have it', () => {
    const hops = (image: Partial<PathNode>) => {
      const { nodes, edges, digests } = chain('bbbbbbb', image);
      return hopsOf({ nodes, edges }, digests);
    };
    expect(reachedBy(hops({}), 'bbbb')).toMatchObject({ at: undefined, steps: 2 });
    expect(reachedBy(hops({ state: 'refused' }), 'bbbb')?.at).toEqual({ position: 2, step: 'image', state: 'refused' });
    expect(reachedBy(hops({}), 'cccc')).toBeUndefined();
  });
});
