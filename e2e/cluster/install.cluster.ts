import { join } from 'node:path';
import { carto, FIELD_MANAGER, STAMP_DIGEST_ANNOTATION } from '@cartographer/api';
import { createRestMapper, systemClock } from '@cartographer/kube';
import type { KubeObject } from '@cartographer/machinery';
import {
  goldenCrds,
  isAuditedWrite,
  loadCases,
  objectsIn,
  runCases,
  startCluster,
  type TestCluster,
} from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../carto-process.ts';
import { startCartoController, untilQuiet } from './carto.ts';
import { pageCommands, type Reader, readerOf } from './install-page.ts';
import { contentOf, leaveAsUpstream, type UpstreamStand } from './upstream-stand.ts';
import { prepareWebhooks, type WebhookStand } from './webhook-stand.ts';

/** Commands of the page that nothing here can try. */
const NOT_HERE: readonly (readonly [start: string, why: string])[] = [
  ['export ', 'is said before each of the others'],
  ['docker ', 'there is no registry'],
  ['helm ', 'there is no helm; a test compares the objects of the chart with those of the other ways'],
  ['kubectl -n cartographer-system rollout status', 'there is no kubelet, so no pod becomes ready'],
];
const tried = new Set<string>();

let cluster: TestCluster;
let reader: Reader;
beforeAll(async () => {
  cluster = await startCluster({ objects: [...goldenCrds(), ...certManagerCrds()] });
  reader = readerOf(cluster);
});
afterAll(() => cluster.stop());

/** The command of the page that starts so, under a heading that starts so. */
function command(heading: string, start: string): string {
  const found = pageCommands().filter((each) => each.heading.startsWith(heading) && each.text.startsWith(start));
  expect(
    found.map(({ text }) => text),
    `commands [${start}] under [${heading}]`,
  ).toHaveLength(1);
  const { text = '' } = found[0] ?? {};
  tried.add(text);
  return text;
}

/** A command of the page whose beginning others share. */
function exactly(text: string): string {
  expect(pageCommands().map((each) => each.text)).toContain(text);
  tried.add(text);
  return text;
}

const says = (heading: string, start: string): Promise<string> => reader.run(command(heading, start));

async function imageOfController(): Promise<string> {
  const { spec } = await cluster.client.get(DEPLOYMENTS, CONTROLLER);
  return (spec as { template: { spec: { containers: { image: string }[] } } }).template.spec.containers[0]?.image ?? '';
}
const DEPLOYMENTS = { group: 'apps', version: 'v1', kind: 'Deployment', resource: 'deployments', namespaced: true };
const CONTROLLER = { namespace: 'cartographer-system', name: 'cartographer-controller' };
const OWN_IMAGE = 'registry.example.com/cartographer-controller:0.1.0';

describe('who follows docs/install.md', () => {
  it('is told by carto install --dry-run what would come, and nothing comes', async () => {
    const printed = await says('2.', 'npm run carto -- install --dry-run');
    expect(printed).toContain('customresourcedefinition/workloads.carto.run created (dry run)');
    expect(printed).toContain('would be created in a namespace that is not there yet');
    expect(await reader.run('kubectl get crds')).not.toContain('carto.run');
  });

  it('installs with kustomize', async () => {
    await reader.runBesideKustomization(command('2.', 'kubectl apply --server-side --force-conflicts -k'));
    expect(await imageOfController()).toBe(OWN_IMAGE);
  });

  it('installs over it with the rendered file, and sets the image', async () => {
    const printed = await says('2.', 'kubectl apply --server-side --force-conflicts -f');
    expect(printed).toContain('customresourcedefinition.apiextensions.k8s.io/workloads.carto.run serverside-applied');
    expect(await imageOfController()).not.toBe(OWN_IMAGE);
    await says('2.', 'kubectl -n cartographer-system set image');
    expect(await imageOfController()).toBe(OWN_IMAGE);
  });

  it('installs over that with carto install, twice', async () => {
    await says('2.', 'npm run carto -- install --image');
    const again = await says('2.', 'npm run carto -- install --image');
    expect(again.split('\n').filter((line) => / (?:created|configured)$/.test(line))).toEqual([]);
    expect(await imageOfController()).toBe(OWN_IMAGE);
    expect((await says('3.', 'kubectl get crds')).trim().split('\n')).toHaveLength(11);
  });

  it('installs over the original', async () => {
    const heading = 'Coming from';
    await says(heading, 'kubectl -n cartographer-system scale');
    await says(heading, 'npm run carto -- install');
    const { spec } = await cluster.client.get(DEPLOYMENTS, CONTROLLER);
    expect(spec).toMatchObject({ replicas: 2 });
    for (const kind of ['certificate', 'issuer', 'secret']) {
      await says(heading, `kubectl -n cartographer-system delete ${kind}`);
    }
  });
});

