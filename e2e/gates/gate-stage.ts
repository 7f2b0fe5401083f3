import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crds } from '@cartographer/api';
import { createApiServer } from '@cartographer/apiserver';
import { controllerRights, INSTALL_NAMES, startController } from '@cartographer/controller';
import { type Client, createClient, createInProcessTransport, createRestMapper } from '@cartographer/kube';
import { type KubeObject, silentLog, type Transport } from '@cartographer/machinery';
import { SCANNER_NAMES, scannerRights, scanningCrds, scanningRoles, startScanner } from '@cartographer/scanning';
import { IN_MEMORY, sqliteDatabase } from '@cartographer/store';
import { createFakeClock, type FakeClock, objectsIn } from '@cartographer/testkit';
import { userRoles } from '../../packages/controller/src/install/rights.ts';
import { npmAdvisory } from '../../packages/scanning/src/scanner/testing/scan-stage.ts';
import { type Images, PACKAGE, type Registries, startRegistries } from './registries.ts';
import { createTurnstile, type Turnstile } from './turnstile.ts';

/** Controller and scanner as they are, each with its own rights, over one embedded server and registries on this machine. */
export type GateStage = AsyncDisposable & {
  readonly clock: FakeClock;
  readonly images: Images;
  readonly sources: Registries['sources'];
  /** What the two programs ask passes here. */
  readonly controller: Turnstile;
  readonly scanner: Turnstile;
  readonly admin: Client;
  /** Acts as a user or account. */
  as(user: string): Client;
  apply(yaml: string): Promise<void>;
  attachEmptyBill: (image: 'bad-1' | 'bad-2') => Promise<void>;
  readonly attachFindings: Registries['attachFindings'];
  /** Each image that was handed on downstream, in order, by the name of the object that has it. */
  readonly handedOn: readonly { readonly name: string; readonly image: string }[];
  /** Lets both programs do all that they have to do. */
  atRest(): Promise<void>;
};

/** The namespace of the team; its account for chains, and a developer who has the role `edit`. */
export const TEAM = 'team';
/** Acts for chains. */
export const ACCOUNT = `system:serviceaccount:${TEAM}:supply-chain`;
/** Has `edit` in the namespace, and no more. */
export const DEVELOPER = 'dev';

const SETTLE_MS = 2_000;

