import { crds } from '@cartographer/api';
import { INSTALL_NAMES, WEBHOOK_CONFIGURATIONS } from '@cartographer/controller';
import { LEASES } from '@cartographer/kube';
import { type Json, type KubeObject, type ResourceType } from '@cartographer/machinery';
import { selfSigned } from '@cartographer/testkit';
import { workedBy } from '../../testing/controller-at-work.ts';
import type { FindingReason } from '../findings.ts';
import {
  CONTROLLER,
  certify,
  DEPLOYMENTS,
  type InstalledStage,
  LEASE,
  RENEW_MS,
  trust,
  WEBHOOK_SECRET,
} from './installed-stage.ts';

const type = (group: string, version: string, kind: string, resource: string, namespaced = true): ResourceType => {
  return { group, version, kind, resource, namespaced };
};
const CRDS = type('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition', 'customresourcedefinitions', false);
const CLUSTER_ROLES = type('rbac.authorization.k8s.io', 'v1', 'ClusterRole', 'clusterroles', false);
const ENDPOINT_SLICES = type('discovery.k8s.io', 'v1', 'EndpointSlice', 'endpointslices');
const SECRETS = type('', 'v1', 'Secret', 'secrets');
const DAY_MS = 86_400_000;

/** What {@link breakInstallation} makes `carto doctor` find. */
export const INSTALLATION_FINDINGS: readonly FindingReason[] = [
  'DefinitionOlder',
  'DefinitionNewer',
  'DefinitionChanged',
  'DefinitionMissing',
  'ControllerNotReady',
  'LeaderSilent',
  'ControllerRightMissing',
  'WebhookMissing',
  'WebhookUntrusted',
  'WebhookUnreachable',
  'CertificateExpiring',
  'VersionSkew',
];

/** Breaks everything about an installation that can be broken at once. */
export async function breakInstallation(at: InstalledStage): Promise<void> {
  const { client, applyAll } = at;
  const merge = (body: Json) => ({ kind: 'merge', body }) as const;
  await applyAll([edited('deliverables', (spec) => void delete spec['serviceAccountName'])]);
  await applyAll([edited('clustertemplates', (spec) => void (spec['lifetime'] = { type: 'string' }))]);
  const byHand = { ...edited('runnables', (spec) => void (spec['note'] = { type: 'string' })) };
  const live = await client.get(CRDS, { name: byHand.metadata.name ?? '' });
  at.clock.jump(10 * 60_000);
  await client.update(CRDS, { ...live, spec: byHand['spec'] }, { fieldManager: 'kubectl-edit' });
  at.clock.jump(3.5 * 60 * 60_000);
  await client.delete(CRDS, { name: 'clusterruntemplates.carto.run' });
  const image = 'registry.example.com/cartographer-controller:0.0.9';
  await client.patch(DEPLOYMENTS, CONTROLLER, {
    kind: 'json',
    body: [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: image }],
  });
  const failed = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' };
  const conditions = [{ ...failed, message: 'ReplicaSet "cartographer-controller-6d4f" has timed out progressing.' }];
  await at.says(DEPLOYMENTS, CONTROLLER, { replicas: 2, readyReplicas: 1, unavailableReplicas: 1, conditions });
  at.leader.silence();
  const rules = [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] }];
  await client.patch(CLUSTER_ROLES, { name: INSTALL_NAMES.clusterRole }, merge({ rules }));
  await certify(at, 329.5 * DAY_MS);
  const { certPem } = await selfSigned(['localhost'], at.clock.now());
  await trust(at, Buffer.from(certPem).toString('base64'));
  const { webhooks } = await client.get(WEBHOOK_CONFIGURATIONS, { name: INSTALL_NAMES.webhookConfiguration });
  const rest = (webhooks as readonly Json[]).slice(1);
  await client.patch(WEBHOOK_CONFIGURATIONS, { name: INSTALL_NAMES.webhookConfiguration }, merge({ webhooks: rest }));
  const { namespace, webhookService } = INSTALL_NAMES;
  const slice = { namespace, name: `${webhookService}-a` };
  await client.patch(
    ENDPOINT_SLICES,
    slice,
    merge({ endpoints: [{ addresses: ['10.0.0.7'], conditions: { ready: false } }] }),
  );
}

