import { type Client, isForbidden } from '@cartographer/kube';
import type { JsonObject, KubeObject, ResourceType } from '@cartographer/machinery';
import { expect, it } from 'vitest';
import { SCANNER_NAMES } from '../../install/names.ts';
import { SCANNING_API_VERSION } from '../group.ts';
import { scanningKinds } from '../kinds.ts';
import { SCANNING_ROLES } from '../roles.ts';

const RBAC = 'rbac.authorization.k8s.io';

/** The server with RBAC that roles are tried on; the scanner's and users' roles are installed. */
export type RoleStage = {
  /** A client that acts as an account. */
  readonly clientOf: (account: { readonly namespace: string; readonly name: string }) => Promise<Client>;
};

type KindName = keyof typeof scanningKinds;

const namespace = 'default';
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
const KINDS = Object.keys(SPECS) as KindName[];

/** Who may do what: `r` reads, `c` makes, `p` changes, `d` deletes, `s` patches the status, `u` updates it. */
type Rights = Partial<Record<KindName, string>>;
const everything = (letters: string): Rights => Object.fromEntries(KINDS.map((kind) => [kind, letters]));

const READS: Rights = { ImageScan: 'r', SourceScan: 'r', VulnerabilityException: 'r' };

/** Each account with the role that it is bound to, in the namespace or everywhere, and what it may do by it. */
const ACCOUNTS: readonly {
  readonly account: string;
  readonly role: string;
  readonly everywhere?: true;
  readonly may: Rights;
}[] = [
  { account: 'view', role: 'view', may: READS },
  { account: 'edit', role: 'edit', may: READS },
  { account: 'admin', role: 'admin', may: READS },
  { account: 'view-all', role: 'view', everywhere: true, may: everything('r') },
  { account: 'admin-all', role: 'admin', everywhere: true, may: everything('r') },
  { account: 'chain', role: SCANNING_ROLES.stamp, may: { ImageScan: 'rcpd', SourceScan: 'rcpd' } },
  { account: 'excuser', role: SCANNING_ROLES.exceptions, may: { VulnerabilityException: 'rcpd' } },
  { account: 'nobody', role: SCANNER_NAMES.pullSecrets, may: {} },
];

const objectOf = (kind: KindName, name: string): KubeObject => ({
  apiVersion: SCANNING_API_VERSION,
  kind,
  metadata: { name, ...(scanningKinds[kind].namespaced ? { namespace } : {}) },
  spec: SPECS[kind],
});

/** Accounts, their bindings, and an object of each kind that they are tried on. */
export function roleStageObjects(): readonly KubeObject[] {
  const granted = ACCOUNTS.flatMap(({ account, role, everywhere }): KubeObject[] => {
    const of = everywhere === true ? { kind: 'ClusterRoleBinding' } : { kind: 'RoleBinding' };
    const where = everywhere === true ? {} : { namespace };
    return [
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace } },
      {
        apiVersion: `${RBAC}/v1`,
        ...of,
        metadata: { name: `tried-${account}`, ...where },
        roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: role },
        subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
      },
    ];
  });
  return [...granted, ...KINDS.map((kind) => objectOf(kind, 'there'))];
}

/** Whether the request was let through; what it does is never done. */
async function isLetThrough(request: Promise<unknown>): Promise<boolean> {
  const [answer] = await Promise.allSettled([request]);
  return answer.status === 'fulfilled' || !isForbidden(answer.reason);
}

async function rightsOf(client: Client): Promise<Rights> {
  const found = KINDS.map(async (kind) => {
    const type: ResourceType = scanningKinds[kind];
    const there = { name: 'there', ...(type.namespaced ? { namespace } : {}) };
    const options = { fieldManager: 'test', force: true, dryRun: true } as const;
    const status = { ...objectOf(kind, 'there'), status: { observedGeneration: 1 } };
    const letters = {
      r: await isLetThrough(client.get(type, there)),
      c: await isLetThrough(client.create(type, objectOf(kind, 'another'), { dryRun: true })),
      p: await isLetThrough(client.apply(type, objectOf(kind, 'there'), options)),
      d: await isLetThrough(client.delete(type, { ...there, name: 'not-there' })),
      s: await isLetThrough(client.apply(type, status, { ...options, subresource: 'status' })),
      u: await isLetThrough(client.updateStatus(type, status, { dryRun: true })),
    };
    return [kind, letters] as const;
  });
  const rights = (await Promise.all(found)).map(([kind, letters]) => {
    const may = Object.entries(letters).flatMap(([letter, is]) => (is ? [letter] : []));
    return [kind, may.join('')] as const;
  });
  return Object.fromEntries(rights.filter(([, may]) => may !== ''));
}

/** The table of who may do what with the kinds of scanning, tried on a server. */
export function roleSuite(stage: () => RoleStage): void {
  it.each(ACCOUNTS)('$account, with the role $role, may do what the role is for, and nothing else', async (tried) => {
    const client = await stage().clientOf({ namespace, name: tried.account });
    await expect.poll(() => rightsOf(client), { timeout: 30_000 }).toEqual(tried.may);
  });

  it('the scanner reads all of it and writes what each says, and nothing else', async () => {
    const client = await stage().clientOf({ namespace: 'cartographer-system', name: SCANNER_NAMES.scanner });
    expect(await rightsOf(client)).toEqual(everything('ru'));
  });
}