describe('who installs the scanner as well', () => {
  it('has it with SQLite, then with a database, and what the first left goes on', async () => {
    const heading = 'The scanner';
    const printed = await reader.run(exactly('npm run carto -- install --with scanner --image "$IMAGE"'));
    expect(printed).toContain('persistentvolumeclaim/cartographer-scanner in cartographer-system created');
    expect(printed).toContain('17 definitions established');
    const granted = await says(heading, 'npm run carto -- install --with scanner --image "$IMAGE" --pull-secrets-in');
    expect(granted).toContain('rolebinding/cartographer-pull-secrets in default created');
    await says(heading, 'kubectl -n cartographer-system create secret');
    await says(heading, 'npm run carto -- install --with scanner --image "$IMAGE" --scanner-database');
    const { spec } = await cluster.client.get(DEPLOYMENTS, SCANNER);
    expect(spec).toMatchObject({ replicas: 2, strategy: { type: 'RollingUpdate' } });
    expect(JSON.stringify(spec)).toContain(OWN_IMAGE);
    expect(JSON.stringify(spec)).not.toContain('persistentVolumeClaim');
  });
});
const SCANNER = { namespace: 'cartographer-system', name: 'cartographer-scanner' };

const stands: UpstreamStand[] = [];
/** Generation of an object that has to change and that has a field which its template dropped, before the upgrade. */
let imageGeneration = 0;

