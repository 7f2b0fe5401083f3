import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { canonicalJson } from '@cartographer/machinery';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { controllerWrites, createStage, type Stage } from './testing/stage.ts';
import { plain, STAMPED, stampedObjects, thingCrd } from './testing/things.ts';

/** One step of a chain: what it stamps, and which earlier step it reads from. */
type Step = {
  readonly name: number;
  readonly how: 'mutable' | 'immutable' | 'runnable';
  readonly reads: number | undefined;
  readonly salt: string;
};
type Version = { readonly steps: readonly Step[]; readonly param: string };

const steps = fc
  .uniqueArray(
    fc.record({
      name: fc.nat(5),
      how: fc.constantFrom('mutable' as const, 'immutable' as const, 'runnable' as const),
      reads: fc.option(fc.nat(3), { nil: undefined }),
      salt: fc.constantFrom('x', 'y'),
    }),
    { minLength: 1, maxLength: 4, selector: ({ name }) => name },
  )
  // A step reads from an earlier one of this version, or from none.
  .map((list) => list.map((step, i) => ({ ...step, reads: i === 0 ? undefined : read(list, step.reads, i) })));
const versions = fc.record({ steps, param: fc.constantFrom('1', '2') });

function read(list: readonly { readonly name: number }[], reads: number | undefined, i: number): number | undefined {
  return reads === undefined ? undefined : list[reads % i]?.name;
}

const CARTO = 'carto.run/v1alpha1';

function template(kind: string, name: string, spec: JsonObject): KubeObject {
  return { apiVersion: CARTO, kind, metadata: { name }, spec };
}

/** The value that a step's object hands on: its own part, after what it reads. */
const out = ({ name, reads, salt }: Step): string =>
  `${reads === undefined ? '' : '$(config)$>'}${name}${salt}$(params.p)$`;

function templatesOf(step: Step): readonly KubeObject[] {
  const name = `step-${step.name}`;
  const thing = { apiVersion: 'test.carto.run/v1', kind: 'Thing' };
  switch (step.how) {
    case 'mutable': {
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { out: out(step) } };
      return [template('ClusterConfigTemplate', name, { configPath: '.data.out', template: object })];
    }
    case 'immutable': {
      const object = { ...thing, metadata: { generateName: `${name}-` }, spec: { out: out(step) } };
      const spec = { lifecycle: 'immutable', configPath: '.spec.out', template: object };
      return [template('ClusterConfigTemplate', name, spec)];
    }
    case 'runnable': {
      const inputs = { in: out(step) };
      const object = {
        apiVersion: CARTO,
        kind: 'Runnable',
        metadata: { name },
        spec: { runTemplateRef: { name }, inputs },
      };
      const run = {
        ...thing,
        metadata: { generateName: `${name}-` },
        spec: { out: '$(runnable.spec.inputs.in)$' },
        status: { conditions: [{ type: 'Succeeded', status: 'True' }] },
      };
      return [
        template('ClusterRunTemplate', name, { outputs: { out: '.spec.out' }, template: run }),
        template('ClusterConfigTemplate', name, { configPath: '.status.outputs.out', template: object }),
      ];
    }
  }
}

async function write(stage: Stage, { steps: list, param }: Version): Promise<void> {
  const resources = list.map(({ name, reads }) => ({
    name: `step-${name}`,
    templateRef: { kind: 'ClusterConfigTemplate', name: `step-${name}` },
    ...(reads === undefined ? {} : { configs: [{ name: 'in', resource: `step-${reads}` }] }),
  }));
  const objects = [
    ...list.flatMap(templatesOf),
    template('ClusterSupplyChain', 'web', { selector: { chain: 'web' }, resources }),
    {
      apiVersion: CARTO,
      kind: 'Workload',
      metadata: { name: 'shop', namespace: 'default', labels: { chain: 'web' } },
      spec: { params: [{ name: 'p', value: param }] },
    },
  ];
  await stage.apply(objects.map((object) => JSON.stringify(object)).join('\n---\n'));
}

async function install(stage: Stage, version: Version): Promise<void> {
  await write(stage, version);
  await stage.settled();
  expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
}

type Resource = { readonly name: string; readonly stampedRef: { readonly kind: string; readonly name: string } };

/** What stands for the steps now, and what the owner says of it. Runs of the past stay by right and do not count. */
async function world(stage: Stage): Promise<string> {
  const status = (await stage.get('Workload', 'shop'))?.['status'] as { readonly resources: readonly Resource[] };
  const current = new Set(status.resources.map(({ stampedRef }) => `${stampedRef.kind}/${stampedRef.name}`));
  const objects = (await stampedObjects(stage)).filter(
    ({ kind, metadata }) => kind === 'ConfigMap' || kind === 'Runnable' || current.has(`${kind}/${metadata.name}`),
  );
  // Entries of the status keep their places from version to version.
  const resources = status.resources.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const owner = plain({ apiVersion: CARTO, kind: 'Workload', metadata: {}, status: { ...status, resources } });
  return canonicalJson([
    owner,
    ...objects.map(plain).toSorted((a, b) => (canonicalJson(a) < canonicalJson(b) ? -1 : 1)),
  ]);
}