/** What {@link ruinInstallation} makes `carto doctor` find. */
export const RUIN_FINDINGS: readonly FindingReason[] = [
  'ServerTooOld',
  'DefinitionNotServed',
  'ControllerMissing',
  'NoLeader',
  'WebhookMissing',
];

/** Takes away what cannot be half broken, and lets the server be an old one that has nothing inside. */
export async function ruinInstallation({ client, faults, leader, clock }: InstalledStage): Promise<void> {
  leader.silence();
  await clock.advance(RENEW_MS);
  await client.delete(DEPLOYMENTS, CONTROLLER);
  await client.delete(WEBHOOK_CONFIGURATIONS, { name: INSTALL_NAMES.webhookConfiguration });
  await client.delete(LEASES, LEASE);
  const live = await client.get(CRDS, { name: 'runnables.carto.run' });
  const { versions } = live['spec'] as { readonly versions: readonly object[] };
  const other = [
    { ...versions[0], storage: false, served: false },
    { ...versions[0], name: 'v1beta1' },
  ];
  await client.update(CRDS, { ...live, spec: { ...(live['spec'] as object), versions: other } });
  faults.inject({
    when: ({ path }) => path === '/version',
    times: 100,
    fault: { kind: 'answer', answer: async () => ({ status: 200, headers: {}, body: { gitVersion: 'v1.20.15' } }) },
  });
}

/** Lets the certificate of the webhooks run out. */
export async function expireCertificate(at: InstalledStage): Promise<void> {
  await certify(at, 400 * DAY_MS);
}

/** Removes the certificate of the webhooks. */
export async function removeCertificate({ client }: InstalledStage): Promise<void> {
  await client.delete(SECRETS, WEBHOOK_SECRET);
}

/** What {@link breakWork} makes `carto doctor` find. */
export const WORK_FINDINGS: readonly FindingReason[] = [
  'ClocksDiffer',
  'ChainNotReady',
  'ChainNotLookedAt',
  'KindNotServed',
  'AccountMissing',
  'AccountMayNotStamp',
  'OwnersNotReady',
  'OwnersNotLookedAt',
];

/** Chains and owners in trouble, by the word of a controller that works on them until it is stopped. */
export async function breakWork(at: InstalledStage): Promise<void> {
  at.leader.skew(5.5 * 60_000);
  await workedBy(at, `${WORK}${['one', 'two', 'three', 'four'].map((name) => owner(name, 'lost')).join('')}`);
  await at.apply(`${chain('late', 'copy')}${owner('late', 'late')}`);
  await at.clock.advance(120_000);
}

function chain(name: string, template: string): string {
  return `
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: ${name}}
spec:
  selector: {chain: ${name}}
  resources:
  - {name: copy, templateRef: {kind: ClusterTemplate, name: ${template}}}
`;
}

function owner(name: string, label: string, spec = '{}'): string {
  return `
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: ${name}, namespace: default, labels: {chain: ${label}}}
spec: ${spec}
`;
}

function template(name: string, apiVersion: string, kind: string): string {
  return `
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: ${name}}
spec:
  template:
    apiVersion: ${apiVersion}
    kind: ${kind}
    metadata: {name: $(workload.metadata.name)$}
`;
}

const WORK = [
  'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: weak, namespace: default}\n',
  template('copy', 'v1', 'ConfigMap'),
  template('task', 'tekton.dev/v1', 'TaskRun'),
  template('old', 'apps/v1beta1', 'Deployment'),
  chain('web', 'copy'),
  chain('lost', 'gone'),
  chain('tekton', 'task'),
  chain('outdated', 'old'),
  owner('shop', 'web'),
  owner('weak', 'web', '{serviceAccountName: weak}'),
  owner('ghost', 'web', '{serviceAccountName: ghost}'),
  owner('tested', 'tekton'),
  owner('unloved', 'nobody'),
].join('');

function edited(resource: string, edit: (specFields: Record<string, Json | undefined>) => void): KubeObject {
  const found = structuredClone(crds().find(({ metadata }) => metadata.name === `${resource}.carto.run`));
  const { versions } = (found?.['spec'] ?? {}) as {
    versions: {
      schema: { openAPIV3Schema: { properties: { spec: { properties: Record<string, Json | undefined> } } } };
    }[];
  };
  const [version] = versions;
  if (found === undefined || version === undefined) throw new Error(`there is no definition of ${resource}`);
  edit(version.schema.openAPIV3Schema.properties.spec.properties);
  return found;
}