describe('an upgrade from upstream', () => {
  beforeAll(async () => {
    // Its garbage collector looks for new kinds every 30 s, and when it starts.
    await cluster.process('kube-controller-manager').end();
    await cluster.process('kube-controller-manager').start();
    stands.push(await leaveAsUpstream(cluster, '01-chain-of-four', 2));
    // Two runs, of which the second failed: what goes on comes from the first.
    stands.push(await leaveAsUpstream(cluster, '33-immutable-run', 6));
    imageGeneration = await leaveImageBehind();
    webhooks = await prepareWebhooks(cluster);
    const lease = ['--leader-elect', '--leader-election-namespace', 'cartographer-system'];
    await startCartoController(cluster, 'carto', [...lease, ...webhooks.flags]);
    await untilQuiet(cluster, { byte: 0 });
  });

  it('leaves every object as it was, but for what the template no longer has', async () => {
    expect(JSON.stringify(stands)).toContain('"stale":"left"');
    for (const { objects } of stands) {
      const now = await Promise.all(objects.map(again));
      expect(now.map(({ metadata }) => metadata.uid)).toEqual(objects.map(({ metadata }) => metadata.uid));
      expect(now.map(contentOf)).toEqual(objects.map((object) => contentOf(withoutStale(object))));
    }
  });

  it('changes an object once that has to change and that has a field too many', async () => {
    const image = await cluster.client.get(THINGS, IMAGE());
    expect(image.metadata.generation).toBe(imageGeneration + 1);
  });

  it('makes no second run', async () => {
    const namespaces = stands.map(({ namespace }) => ({ namespace }));
    const things = await Promise.all(namespaces.map((where) => cluster.client.list(THINGS, where)));
    expect(things.map(({ items }) => items.length)).toEqual([2, 3]);
  });

  it('owns by server-side apply what upstream owned by update, and marks it', async () => {
    for (const object of stands.flatMap(({ objects }) => objects)) {
      const { managedFields = [], annotations } = (await again(object)).metadata;
      const ours = managedFields.filter(({ manager }) => manager === 'cartographer');
      const isRun = object.metadata.generateName !== undefined;
      expect(
        ours.map(({ operation }) => operation),
        object.metadata.name,
      ).toEqual([isRun ? 'Update' : 'Apply']);
      expect(annotations?.[STAMP_DIGEST_ANNOTATION] === undefined, object.metadata.name).toBe(isRun);
    }
  });

  it('says of the owner what upstream said', async () => {
    for (const { namespace, owner, status } of stands) {
      const { status: now } = await cluster.client.get(carto.kinds.Workload, { namespace, name: owner });
      expect(timeless(now)).toEqual(timeless(status));
    }
  });

  it('writes nothing when the controller starts again', async () => {
    const controller = cluster.process('carto');
    await controller.end('SIGTERM');
    const mark = await cluster.audit.mark();
    await controller.start();
    const written = (await untilQuiet(cluster, mark)).filter(isAuditedWrite);
    expect(written.filter(({ objectRef }) => objectRef?.resource !== 'leases')).toEqual([]);
  });

  it('has a lease, as the page says', async () => {
    expect(await says('3.', 'kubectl -n cartographer-system get lease')).toContain('cartographer-controller');
  });
});

const THINGS = { group: 'golden.test', version: 'v1', kind: 'Thing', resource: 'things', namespaced: true };
const CONFIG_MAPS = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };

const IMAGE = () => ({ namespace: stands[0]?.namespace ?? '', name: 'app-image' });

/** The template of the image went on while nobody was there. */
async function leaveImageBehind(): Promise<number> {
  const body = { spec: { rev: 'older' } };
  const patched = await cluster.client.patch(THINGS, IMAGE(), { kind: 'merge', fieldManager: FIELD_MANAGER, body });
  return patched.metadata.generation ?? 0;
}

function again({ kind, metadata: { namespace = '', name = '' } }: KubeObject): Promise<KubeObject> {
  return cluster.client.get(kind === 'Thing' ? THINGS : CONFIG_MAPS, { namespace, name });
}

async function stampedIn(namespace = ''): Promise<number> {
  const where = { namespace, labelSelector: 'carto.run/workload-name' };
  const lists = await Promise.all([THINGS, CONFIG_MAPS].map((type) => cluster.client.list(type, where)));
  return lists.flatMap(({ items }) => items).length;
}

function withoutStale(object: KubeObject): KubeObject {
  return JSON.parse(
    JSON.stringify(object, (key, value: unknown) => (key === 'stale' ? undefined : value)),
  ) as KubeObject;
}

function timeless(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, item: unknown) => (key === 'lastTransitionTime' ? '' : item)));
}

let webhooks: WebhookStand;
describe('webhooks', () => {
  it('block nobody when there is nobody at the Service', async () => {
    await expect(writeMistake()).resolves.toBe('let in');
  });

  it('refuse what the acceptance cases say, in their words', async () => {
    await webhooks.callUs();
    await until('the webhook refuses', async () => (await writeMistake()) !== 'let in');
    const cases = loadCases(join(import.meta.dirname, '../acceptance')).filter(({ name }) =>
      name.startsWith('refused-'),
    );
    expect(cases).toHaveLength(5);
    const { client } = cluster;
    const mapper = createRestMapper({ client, clock: systemClock, missTtlMs: 0 });
    const waiting = { kind: 'poll', clock: systemClock, deadlineMs: 1_000 } as const;
    const outcomes = await runCases(
      cases,
      { client, mapper, waiting },
      { lanes: 5, signal: AbortSignal.timeout(20_000) },
    );
    expect([...outcomes].filter(([, error]) => error !== undefined)).toEqual([]);
    expect(await writeMistake()).toBe(REFUSED);
  });

  it('serve with a certificate that is put into the folder, without a restart', async () => {
    const { pid } = cluster.process('carto');
    const before = await webhooks.served();
    await webhooks.replaceCertificate();
    await until('the new certificate is served', async () => (await webhooks.served()) !== before);
    await webhooks.callUs();
    await until('the API server trusts it', async () => (await writeMistake()) === REFUSED);
    expect(cluster.process('carto').pid).toBe(pid);
  });

  it('block nobody when the controller is dead', async () => {
    await cluster.process('carto').end();
    await expect(writeMistake()).resolves.toBe('let in');
  });
});

