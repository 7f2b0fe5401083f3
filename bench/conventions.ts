import { Agent, request } from 'node:https';
import { json } from 'node:stream/consumers';
import { crds } from '@cartographer/api';
import {
  conventionRequest,
  createConventionServer,
  ensureEnv,
  type OciImageConfig,
  type PodConventionContext,
} from '@cartographer/convention-sdk';
import { conventionsCrds, openIntentImages, startConventions } from '@cartographer/conventions';
import { systemClock } from '@cartographer/kube';
import { silentLog } from '@cartographer/machinery';
import { selfSigned } from '@cartographer/testkit';
import { type BenchCluster, startCluster, untilQuiet } from './cluster.ts';
import { type CountingRegistry, serveImages } from './counting-registry.ts';
import { cpuMs, type Row } from './row.ts';

const INTENTS = 10_000;
const IMAGES = 500;
const NAMESPACES = 10;
const AT_ONCE = 32;
const REST_MS = 3_000;

/**
 * 10,000 intents over 500 images and 10 accounts: what the registry is asked, and the time beside a script that posts the
 * same contexts to the same convention server, which all run in this process; then the same by rules, without a server.
 */
export async function measureConventions(scale: number): Promise<readonly Row[]> {
  const [intents, images] = [Math.round(INTENTS * scale), Math.round(IMAGES * scale)];
  const registry = await serveImages(images);
  const { certPem, keyPem } = await selfSigned(['127.0.0.1']);
  const server = await createConventionServer({
    port: 0,
    host: '127.0.0.1',
    cert: certPem,
    key: keyPem,
    log: () => undefined,
    conventions: [
      {
        id: 'greet',
        apply({ template }) {
          for (const container of template.spec.containers) ensureEnv(container, 'GREETING', 'hello');
        },
      },
    ],
  });
  const cluster = await startCluster('in process', [...crds(), ...conventionsCrds()]);
  try {
    const caBundle = Buffer.from(certPem).toString('base64');
    const url = `https://127.0.0.1:${server.port}/`;
    const work = await applyIntents(cluster, registry, intents);
    return await measure({ cluster, registry, work, url, caBundle, certPem, intents, images });
  } finally {
    await cluster.close();
    await server.close();
    await registry.close();
  }
}

type Stage = {
  readonly cluster: BenchCluster;
  readonly registry: CountingRegistry;
  readonly work: readonly PodConventionContext[];
  readonly url: string;
  readonly caBundle: string;
  readonly certPem: string;
  readonly intents: number;
  readonly images: number;
};

async function measure(stage: Stage): Promise<readonly Row[]> {
  const { cluster, registry, intents, images } = stage;
  const bareMs = await bareScript(stage);
  await cluster.apply(
    registered('server', { webhook: { clientConfig: { url: stage.url, caBundle: stage.caBundle } } }),
  );
  const first = start(cluster, registry);
  const allMs = await timed(cluster, first);
  const asked = { ...registry.asked };
  await expectApplied(cluster, 'GREETING');
  const writes = cluster.requests.writes;
  await systemClock.sleep(REST_MS);
  const atRest = cluster.requests.writes - writes;
  await cluster.apply(
    registered('server', { webhook: { clientConfig: { url: stage.url, caBundle: stage.caBundle } } }, 'two'),
  );
  const againMs = await timed(cluster, first);
  const askedAgain = registry.asked.heads + registry.asked.others - asked.heads - asked.others;
  const writesAgain = cluster.requests.writes - writes - atRest;
  const byRules = {
    rules: [
      {
        name: 'greet',
        forEach: 'Container',
        when: "image.env['BUILD'] != ''",
        apply: { env: [{ name: 'SAID', value: "$(image.labels['at'])$" }] },
      },
    ],
  };
  await cluster.apply(registered('server', byRules));
  const rulesMs = await timed(cluster, first);
  await expectApplied(cluster, 'SAID');
  await first.stop();
  const before = cluster.requests.writes;
  const second = start(cluster, registry);
  const restartMs = await timed(cluster, second);
  await second.stop();
  const bare = { floor: { name: 'a bare script posts the same contexts', value: bareMs } };
  const most = 3 * images + NAMESPACES * images;
  const what = `${intents} intents over ${images} images and ${NAMESPACES} accounts`;
  return [
    { name: `${what}, start to all applied by a server: CPU`, value: allMs, unit: 'ms', ...bare },
    {
      name: 'requests to the registry but HEAD, a digest',
      value: asked.others / images,
      unit: '',
      goal: { of: 'value', atMost: 3 + 1 / images },
    },
    {
      name: 'requests to the registry in all',
      value: asked.others + asked.heads,
      unit: '',
      goal: { of: 'value', atMost: most },
    },
    { name: 'all computed again after a change of the convention: CPU', value: againMs, unit: 'ms', ...bare },
    { name: 'requests to the registry for that', value: askedAgain, unit: '', goal: { of: 'value', atMost: 0 } },
    {
      name: 'writes for that, where all came out the same',
      value: writesAgain,
      unit: '',
      goal: { of: 'value', atMost: 0 },
    },
    { name: 'all applied by a rule instead: CPU', value: rulesMs, unit: 'ms', ...bare },
    { name: `writes in ${REST_MS / 1_000} s at rest`, value: atRest, unit: '', goal: { of: 'value', atMost: 0 } },
    { name: 'restart to all computed: CPU', value: restartMs, unit: 'ms' },
    {
      name: 'writes after a restart',
      value: cluster.requests.writes - before,
      unit: '',
      goal: { of: 'value', atMost: 0 },
    },
  ];
}

