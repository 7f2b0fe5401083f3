import {
  systemClock as clock,
  createClient,
  createInProcessTransport,
  createRestMapper,
  isForbidden,
} from '@cartographer/kube';
import type { JsonObject, KubeObject, ResourceType } from '@cartographer/machinery';
import { type Embedded, startEmbedded } from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCANNING_API_VERSION } from './group.ts';
import { scanningCrds, scanningKinds } from './kinds.ts';
import { SCANNING_ROLES, scanningRoles } from './roles.ts';

const RBAC = 'rbac.authorization.k8s.io';
const namespace = 'default';
const ROLES = ['view', 'edit', 'admin', SCANNING_ROLES.stamp, SCANNING_ROLES.exceptions] as const;
type Role = (typeof ROLES)[number];
type KindName = keyof typeof scanningKinds;

const expires = '2027-01-01T00:00:00Z';
const exception = { vulnerability: 'CVE-2026-1', status: 'fixed', expires };
const policyRef = { name: 'web-gate' };
const SPECS: Readonly<Record<KindName, JsonObject>> = {
  ImageScan: { image: `app@sha256:${'a'.repeat(64)}`, policyRef },
  SourceScan: { source: { url: 'https://source.example.com/a.tar.gz', revision: '1' }, policyRef },
  VulnerabilityException: exception,
  ClusterScanPolicy: { namespaceSelector: {} },
  ClusterVulnerabilitySource: { type: 'Directory', path: '/advisories' },
  ClusterVulnerabilityException: { ...exception, namespaceSelector: {} },
};

/** Who may do what in a namespace: `r` reads, `c` makes, `p` changes, `d` deletes, `s` writes the status. */
const MAY: Readonly<Record<Role, Partial<Record<KindName, string>>>> = {
  view: { ImageScan: 'r', SourceScan: 'r', VulnerabilityException: 'r' },
  edit: { ImageScan: 'r', SourceScan: 'r', VulnerabilityException: 'r' },
  admin: { ImageScan: 'r', SourceScan: 'r', VulnerabilityException: 'r' },
  [SCANNING_ROLES.stamp]: { ImageScan: 'rcpd', SourceScan: 'rcpd' },
  [SCANNING_ROLES.exceptions]: { VulnerabilityException: 'rcpd' },
};

const objectOf = (kind: KindName, name: string): KubeObject => ({
  apiVersion: SCANNING_API_VERSION,
  kind,
  metadata: { name, ...(scanningKinds[kind].namespaced ? { namespace } : {}) },
  spec: SPECS[kind],
});

const account = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace },
});
const binding = (role: string): KubeObject => ({
  apiVersion: `${RBAC}/v1`,
  kind: 'RoleBinding',
  metadata: { name: role, namespace },
  roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: role },
  subjects: [{ kind: 'ServiceAccount', name: role, namespace }],
});

describe('on an API server that asks for rights', () => {
  let embedded: Embedded;

  beforeAll(async () => {
    embedded = await startEmbedded({ crds: scanningCrds(), authorization: 'RBAC' });
    const mapper = createRestMapper({ client: embedded.client, clock });
    const kinds = Object.keys(SPECS) as KindName[];
    const objects = [...scanningRoles(), ...ROLES.flatMap((role) => [account(role), binding(role)])];
    for (const object of [...objects, ...kinds.map((kind) => objectOf(kind, 'there'))]) {
      await embedded.client.apply(await mapper.resourceFor(object), object, { fieldManager: 'test', force: true });
    }
  });
  afterAll(() => embedded.close());

  async function clientOf(role: Role) {
    const { token } = await embedded.client.createToken({ namespace, name: role }, {});
    return createClient({
      transport: createInProcessTransport((request) => embedded.server.request(request), token),
      clock,
    });
  }

  /** Whether the request was let through; what it does is never done. */
  async function isLetThrough(request: Promise<unknown>): Promise<boolean> {
    const [answer] = await Promise.allSettled([request]);
    return answer.status === 'fulfilled' || !isForbidden(answer.reason);
  }

  it.each(ROLES)('an account with the role %s may do what the role is for, and nothing else', async (role) => {
    const client = await clientOf(role);
    for (const kind of Object.keys(SPECS) as KindName[]) {
      const type: ResourceType = scanningKinds[kind];
      const there = { name: 'there', ...(type.namespaced ? { namespace } : {}) };
      const options = { fieldManager: 'test', force: true, dryRun: true } as const;
      const status = { ...objectOf(kind, 'there'), status: { observedGeneration: 1 } };
      const letters = {
        r: await isLetThrough(client.get(type, there)),
        c: await isLetThrough(client.create(type, objectOf(kind, `by-${role}`), { dryRun: true })),
        p: await isLetThrough(client.apply(type, objectOf(kind, 'there'), options)),
        s: await isLetThrough(client.apply(type, status, { ...options, subresource: 'status' })),
        d: await isLetThrough(client.delete(type, { ...there, name: 'not-there' })),
      };
      const may = Object.entries(letters).flatMap(([letter, is]) => (is ? [letter] : []));
      expect([kind, may.join('')]).toEqual([kind, MAY[role][kind] ?? '']);
    }
  });
});
