import { carto } from '@cartographer/api';
import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { scanningKinds } from '@cartographer/scanning';
import { stepsOf } from '@cartographer/testkit';
import { type Arbitrary, constant, constantFrom, oneof, tuple } from 'fast-check';
import { expect } from 'vitest';
import { ACCOUNT, DEVELOPER, type GateStage, TEAM } from './gate-stage.ts';
import { IMAGE_NAMES, type ImageName } from './registries.ts';

/** A chain of two steps: a scan of the image that the workload asks for, and a ConfigMap that is handed what passed. */
export const CHAIN = `
apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: scan}
spec:
  params: [{name: policy, default: gate}]
  imagePath: .status.compliantArtifact.registry.image
  healthRule: {singleConditionType: PolicySucceeded}
  template:
    apiVersion: scanning.carto.run/v1alpha1
    kind: ImageScan
    metadata: {name: $(workload.metadata.name)$}
    spec: {image: $(params.image)$, policyRef: {name: $(params.policy)$}, serviceAccountName: supply-chain}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: app}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$}
    data: {image: $(image)$}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: gated}
spec:
  selector: {gated: "yes"}
  serviceAccountRef: {name: supply-chain}
  resources:
  - {name: scan, templateRef: {kind: ClusterImageTemplate, name: scan}}
  - {name: app, templateRef: {kind: ClusterTemplate, name: app}, images: [{name: image, resource: scan}]}
`;

const FORBIDDEN = ['status', 'exception', 'policy'] as const;
const FINDINGS = ['unsigned', 'other-key', 'outdated'] as const;
const ATTACKS = ['edit', 'lax', 'label', 'delete', 'make', 'forge', 'bill', ...FINDINGS, ...FORBIDDEN] as const;

const AIMED = ['edit', 'make', 'forge'] as const;

/** What one of the many who touch a gate does; each does one thing at a time, in any order. */
export type Step =
  | { readonly who: 'developer'; readonly image: ImageName; readonly policy: 'gate' | 'lax' }
  | { readonly who: 'scanner' | 'controller' }
  | { readonly who: 'attacker'; readonly what: (typeof ATTACKS)[number]; readonly image: ImageName };

const image = constantFrom(...IMAGE_NAMES);
const asks = tuple(image, constantFrom('gate', 'gate', 'lax')).map(
  ([name, policy]): Step => ({ who: 'developer', image: name, policy }),
);
/** Those that aim at what is handed on are tried most. */
const attacks = tuple(constantFrom(...AIMED, ...AIMED, ...ATTACKS), image).map(
  ([what, name]): Step => ({ who: 'attacker', what, image: name }),
);
const step = oneof(
  { weight: 2, arbitrary: asks },
  { weight: 3, arbitrary: constant<Step>({ who: 'scanner' }) },
  { weight: 5, arbitrary: constant<Step>({ who: 'controller' }) },
  { weight: 4, arbitrary: attacks },
);

/** What happens to a workload from its beginning: first something is asked for, or the scan is there before it. */
export const story: Arbitrary<readonly Step[]> = tuple(
  oneof({ weight: 5, arbitrary: asks }, { weight: 1, arbitrary: attacks }),
  stepsOf(step, { min: 4, max: 18 }),
).map(([first, rest]) => [first, ...rest]);

const wants = (name: ImageName): Step => ({ who: 'developer', image: name, policy: 'gate' });
const [scans, reconciles] = [{ who: 'scanner' }, { who: 'controller' }] as const;

/**
 * What random plays find seldom: a scan edited after it was stamped, one made before, each judged before it is set back, one
 * that is gone and made anew while it is judged, and findings that others attach to what is known to be bad, and to be good.
 */
export const knownStories: readonly (readonly Step[])[] = [
  [wants('good-1'), reconciles, { who: 'attacker', what: 'edit', image: 'good-2' }, scans, scans],
  [wants('bad-2'), { who: 'attacker', what: 'make', image: 'good-1' }, scans, scans, scans],
  [
    wants('good-2'),
    { who: 'attacker', what: 'make', image: 'good-1' },
    { who: 'attacker', what: 'delete', image: 'good-1' },
    reconciles,
    scans,
    reconciles,
  ],
  ...(['told', 'bad-1', 'good-1'] as const).map((name): readonly Step[] => [
    wants(name),
    ...FINDINGS.map((what): Step => ({ who: 'attacker', what, image: name })),
    reconciles,
    scans,
    reconciles,
  ]),
];

/** One workload, and what was done about it. */
export type Play = { readonly stage: GateStage; readonly name: string; readonly asked: ImageName[] };

async function ask({ stage, name, asked }: Play, wanted: ImageName, policy: string): Promise<void> {
  asked.push(wanted);
  await stage.as(DEVELOPER).apply(
    carto.kinds.Workload,
    {
      apiVersion: 'carto.run/v1alpha1',
      kind: 'Workload',
      metadata: { name, namespace: TEAM, labels: { gated: 'yes' } },
      spec: {
        params: [
          { name: 'image', value: stage.images[wanted] },
          { name: 'policy', value: policy },
        ],
      },
    },
    { fieldManager: 'dev', force: true },
  );
}

const SCANS = scanningKinds.ImageScan;

