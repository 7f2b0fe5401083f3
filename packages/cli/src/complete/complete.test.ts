import { crds } from '@cartographer/api';
import { createRestMapper, systemClock } from '@cartographer/kube';
import { type KubeObject, parseYamlDocuments, type Transport } from '@cartographer/machinery';
import { createFakeClock, type Embedded, startEmbedded } from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommandLine } from '../command-line.ts';
import { testSurroundings } from '../frame/testing/test-surroundings.ts';

const OBJECTS = `
apiVersion: v1
kind: Namespace
metadata: {name: team-a}
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: shop, namespace: default}
spec: {image: x}
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: shower, namespace: default}
spec: {image: x}
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: far, namespace: team-a}
spec: {image: x}
---
apiVersion: carto.run/v1alpha1
kind: Deliverable
metadata: {name: shop, namespace: default}
spec: {source: {image: x}}
`;

let embedded: Embedded;
beforeAll(async () => {
  embedded = await startEmbedded({ crds: crds() });
  const { client } = embedded;
  const mapper = createRestMapper({ client, clock: systemClock });
  for (const document of parseYamlDocuments(OBJECTS)) {
    const object = document as KubeObject;
    await client.apply(await mapper.resourceFor(object), object, { fieldManager: 'test' });
  }
  const type = await mapper.resourceFor({ apiVersion: 'carto.run/v1alpha1', kind: 'Workload' });
  const status = {
    resources: [{ name: 'test', templateRef: { kind: 'ClusterTemplate', name: 'npm' } }, { name: 'app' }],
  };
  const key = { namespace: 'default', name: 'shop' };
  await client.patch(type, key, { kind: 'merge', body: { status }, subresource: 'status' });
});
afterAll(() => embedded.close());

type Place = Parameters<typeof testSurroundings>[0];

/** What is answered to words, the last of which is what is typed. */
async function answer(
  words: readonly string[],
  place: Place = { transport: embedded.adminTransport },
): Promise<readonly string[]> {
  const surroundings = testSurroundings(place);
  await runCommandLine(['node', 'carto', '__complete', ...words], surroundings);
  expect(surroundings.terminal.told()).toBe('');
  expect(surroundings.terminal.exitCode).toBe(0);
  return surroundings.terminal.written().trimEnd().split('\n');
}

describe('the answer to a shell that completes', () => {
  it.each([
    { words: ['tai'], answers: ['tail\tshow what builds, tests, scans and apps write', ':4'] },
    { words: ['workload', 'x', ''], answers: [':4'] },
    { words: ['tail', 'sho'], answers: ['shop', 'shower', ':4'] },
    { words: ['tail', '-n', 'team-a', ''], answers: ['far', 'deliverable/', 'runnable/', ':4'] },
    { words: ['tail', '-nteam-a', 'f'], answers: ['far', ':4'] },
    { words: ['tail', '--namespace=team-a', 'f'], answers: ['far', ':4'] },
    { words: ['tail', 'deliv'], answers: ['deliverable/', ':6'] },
    { words: ['tail', 'deliverable/'], answers: ['deliverable/shop', ':4'] },
    { words: ['tail', 'shop', '--step', ''], answers: ['test\tnpm', 'app', ':4'] },
    { words: ['tail', 'shop', '--step=t'], answers: ['--step=test\tnpm', ':4'] },
    { words: ['tail', 'shop', '--step', 'test', 'more'], answers: [':4'] },
    { words: ['tail', 'shop', '-n', 'team'], answers: ['team-a', ':4'] },
    { words: ['tail', 'shop', '-o', ''], answers: ['ndjson', ':4'] },
    {
      words: ['tail', 'shop', '--ra'],
      answers: ['--raw\tlet colours and other escapes of the logs through to the terminal', ':4'],
    },
    { words: ['tail', 'shop', '--raw', '--ra'], answers: [':4'] },
    { words: ['tail', 'shop', '--kubeconfig', ''], answers: [':0'] },
    { words: ['scan', ''], answers: [':16'] },
    { words: ['scan', '--policy', 'x'], answers: [':0'] },
    { words: ['up', '--authorization', ''], answers: ['RBAC', 'AlwaysAllow', ':4'] },
    { words: ['completion', 'z'], answers: ['zsh', ':4'] },
    { words: ['nonsense', '--what', ''], answers: [':4'] },
  ])('$words: $answers', async ({ words, answers }) => {
    expect(await answer(words)).toEqual(answers);
  });

  it('has every command and flag that the help shows, and no other', async () => {
    const commands = (await answer([''])).map((line) => line.replace(/\t.*/, ''));
    expect(commands).toContain('workload');
    expect(commands).not.toContain('__complete');
    expect(await answer(['controller', '--Por'])).toEqual([':4']);
  });

  it('knows the contexts of a kubeconfig without asking its cluster', async () => {
    expect(await answer(['tail', '--kubeconfig', '/does/not/exist', '--context', ''], {})).toEqual([':4']);
  });

  it('has no candidates where there is no cluster, none that answers in time, or one that refuses', async () => {
    expect(await answer(['tail', ''], {})).toEqual([':4']);
    const clock = createFakeClock();
    let isAsked = false;
    const silent: Transport = {
      request: () => {
        isAsked = true;
        return new Promise(() => undefined);
      },
      close: async () => undefined,
    };
    const late = answer(['tail', ''], { transport: silent, clock });
    await expect.poll(() => isAsked).toBe(true);
    await clock.advance(1_500);
    expect(await late).toEqual([':4']);
    const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 403, reason: 'Forbidden', message: 'no' };
    const refusing: Transport = {
      request: async () => ({ status: 403, headers: {}, body }),
      close: async () => undefined,
    };
    expect(await answer(['tail', ''], { transport: refusing })).toEqual([':4']);
  });
});
