import { type Client, createClient, createLeaderElector, fenced } from '@cartographer/kube';
import { type Condition, type KubeObject, silentLog, type Transport } from '@cartographer/machinery';
import type { ControllerMetrics } from '@cartographer/runtime';
import { cuttable, type FakeClock, type FaultTransport, stageServer } from '@cartographer/testkit';
import type { JenkinsBuildStatus } from '../../kinds/build-status.ts';
import { JENKINS_API_VERSION } from '../../kinds/group.ts';
import { jenkinsCrds } from '../../kinds/kinds.ts';
import type { Fetch } from '../../remote/exchange.ts';
import { FakeJenkins } from '../../remote/testing/fake-jenkins.ts';
import { type RunningJenkins, startJenkins } from '../start-jenkins.ts';

type Entry = {
  readonly verb: string;
  readonly userAgent?: string;
  readonly objectRef?: { readonly resource?: string; readonly name?: string; readonly subresource?: string };
  readonly responseStatus: { readonly code: number };
};

/** One replica on a stage. */
type Replica = { readonly running: RunningJenkins; cut(): void };

/** What runs builds, against an embedded API server and a scripted Jenkins, on a clock that stands still. */
export type JenkinsStage = AsyncDisposable & {
  readonly clock: FakeClock;
  readonly client: Client;
  readonly faults: FaultTransport;
  readonly audit: readonly Entry[];
  readonly jenkins: FakeJenkins;
  /** Ends what runs in order, and starts it anew. */
  restart(): Promise<void>;
  /** Nothing of what runs arrives any more, neither at the API server nor at Jenkins. */
  crash(): Promise<void>;
  apply(yaml: string): Promise<void>;
  delete(kind: string, name: string, namespace?: string): Promise<void>;
  get(kind: string, name: string, namespace?: string): Promise<KubeObject>;
  status(name: string, namespace?: string): Promise<JenkinsBuildStatus>;
  /** `Succeeded Unknown Queued: …` */
  said(name: string, type?: string, namespace?: string): Promise<string>;
  /** Lets so much time pass, and everything settle. */
  pass(ms: number): Promise<void>;
  /** Lets time pass until the build is over. */
  ended(name: string, limitMs?: number): Promise<JenkinsBuildStatus>;
};

/** How a stage is set. */
export type StageSetting = {
  /** Started side by side; each takes itself for the only one unless `elects` says otherwise. */
  readonly replicas?: number;
  readonly elects?: boolean;
  readonly metrics?: ControllerMetrics;
  readonly serverHosts?: readonly string[];
  readonly plainHttp?: readonly string[];
  /** In the place of the scripted server. */
  readonly fetch?: Fetch | undefined;
  readonly isOverNetwork?: boolean;
};

const USER = 'user/1';
const READS = new Set(['get', 'list', 'watch']);