/** Every value that a step was given was one that the step it reads from had been stamped with before. */
function expectProvenance(stage: Stage): void {
  const made = new Set<string>();
  for (const { method, path, body } of stage.faults.requests) {
    if (method === 'GET' || path.endsWith('/status') || body === undefined) continue;
    const { data, spec } = body as { readonly data?: JsonObject; readonly spec?: JsonObject };
    const inputs = spec?.['inputs'] as JsonObject | undefined;
    const value = data?.['out'] ?? spec?.['out'] ?? inputs?.['in'];
    if (typeof value !== 'string') continue;
    const given = value.split('>').slice(0, -1).join('>');
    if (given !== '') expect([...made]).toContain(given);
    made.add(value);
  }
}

async function begin(): Promise<Stage> {
  const stage = await createStage({ crds: [thingCrd] });
  await stage.restart();
  return stage;
}

test('A → B → A is A, B is B wherever it came from, values come from where they should, and then there is rest', async () => {
  await fc.assert(
    fc.asyncProperty(versions, versions, async (a, b) => {
      await using stage = await begin();
      await install(stage, a);
      const asInstalled = await world(stage);
      await install(stage, b);
      await using fresh = await begin();
      await install(fresh, b);
      expect(await world(stage)).toBe(await world(fresh));
      await install(stage, a);
      expect(await world(stage)).toBe(asInstalled);
      expectProvenance(stage);
      const since = stage.audit.length;
      await stage.clock.advance(120_000);
      await stage.restart();
      await stage.settled();
      expect(controllerWrites(stage.audit, since)).toEqual([]);
    }),
    { numRuns: 12 },
  );
});

test('edits that come faster than they can be followed end where the last of them alone would', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(versions, { minLength: 2, maxLength: 4 }),
      fc.array(fc.nat(40)),
      async (edits, pauses) => {
        await using stage = await begin();
        const last = edits.at(-1) as Version;
        for (const [i, version] of edits.slice(0, -1).entries()) {
          await write(stage, version);
          await stage.clock.advance(pauses[i] ?? 1);
        }
        await stage.settled();
        await install(stage, last);
        await using fresh = await begin();
        await install(fresh, last);
        expect(await world(stage)).toBe(await world(fresh));
      },
    ),
    { numRuns: 6 },
  );
});

/** What a hand may do to a stamped object; runs are only ever deleted, since nobody changes what a run was. */
type Deed = { readonly target: number; readonly what: 'delete' | 'edit' | 'unlabel' | 'unmark' | 'disown' };
const deeds = fc.array(
  fc.record({
    target: fc.nat(20),
    what: fc.constantFrom<Deed['what'][]>('delete', 'edit', 'unlabel', 'unmark', 'disown'),
  }),
  { minLength: 1, maxLength: 5 },
);

const DAMAGE: Readonly<Record<Exclude<Deed['what'], 'delete'>, JsonObject>> = {
  edit: { data: { out: 'vandal' }, spec: { inputs: { in: 'vandal' } } },
  unlabel: { metadata: { labels: null } },
  unmark: { metadata: { annotations: null } },
  disown: { metadata: { ownerReferences: null } },
};

async function damage(stage: Stage, { target, what }: Deed): Promise<void> {
  const objects = await stampedObjects(stage);
  const object = objects[target % objects.length];
  if (object === undefined) return; // not made anew yet
  const { kind, metadata } = object;
  const type = STAMPED.find((candidate) => candidate.kind === kind) as (typeof STAMPED)[number];
  const key = { namespace: 'default', name: metadata.name ?? '' };
  if (what === 'delete' || kind === 'Thing') return void (await stage.client.delete(type, key));
  await stage.client.patch(type, key, { kind: 'merge', body: DAMAGE[what] });
}

test('whatever a hand does to stamped objects is made good', async () => {
  await fc.assert(
    fc.asyncProperty(versions, deeds, fc.boolean(), async (version, list, patient) => {
      await using stage = await begin();
      await install(stage, version);
      const before = await world(stage);
      for (const deed of list) {
        await damage(stage, deed);
        if (patient) await stage.settled();
      }
      await stage.settled();
      expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
      expect(await world(stage)).toBe(before);
    }),
    { numRuns: 12 },
  );
});
