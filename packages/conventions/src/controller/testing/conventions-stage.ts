import { type Client, createClient } from '@cartographer/kube';
import { type CartoError, type Condition, findCondition, type KubeObject, silentLog } from '@cartographer/machinery';
import type { ControllerMetrics } from '@cartographer/runtime';
import { type FakeClock, type FaultTransport, type StagedServer, stageServer } from '@cartographer/testkit';
import { CONVENTIONS_API_VERSION } from '../../kinds/group.ts';
import { conventionsCrds } from '../../kinds/kinds.ts';
import type { PodIntentStatus } from '../../kinds/pod-intent.ts';
import type { ConventionCaller } from '../../webhook/convention-caller.ts';
import { type RunningConventions, startConventions } from '../start-conventions.ts';
import { type PlayedServer, playedWorld } from './played-world.ts';

type Entry = {
  readonly verb: string;
  readonly userAgent?: string;
  readonly objectRef?: { readonly resource?: string; readonly name?: string; readonly subresource?: string };
};

/** What applies conventions, against an embedded API server, played servers and images, on a clock that stands still. */
export type ConventionsStage = AsyncDisposable & {
  readonly clock: FakeClock;
  readonly client: Client;
  readonly faults: FaultTransport;
  readonly audit: readonly Entry[];
  /** By the host of their URL. */
  readonly servers: Map<string, PlayedServer>;
  /** `HOST NAME-OF-THE-REQUEST`, in the order in which servers were asked. */
  readonly calls: string[];
  /** Digests, or a letter of one, by reference; one that is not there does not exist. */
  readonly tags: Map<string, string>;
  /** What a registry says instead, by reference. */
  readonly refusals: Map<string, CartoError>;
  /** References that a registry was asked for. */
  readonly resolved: string[];
  /** The authorities that each host was asked with last. */
  readonly trusted: Map<string, string | undefined>;
  /** Ends what runs in order, and starts it anew. */
  restart(): Promise<void>;
  apply(yaml: string): Promise<void>;
  delete(kind: string, name: string, namespace?: string): Promise<void>;
  status(name: string, namespace?: string): Promise<PodIntentStatus>;
  /** `False ConventionsApplied: …` */
  said(name: string, type?: string): Promise<string>;
  /** Lets so much time pass, and everything settle. */
  pass(ms: number): Promise<void>;
};

/** How a stage is set. */
export type StageSetting = {
  readonly metrics?: ControllerMetrics;
  readonly resyncMs?: number;
  readonly movedTagsMs?: number;
  /** In the place of played servers: over a network. */
  readonly caller?: ConventionCaller;
  /** Further definitions of kinds, such as those of cert-manager. */
  readonly crds?: readonly KubeObject[];
  /** In the place of the definitions of conventions: what was stored before them. */
  readonly looseCrds?: readonly KubeObject[];
};

const USER = 'user/1';
const CORE = /^(?:Namespace|Secret|ConfigMap|ServiceAccount|Event)$/;