/** What somebody tries who has the role `edit`, and with it the chain's account. What a server refuses is tried in vain. */
async function attack(play: Play, what: (typeof ATTACKS)[number], wanted: ImageName): Promise<void> {
  const { stage, name } = play;
  const key = { namespace: TEAM, name };
  const account = stage.as(ACCOUNT);
  const reference = stage.images[wanted];
  const merge = (body: JsonObject) => account.attempt.patch(SCANS, key, { kind: 'merge', body });
  switch (what) {
    case 'edit':
      return void (await merge({ spec: { image: reference } }));
    case 'lax':
      return void (await merge({ spec: { policyRef: { name: 'lax' } } }));
    case 'label':
      return void (await merge({ metadata: { labels: { 'carto.run/resource-name': 'app' } } }));
    case 'delete':
      return void (await account.attempt.delete(SCANS, key));
    case 'make':
      return void (await account.attempt.create(SCANS, scan(name, reference)));
    case 'forge':
      return forge(play, reference);
    case 'bill':
      return wanted === 'bad-1' || wanted === 'bad-2' ? stage.attachEmptyBill(wanted) : undefined;
    case 'unsigned':
    case 'other-key':
    case 'outdated':
      return stage.attachFindings(wanted, what);
    case 'status':
    case 'exception':
    case 'policy':
      return expectForbidden(play, what);
  }
}

const scan = (name: string, reference: string): KubeObject => ({
  apiVersion: 'scanning.carto.run/v1alpha1',
  kind: 'ImageScan',
  metadata: { name, namespace: TEAM },
  spec: { image: reference, policyRef: { name: 'lax' } },
});

/** Makes the scan anew with all that can be copied: labels, marks, owner. */
async function forge({ stage, name }: Play, reference: string): Promise<void> {
  const account = stage.as(ACCOUNT);
  const found = await stage.admin.list(SCANS, { namespace: TEAM });
  const old = found.items.find(({ metadata }) => metadata.name === name);
  if (old === undefined) return;
  const { labels = {}, annotations = {}, ownerReferences = [] } = old.metadata;
  await account.attempt.delete(SCANS, { namespace: TEAM, name });
  const made = scan(name, reference);
  await account.attempt.create(SCANS, {
    ...made,
    metadata: { ...made.metadata, labels, annotations, ownerReferences },
    status: { ...(old['status'] as JsonObject), compliantArtifact: { registry: { image: reference } } },
  });
}

async function expectForbidden({ stage, name }: Play, what: (typeof FORBIDDEN)[number]): Promise<void> {
  for (const user of [DEVELOPER, ACCOUNT]) {
    const client = stage.as(user).attempt;
    const expires = new Date(stage.clock.now() + 3_600_000).toISOString();
    const excused = { vulnerability: 'GHSA-0000-0000-0001', status: 'fixed', expires };
    const object = { apiVersion: 'scanning.carto.run/v1alpha1', metadata: { name, namespace: TEAM } };
    const answer =
      what === 'status'
        ? await client.patch(
            SCANS,
            { namespace: TEAM, name },
            { kind: 'merge', body: { status: {} }, subresource: 'status' },
          )
        : what === 'exception'
          ? await client.create(scanningKinds.VulnerabilityException, {
              ...object,
              kind: 'VulnerabilityException',
              spec: excused,
            })
          : await client.create(scanningKinds.ClusterScanPolicy, {
              ...object,
              kind: 'ClusterScanPolicy',
              metadata: { name },
              spec: { namespaceSelector: {} },
            });
    expect(answer).toMatchObject({ kind: 'refused', error: { status: { code: 403 } } });
  }
}

/** What stands downstream: nothing but what passed, and what was asked for, in the order in which that was asked. */
function expectHonest({ stage, name, asked }: Play, since: number): void {
  let position = 0;
  for (const { image: found } of stage.handedOn.slice(since).filter((each) => each.name === name)) {
    const short = IMAGE_NAMES.find((each) => stage.images[each] === found) ?? found;
    expect(short).toMatch(/^good/);
    const next = asked.indexOf(short as ImageName, position);
    expect(next, `${short} was handed on, and ${asked.join(', ')} was asked for`).toBeGreaterThanOrEqual(position);
    position = next;
  }
}

/** Plays the steps, lets everything come to rest, and holds at each moment that nothing stands downstream that was refused. */
export async function playOut(play: Play, steps: readonly Step[]): Promise<void> {
  const { stage, name, asked } = play;
  const since = stage.handedOn.length;
  for (const program of [stage.controller, stage.scanner]) program.hold();
  for (const it of steps) {
    if (it.who === 'developer') await ask(play, it.image, it.policy);
    else if (it.who === 'attacker') await attack(play, it.what, it.image);
    else stage[it.who].letOneThrough();
    await stage.clock.settle();
    expectHonest(play, since);
  }
  await stage.atRest();
  expectHonest(play, since);
  const last = asked.at(-1);
  const [newest] = stage.handedOn
    .slice(since)
    .filter((each) => each.name === name)
    .toReversed();
  // In the end what was asked for last stands, if it passes.
  if (last?.startsWith('good') === true) expect(newest?.image).toBe(stage.images[last]);
  await stage.admin.attempt.delete(carto.kinds.Workload, { namespace: TEAM, name });
  await stage.admin.attempt.delete(SCANS, { namespace: TEAM, name });
}