/** Sets a {@link GateStage} up: policies, advisories, rights and the chains of the documents; other tenant's images are known. */
export async function createGateStage(chain: string): Promise<GateStage> {
  let underWay = 0;
  const clock = createFakeClock(undefined, () => underWay > 0);
  const handedOn: { name: string; image: string }[] = [];
  const server = await createApiServer({
    customResources: [...crds(), ...scanningCrds()],
    clock,
    log: silentLog,
    admission: [
      {
        matches: ({ resource }) => resource === 'configmaps',
        review({ object }) {
          const { image } = (object?.['data'] ?? {}) as { image?: string };
          if (image !== undefined) handedOn.push({ name: object?.metadata.name ?? '', image });
          return { allowed: true };
        },
      },
    ],
  });
  const direct = createInProcessTransport(async (request) => {
    underWay += 1;
    try {
      return await server.request(request);
    } finally {
      underWay -= 1;
    }
  }, server.adminToken);
  const admin = createClient({ transport: direct, clock, userAgent: 'admin' });
  const mapper = createRestMapper({ client: admin, clock });
  const apply = async (yaml: string): Promise<void> => {
    for (const object of objectsIn(yaml)) await put(object);
  };
  const put = async (object: KubeObject): Promise<void> =>
    void (await admin.apply(await mapper.resourceFor(object), object, { fieldManager: 'admin', force: true }));

  const registries = await startRegistries();
  const root = await mkdtemp(join(tmpdir(), 'carto-gates-'));
  const folder = join(root, 'advisories');
  await mkdir(folder);
  await writeFile(join(folder, 'left.json'), JSON.stringify(npmAdvisory('GHSA-0000-0000-0001', PACKAGE)));
  const { namespace } = INSTALL_NAMES;
  await apply(`{apiVersion: v1, kind: Namespace, metadata: {name: ${namespace}}}`);
  for (const object of [
    ...controllerRights(namespace),
    ...userRoles(),
    ...scannerRights(namespace),
    ...scanningRoles(),
  ])
    await put(object);
  await apply(platform(folder, registries.scannerKey) + chain);

  const asUser = (user: string): Transport => impersonating(direct, user);
  const turnstiles = {
    controller: createTurnstile(asUser(`system:serviceaccount:${namespace}:${INSTALL_NAMES.controller}`)),
    scanner: createTurnstile(asUser(`system:serviceaccount:${namespace}:${SCANNER_NAMES.scanner}`)),
  };
  const scanner = await startScanner({
    namespace,
    client: createClient({ transport: turnstiles.scanner, clock, userAgent: 'scanner' }),
    database: sqliteDatabase(IN_MEMORY),
    clock,
    log: silentLog,
    destinations: { allowed: registries.hosts, plainHttp: registries.hosts },
    sourceHosts: registries.hosts,
    random: () => 0,
  });
  const controller = startController({
    client: createClient({ transport: turnstiles.controller, clock, userAgent: 'controller' }),
    clock,
    log: silentLog,
  });
  const atRest = async (): Promise<void> => {
    for (const turnstile of Object.values(turnstiles)) turnstile.release();
    const isIdle = (): boolean => underWay === 0 && scanner.isIdle() && controller.isIdle();
    // What waits for its time, such as a retry, has its turn, and what follows from that.
    for (let isAtRest = false; !isAtRest; isAtRest = isIdle()) {
      while (!isIdle()) await clock.settle();
      await clock.advance(SETTLE_MS);
    }
  };
  await clock.advanceUntil(() => scanner.notReady() === undefined && controller.notReady() === undefined, 60_000, 10);
  await atRest();
  // The other tenant's own scan: what it found is in the scanner's store.
  await apply(scanOf('theirs', 'tenant', registries.images.secret));
  await atRest();
  registries.lockOther();

  return {
    clock,
    images: registries.images,
    sources: registries.sources,
    ...turnstiles,
    admin,
    as: (user) => createClient({ transport: asUser(user), clock, userAgent: user }),
    apply,
    attachEmptyBill: registries.attachEmptyBill,
    attachFindings: registries.attachFindings,
    handedOn,
    atRest,
    async [Symbol.asyncDispose]() {
      for (const turnstile of Object.values(turnstiles)) turnstile.release();
      await Promise.all([scanner.stop(), controller.stop()]);
      await server.close();
      await registries.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Acts as another, unless the request brings a token of its own, as those for owners do. */
function impersonating(inner: Transport, user: string): Transport {
  return {
    request: (request) =>
      inner.request(
        request.headers?.['authorization'] === undefined
          ? { ...request, headers: { ...request.headers, 'impersonate-user': user } }
          : request,
      ),
    close: () => inner.close(),
  };
}

/** A scan as YAML. */
export function scanOf(name: string, namespace: string, image: string, policy = 'gate'): string {
  return `
apiVersion: scanning.carto.run/v1alpha1
kind: ImageScan
metadata: {name: ${name}, namespace: ${namespace}}
spec: {image: '${image}', policyRef: {name: ${policy}}}
---
`;
}

const RBAC = 'rbac.authorization.k8s.io';

function platform(folder: string, scannerKey: string): string {
  return `
apiVersion: v1
kind: Namespace
metadata: {name: ${TEAM}}
---
apiVersion: v1
kind: Namespace
metadata: {name: tenant}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: supply-chain, namespace: ${TEAM}}
---
apiVersion: ${RBAC}/v1
kind: Role
metadata: {name: supply-chain, namespace: ${TEAM}}
rules:
- {apiGroups: [""], resources: [configmaps], verbs: [create, patch, delete]}
---
apiVersion: ${RBAC}/v1
kind: RoleBinding
metadata: {name: supply-chain, namespace: ${TEAM}}
roleRef: {apiGroup: ${RBAC}, kind: Role, name: supply-chain}
subjects: [{kind: ServiceAccount, name: supply-chain, namespace: ${TEAM}}]
---
apiVersion: ${RBAC}/v1
kind: RoleBinding
metadata: {name: supply-chain-scans, namespace: ${TEAM}}
roleRef: {apiGroup: ${RBAC}, kind: ClusterRole, name: cartographer-scanning-stamp}
subjects: [{kind: ServiceAccount, name: supply-chain, namespace: ${TEAM}}]
---
apiVersion: ${RBAC}/v1
kind: RoleBinding
metadata: {name: dev, namespace: ${TEAM}}
roleRef: {apiGroup: ${RBAC}, kind: ClusterRole, name: edit}
subjects: [{kind: User, name: ${DEVELOPER}}]
---
apiVersion: scanning.carto.run/v1alpha1
kind: ClusterVulnerabilitySource
metadata: {name: folder}
spec: {type: Directory, path: ${JSON.stringify(folder)}}
---
apiVersion: scanning.carto.run/v1alpha1
kind: ClusterScanPolicy
metadata: {name: gate}
spec:
  namespaceSelector: {}
  deny: [{severityAtLeast: High}]
  exceptions: {namespaced: Allowed}
  findings: {trust: [${JSON.stringify(scannerKey)}], interval: 10s}
---
# For namespaces that there are none of: it can only be named.
apiVersion: scanning.carto.run/v1alpha1
kind: ClusterScanPolicy
metadata: {name: lax}
spec: {namespaceSelector: {matchLabels: {lax: "yes"}}}
---
`;
}
