import { API_VERSION, carto } from '@cartographer/api';
import type { JsonObject, KubeObject } from '@cartographer/machinery';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentOf } from '../read/written-owner.ts';
import { readChange } from './change.ts';
import { changeOwner } from './change-owner.ts';
import { stageEdits } from './testing/edit-stage.ts';

const TYPE = carto.kinds.Workload;
const KEYS = ['a', 'b', 'c'] as const;
const TEXTS = ['1', '2'] as const;

/** Parts of a workload, as any program may set them; what makes no sense together is not made. */
const parts = fc.record({
  labels: fc.dictionary(fc.constantFrom(...KEYS), fc.constantFrom(...TEXTS), { maxKeys: 3 }),
  env: fc.option(fc.uniqueArray(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 3 }), { nil: undefined }),
  serviceAccountName: fc.option(fc.constantFrom(...TEXTS), { nil: undefined }),
  limits: fc.option(fc.constantFrom('1', '500m'), { nil: undefined }),
});

type Parts = typeof parts extends fc.Arbitrary<infer T> ? T : never;

function objectOf({ labels, env, serviceAccountName, limits }: Parts): KubeObject {
  // An apply cannot take the last field of a spec away: there is always one.
  const spec: JsonObject = {
    image: 'registry.example/web:1',
    ...(env && { env: env.map((name) => ({ name, value: 'x' })) }),
    ...(serviceAccountName && { serviceAccountName }),
    ...(limits && { resources: { limits: { cpu: limits } } }),
  };
  return { apiVersion: API_VERSION, kind: 'Workload', metadata: { name: 'web', namespace: 'default', labels }, spec };
}

/** How a program writes: who it is, whether it applies or updates. */
const writes = fc.array(
  fc.record({
    manager: fc.constantFrom('flux', 'kubectl-client-side-apply', 'kubectl-edit', 'kubectl-label', 'argo', 'carto-cli'),
    applies: fc.boolean(),
    parts,
  }),
  { minLength: 1, maxLength: 4 },
);

const FLAGS = [
  ['--label', 'a=1'],
  ['--label', 'b-'],
  ['--env', 'a=9'],
  ['--env', 'c-'],
  ['--service-account', ''],
  ['--service-account', 'own'],
  ['--limit-cpu', ''],
  ['--param', 'size=small'],
] as const;

const flagSets = fc
  .uniqueArray(fc.constantFrom(...FLAGS), { minLength: 1, maxLength: 4 })
  // A flag of one value is given once.
  .filter((flags) => flags.filter(([name]) => name === '--service-account').length < 2);

/** The same flags as they are read, for what is expected of them. */
function changeOf(flags: readonly (readonly [string, string])[]) {
  const texts = (name: string): readonly string[] => flags.filter(([flag]) => flag === name).map(([, text]) => text);
  const one = (name: string): string | undefined => texts(name).at(-1);
  const [serviceAccount, limitCpu] = [one('--service-account'), one('--limit-cpu')];
  return readChange(
    {
      label: texts('--label'),
      env: texts('--env'),
      param: texts('--param'),
      ...(serviceAccount === undefined ? {} : { serviceAccount }),
      ...(limitCpu === undefined ? {} : { limitCpu }),
    },
    [],
  );
}

describe('flags alone', () => {
  // Not covered: lists with keys and params of others, which are of the same two forms as labels and env.
  it('change what they speak of and nothing else, whoever wrote before; else nothing is changed and the exit code is 4', async () => {
    await using at = await stageEdits();
    await fc.assert(
      fc.asyncProperty(writes, flagSets, async (before, flags) => {
        await at.client.delete(TYPE, { namespace: 'default', name: 'web' }).catch(() => undefined);
        for (const { manager, applies, parts: made } of before) {
          const object = objectOf(made);
          if (applies) await at.client.apply(TYPE, object, { fieldManager: manager, force: true });
          else await at.client.delete(TYPE, { namespace: 'default', name: 'web' }).catch(() => undefined);
          if (!applies) await at.client.create(TYPE, object, { fieldManager: manager });
        }
        const live = await at.workload();
        const wanted = contentOf(changeOwner(live, changeOf(flags)));
        const argv = ['workload', 'apply', 'web', '--yes', ...flags.flat()];
        const { code, err } = await at.run(argv);
        const after = await at.workload();
        if (code === 4) {
          expect(err).toMatch(/belongs to (flux|argo|kubectl-)/);
          expect(after.metadata.resourceVersion).toBe(live.metadata.resourceVersion);
        } else {
          expect([code, err.includes('carto: ')], err).toEqual([0, false]);
          expect(contentOf(after)).toEqual(wanted);
          const shuffled = ['workload', 'apply', 'web', '--yes', ...flags.toReversed().flat()];
          expect((await at.run(shuffled)).out).toMatch(/^workload default\/web is unchanged\n/);
          expect(contentOf(await at.workload())).toEqual(wanted);
        }
      }),
      { numRuns: 40 },
    );
  });
});
