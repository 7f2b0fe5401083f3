import type { Acting, Write } from '@cartographer/engine';
import type { Client } from '@cartographer/kube';
import type { KubeObject, WireResponse } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { expect, test } from 'vitest';
import { BoundedMap } from './bounded-map.ts';
import { beginEffects, type Shared } from './effects.ts';
import { PaceCounter } from './pace.ts';

const account = { namespace: 'default', name: 'default' };
const type = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };

function write(name: string, more: Partial<Write> = {}): Write {
  const object: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } };
  return { id: name, verb: 'apply', resource: name, type, object, digest: '', cause: 'created', ...more };
}

function acting(writes: readonly Write[]): Acting {
  const dependencies = { templates: [], account, unknownKinds: [], selected: [] };
  return { kind: 'act', lookups: [], renders: [], writes, deletes: [], dependencies };
}

/** What reconciles share; `folded` are the names of objects whose write was answered into the caches. */
function shared(answer: Promise<WireResponse>, folded: string[]): Shared {
  const client = { raw: () => answer } as unknown as Client;
  const stamped = {
    reading: () => ({ observed: () => undefined, listed: () => undefined, settled: () => undefined }),
    writing: () => (made?: KubeObject) => void folded.push(made?.metadata.name ?? 'none'),
    refresh: () => Promise.reject(new Error('the list before the create failed')),
  };
  const caches = { account: () => ({ kind: 'found', uid: 'u' }) };
  const access = { as: (_account: unknown, _signal: unknown, action: (as: Client) => Promise<void>) => action(client) };
  return {
    ...({ caches, stamped, access, mappings: {} } as unknown as Pick<
      Shared,
      'caches' | 'stamped' | 'access' | 'mappings'
    >),
    pace: new PaceCounter(createFakeClock()),
    memories: new BoundedMap(10),
    renders: new BoundedMap(10),
    render: () => Promise.resolve({ kind: 'rendered', output: '' }),
  };
}

test('a failure ends a round only when the writes beside it are answered and folded in', async () => {
  const answer = Promise.withResolvers<WireResponse>();
  const folded: string[] = [];
  const effects = beginEffects(shared(answer.promise, folded), 'Workload/default/w');
  const fresh = { type, namespace: 'default', labels: {} };
  let isOver = false;
  const over = effects
    .act(acting([write('run', { verb: 'create', fresh }), write('slow')]), new AbortController().signal)
    .catch((error: unknown) => error)
    .finally(() => void (isOver = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect([isOver, folded]).toEqual([false, []]);
  answer.resolve({ status: 201, headers: {}, body: { metadata: { name: 'slow' } } });
  expect(await over).toEqual(new Error('the list before the create failed'));
  expect(folded).toEqual(['slow']);
  expect(effects.cluster.written('slow')).toMatchObject({ kind: 'done', created: true });
});