const REFUSED =
  'admission webhook "supply-chain-validator.cartographer.com" denied the request: ' +
  'error validating clustersupplychain [mistake]: duplicate resource name [x] found';

/** Tries to write a blueprint that only the webhook refuses; resolves with its words. */
async function writeMistake(): Promise<string> {
  const resource = { name: 'x', templateRef: { kind: 'ClusterTemplate', name: 't' } };
  const spec = { selector: { a: 'b' }, resources: [resource, resource] };
  const mistake = { apiVersion: 'carto.run/v1alpha1', kind: 'ClusterSupplyChain', metadata: { name: 'mistake' }, spec };
  try {
    await cluster.client.create(carto.kinds.ClusterSupplyChain, mistake, { dryRun: true });
    return 'let in';
  } catch (error) {
    return (error as Error).message;
  }
}

const CLUSTER_WIDE = 'namespaces,clusterroles,clusterrolebindings,validatingwebhookconfigurations';

describe('in the end', () => {
  it('keeps what was stamped when the controller alone is removed', async () => {
    await says('Removing', 'kubectl delete validatingwebhookconfigurations');
    await says('Removing', 'kubectl delete rolebindings,roles');
    expect(await reader.run(`kubectl get ${CLUSTER_WIDE}`)).not.toMatch(/cartographer/);
    for (const { namespace, owner } of stands) {
      await cluster.client.get(carto.kinds.Workload, { namespace, name: owner });
    }
    await Promise.all(stands.flatMap(({ objects }) => objects).map(again));
  });

  it('is gone with what was stamped when all is removed', async () => {
    const [first, second] = stands;
    // Once the garbage collector has collected for one owner, it knows the kind; then the kind may go, too.
    await cluster.client.delete(carto.kinds.Workload, { namespace: first?.namespace ?? '', name: 'app' });
    await until('what one owner had is collected', async () => (await stampedIn(first?.namespace)) === 0);
    await says('Removing', 'kubectl delete --ignore-not-found');
    expect(await reader.run(`kubectl get crds,${CLUSTER_WIDE}`)).not.toMatch(/carto/);
    await until('all is collected', async () => (await stampedIn(second?.namespace)) === 0);
  });

  it('every command of the page was tried, or stands in the list of exceptions', () => {
    const untried = pageCommands().filter(({ text }) => !tried.has(text));
    expect(untried.filter(({ text }) => !NOT_HERE.some(([start]) => text.startsWith(start)))).toEqual([]);
    for (const [start] of NOT_HERE)
      expect(
        untried.some(({ text }) => text.startsWith(start)),
        start,
      ).toBe(true);
  });
});

/** The kinds of cert-manager, which is still there when somebody comes from the original. */
function certManagerCrds(): readonly KubeObject[] {
  return ['certificate', 'issuer'].flatMap((singular) =>
    objectsIn(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ${singular}s.cert-manager.io}
spec:
  group: cert-manager.io
  scope: Namespaced
  names: {kind: ${singular.replace(/^./, (first) => first.toUpperCase())}, plural: ${singular}s, singular: ${singular}}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
`),
  );
}