function start({ measured: client }: BenchCluster, { host }: CountingRegistry) {
  const deps = { client, namespace: 'cartographer-system', clock: systemClock, log: silentLog };
  const images = openIntentImages({ ...deps, destinations: { allowed: [host], plainHttp: [host] } });
  const running = startConventions({ ...deps, images });
  return {
    ready: running.ready,
    isIdle: () => running.isIdle(),
    async stop() {
      await running.stop();
      await images.close();
    },
  };
}

async function timed(cluster: BenchCluster, running: ReturnType<typeof start>): Promise<number> {
  const began = cpuMs();
  await running.ready;
  await untilQuiet(cluster, running);
  return cpuMs() - began;
}

function registered(name: string, spec: object, revision = 'one'): string {
  const metadata = { name, annotations: { 'conventions.carto.run/revision': revision } };
  return JSON.stringify({ apiVersion: 'conventions.carto.run/v1alpha1', kind: 'ClusterPodConvention', metadata, spec });
}

const INTENT = {
  group: 'conventions.carto.run',
  version: 'v1alpha1',
  kind: 'PodIntent',
  resource: 'podintents',
  namespaced: true,
};

/** @returns what a server is asked for each of them. */
async function applyIntents(
  { client, apply }: BenchCluster,
  registry: CountingRegistry,
  count: number,
): Promise<readonly PodConventionContext[]> {
  const { images } = registry;
  for (let at = 0; at < NAMESPACES; at += 1) {
    const metadata = { name: 'default', namespace: `team-${at}` };
    await apply(JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: metadata.namespace } }));
    await apply(JSON.stringify({ apiVersion: 'v1', kind: 'ServiceAccount', metadata }));
  }
  const facts = allFacts(registry);
  const contexts: PodConventionContext[] = [];
  await together(count, async (at) => {
    const image = images[at % images.length] ?? '';
    const template = { metadata: { labels: { app: `app-${at}` } }, spec: { containers: [{ name: 'app', image }] } };
    // Every image is asked for by every account.
    const namespace = `team-${Math.floor(at / images.length) % NAMESPACES}`;
    const metadata = { name: `app-${at}`, namespace };
    await client.create(INTENT, {
      apiVersion: 'conventions.carto.run/v1alpha1',
      kind: 'PodIntent',
      metadata,
      spec: { template },
    });
    contexts[at] = conventionRequest(`app-${at}-server`, template, [{ image, config: facts.get(image) ?? {} }]);
  });
  return contexts;
}

/** The config of each image, as the script is to post it; what that takes counts for nobody. */
function allFacts({ host, images }: CountingRegistry): ReadonlyMap<string, OciImageConfig> {
  const config = images.map((image, at) => {
    const Env = ['PATH=/usr/bin', `BUILD=${at}`];
    return [image, { os: 'linux', architecture: 'amd64', config: { Env, Labels: { at: String(at) } } }] as const;
  });
  if (images.some((image) => !image.startsWith(host))) throw new Error('an image is of another registry');
  return new Map(config);
}

/** The floor: the same bodies, as many at once, answers read and parsed; nothing is looked up, compared or written. */
async function bareScript({ work, url, certPem }: Stage): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE, ca: certPem });
  const began = cpuMs();
  await together(work.length, async (at) => {
    const { status } = (await posted(url, JSON.stringify(work[at]), agent)) as PodConventionContext;
    if (status.appliedConventions?.[0] !== 'greet') throw new Error('the server did not greet');
  });
  const tookMs = cpuMs() - began;
  agent.destroy();
  return tookMs;
}

function posted(url: string, body: string, agent: Agent): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const post = request(url, { method: 'POST', agent, headers }, (answer) => void json(answer).then(resolve, reject));
    post.on('error', reject);
    post.end(body);
  });
}

async function together(count: number, work: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < count; at = next++) await work(at);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function expectApplied({ client }: BenchCluster, name: string): Promise<void> {
  const { status } = await client.get(INTENT, { namespace: 'team-0', name: 'app-0' });
  if (!JSON.stringify(status).includes(`"${name}"`)) throw new Error(`app-0 has no ${name}: ${JSON.stringify(status)}`);
}