/** Sets a {@link JenkinsStage} up; what runs builds starts with `restart`. */
export async function createJenkinsStage(setting: StageSetting = {}): Promise<JenkinsStage> {
  let replicas: Replica[] = [];
  const staged = await stageServer({
    crds: jenkinsCrds(),
    authorization: 'AlwaysAllow',
    userAgent: USER,
    holds: () => jenkins.underWay > 0,
  });
  const { server, clock, audit, client, mapper, faults } = staged;
  const jenkins = new FakeJenkins(clock);
  const typeOf = (kind: string) =>
    mapper.resourceFor({
      kind,
      apiVersion: /^(?:Namespace|Secret|Event|ConfigMap)$/.test(kind) ? 'v1' : JENKINS_API_VERSION,
    });
  const keyOf = async (kind: string, name: string, namespace: string) => {
    const type = await typeOf(kind);
    return [type, type.namespaced ? { namespace, name } : { name }] as const;
  };

  function start(name: string): Replica {
    const { transport, fetch, cut } = cuttableWithFetch(faults, setting.fetch ?? jenkins.fetch);
    const raw = createClient({ transport, clock, userAgent: `jenkins/${name}` });
    const elector = setting.elects === true ? electorOf(raw, name) : undefined;
    const own =
      elector === undefined
        ? raw
        : createClient({ transport: fenced(transport, elector), clock, userAgent: `jenkins/${name}` });
    const { metrics, serverHosts = ['ci.example.com'], plainHttp = [] } = setting;
    const running = startJenkins({
      client: own,
      namespace: 'cartographer-system',
      clock,
      log: silentLog,
      serverHosts,
      destinations: { plainHttp },
      random: () => 0.5,
      ...(setting.isOverNetwork === true ? {} : { fetch }),
      ...(elector === undefined ? {} : { elector }),
      ...(metrics === undefined ? {} : { metrics }),
    });
    return { running, cut };
  }

  const electorOf = (raw: Client, identity: string) =>
    createLeaderElector({
      client: raw,
      clock,
      log: silentLog,
      lease: { namespace: 'default', name: 'cartographer-jenkins' },
      identity,
      random: () => 0.5,
      monotonicMs: () => clock.now(),
    });

  const stage: JenkinsStage = {
    clock,
    client,
    faults,
    audit,
    jenkins,
    async restart() {
      await Promise.allSettled(replicas.map(({ running }) => running.stop()));
      replicas = Array.from({ length: setting.replicas ?? 1 }, (_, index) => start(String(index + 1)));
      await clock.advanceUntil(() => replicas.some(({ running }) => running.notReady() === undefined), 60_000, 10);
      await settled();
    },
    async crash() {
      const dead = replicas;
      replicas = [];
      for (const { cut } of dead) cut();
      const stopping = Promise.allSettled(dead.map(({ running }) => running.stop()));
      await clock.advance(60_000);
      await stopping;
    },
    apply: staged.apply,
    async delete(kind, name, namespace = 'default') {
      await client.delete(...(await keyOf(kind, name, namespace)));
    },
    async get(kind, name, namespace = 'default') {
      return client.get(...(await keyOf(kind, name, namespace)));
    },
    async status(name, namespace) {
      return ((await stage.get('JenkinsBuild', name, namespace))['status'] ?? {}) as JenkinsBuildStatus;
    },
    async said(name, type = 'Succeeded', namespace = 'default') {
      const { conditions = [] } = await stage.status(name, namespace);
      return saidIn(conditions, type);
    },
    async pass(ms) {
      await clock.advance(ms);
      await settled();
    },
    async ended(name, limitMs = 600_000) {
      for (let passed = 0; passed < limitMs; passed += 5_000) {
        await clock.advance(5_000);
        const status = await stage.status(name);
        if (['Succeeded', 'Failed', 'Aborted'].includes(status.phase ?? '')) {
          await settled();
          return status;
        }
      }
      throw new Error(`build ${name} is not over: ${JSON.stringify(await stage.status(name))}`);
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(replicas.map(({ running }) => running.stop()));
      await server.close();
    },
  };
  /** The work that is due now is done; what waits for its time waits on. */
  async function settled(): Promise<void> {
    for (let quiet = 0; quiet < 2; ) {
      const before = audit.length + jenkins.requests.length;
      await clock.advance(1);
      await server.settled();
      quiet = audit.length + jenkins.requests.length === before ? quiet + 1 : 0;
    }
  }
  return stage;
}

function cuttableWithFetch(inner: Transport, fetch: Fetch): { transport: Transport; fetch: Fetch; cut(): void } {
  const { transport, cut, isCut } = cuttable(inner);
  const dead = (): Promise<never> => Promise.reject(new Error('this process is dead'));
  return { transport, cut, fetch: async (url, init) => (isCut() ? dead() : fetch(url, init)) };
}

/** What a condition of an object says: `Ready False AuthFailed: …`. */
export function saidIn(conditions: readonly Condition[], type: string): string {
  const condition = conditions.find((each) => each.type === type);
  if (condition === undefined) return `${type} is not there`;
  const { status, reason, message } = condition;
  return `${type} ${status} ${reason}${message === '' ? '' : `: ${message}`}`;
}

/** What was written since by what runs builds, counted: `update jenkinsbuilds/status`. */
export function jenkinsWrites({ audit }: JenkinsStage, since = 0): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { verb, userAgent, objectRef } of audit.slice(since)) {
    if (userAgent === USER || READS.has(verb) || objectRef?.resource === 'leases' || objectRef?.resource === 'events')
      continue;
    const { resource = '', subresource } = objectRef ?? {};
    const what = `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}

/** A server of the namespace `default` with a login. */
export function server(more = '', name = 'ci', namespace = 'default'): string {
  return `
apiVersion: v1
kind: Secret
metadata: {name: ${name}-login, namespace: ${namespace}}
data: {username: ${base64('bot')}, apiToken: ${base64('token')}}
---
apiVersion: ${JENKINS_API_VERSION}
kind: JenkinsServer
metadata: {name: ${name}, namespace: ${namespace}}
spec: {url: 'https://ci.example.com', secretRef: {name: ${name}-login}${more}}
---
`;
}

/** A build of the job `app`. */
export function build(name: string, more = '', { job = 'app', namespace = 'default' } = {}): string {
  return `
apiVersion: ${JENKINS_API_VERSION}
kind: JenkinsBuild
metadata: {name: ${name}, namespace: ${namespace}}
spec: {serverRef: {name: ci}, job: ${job}${more}}
---
`;
}

/** As a Secret holds it. */
export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