/** Sets a {@link ConventionsStage} up; what applies conventions starts with `restart`. */
export async function createConventionsStage(setting: StageSetting = {}): Promise<ConventionsStage> {
  const staged = await stageServer({
    crds: [...(setting.looseCrds ?? conventionsCrds()), ...(setting.crds ?? [])],
    authorization: 'AlwaysAllow',
    userAgent: USER,
  });
  const { server, clock, audit, client, mapper, faults } = staged;
  let running: RunningConventions | undefined;
  const played = playedWorld();

  const typeOf = (kind: string) =>
    mapper.resourceFor({ kind, apiVersion: CORE.test(kind) ? 'v1' : CONVENTIONS_API_VERSION });
  const stage: ConventionsStage = {
    clock,
    client,
    faults,
    audit,
    ...played,
    async restart() {
      await running?.stop();
      running = startConventions({
        client: createClient({ transport: faults, clock, userAgent: 'conventions/1' }),
        namespace: 'cartographer-system',
        clock,
        log: silentLog,
        random: () => 0.5,
        images: played.images,
        caller: setting.caller === undefined ? played.caller : tracked(setting.caller, staged),
        ...(setting.metrics === undefined ? {} : { metrics: setting.metrics }),
        resyncMs: setting.resyncMs,
        movedTagsMs: setting.movedTagsMs,
      });
      const started = running;
      await clock.advanceUntil(() => started.notReady() === undefined, 60_000, 10);
      await settled();
    },
    apply: staged.apply,
    async delete(kind, name, namespace = 'default') {
      const type = await typeOf(kind);
      await client.delete(type, type.namespaced ? { namespace, name } : { name });
    },
    async status(name, namespace = 'default') {
      return ((await client.get(await typeOf('PodIntent'), { namespace, name }))['status'] ?? {}) as PodIntentStatus;
    },
    async said(name, type = 'ConventionsApplied') {
      return saidIn((await stage.status(name)).conditions ?? [], type);
    },
    async pass(ms) {
      await clock.advance(ms);
      await settled();
    },
    async [Symbol.asyncDispose]() {
      await running?.stop();
      await server.close();
    },
  };
  async function settled(): Promise<void> {
    for (let quiet = 0; quiet < 2; ) {
      const before = audit.length + played.calls.length + played.resolved.length;
      await clock.advance(1);
      await server.settled();
      quiet = audit.length + played.calls.length + played.resolved.length === before ? quiet + 1 : 0;
    }
  }
  await stage.apply('{apiVersion: v1, kind: ServiceAccount, metadata: {name: default, namespace: default}}');
  return stage;
}

/** Calls that are under way hold the clock. */
function tracked(caller: ConventionCaller, { track }: Pick<StagedServer, 'track'>): ConventionCaller {
  return { call: (...args) => track(caller.call(...args)), close: () => caller.close() };
}

/** What a condition says: `False ConventionsApplied: …`. */
function saidIn(conditions: readonly Condition[], type: string): string {
  const condition = findCondition(conditions, type);
  if (condition === undefined) return `${type} is not there`;
  const { status, reason, message } = condition;
  return `${status} ${reason}${message === '' ? '' : `: ${message}`}`;
}

/** What was written since by what applies conventions: `update podintents/status one`. */
export function writesOf({ audit }: ConventionsStage, since = 0): readonly string[] {
  return audit
    .slice(since)
    .filter(({ verb, userAgent, objectRef }) => {
      const isRead = ['get', 'list', 'watch'].includes(verb);
      return userAgent !== USER && !isRead && objectRef?.resource !== 'events';
    })
    .map(({ verb, objectRef: { resource = '', subresource, name = '' } = {} }) => {
      const what = subresource === undefined ? resource : `${resource}/${subresource}`;
      return `${verb} ${what} ${name}`;
    });
}

/** An intent of the namespace `default` with one container. */
export function intent(
  name: string,
  { labels = {}, template = {}, image = 'registry.example.com/app:v1', more = {} } = {},
): string {
  return yaml({
    apiVersion: CONVENTIONS_API_VERSION,
    kind: 'PodIntent',
    metadata: { name, namespace: 'default', labels },
    spec: { template: { metadata: { labels: template }, spec: { containers: [{ name: 'app', image }] } }, ...more },
  });
}

/** A convention whose server is played by the name of the convention. */
export function webhook(name: string, spec: object = {}, annotations: object = {}, more: object = {}): string {
  return registered(name, { webhook: { clientConfig: { url: `https://${name}/` }, ...more }, ...spec }, annotations);
}

/** A convention with this spec. */
export function registered(name: string, spec: object, annotations: object = {}): string {
  return yaml({
    apiVersion: CONVENTIONS_API_VERSION,
    kind: 'ClusterPodConvention',
    metadata: { name, annotations },
    spec,
  });
}

function yaml(object: object): string {
  return `${JSON.stringify(object)}\n---\n`;
}

/** A server that sets a label of the template. */
export function labels(name: string, value: string): PlayedServer {
  return ({ spec: { template } }) => {
    const { metadata = {} } = template;
    return {
      template: { ...template, metadata: { ...metadata, labels: { ...metadata.labels, [name]: value } } },
      applied: [`set-${name}`],
    };
  };
}
