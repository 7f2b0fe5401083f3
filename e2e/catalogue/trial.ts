import type { ResourceStatus } from '@cartographer/api';
import type { Client, RestMapper } from '@cartographer/kube';
import { getPath, isObject, type KubeObject, listAt, textAt } from '@cartographer/machinery';
import { accountObjects, type State, type Tool, type ToolStatus } from './tools.ts';

/** A server with a controller, and the kinds of all tools. */
export type TrialCluster = { readonly client: Client; readonly mapper: RestMapper };

/** What a chain makes of a tool's objects. */
export type Verdict = {
  readonly healthy: string;
  readonly gives: Readonly<Record<string, string>>;
};

/** Of which condition status a state is the sign. */
const HEALTHY: Readonly<Record<State, string>> = { running: 'Unknown', healthy: 'True', failed: 'False' };
const USER = 'catalogue';
/** Argo CD writes the status of an Application as a part of the object. */
const NO_STATUS_SUBRESOURCE: ReadonlySet<string> = new Set(['Application']);

/** Applies an object as a platform team does. */
export async function applyAs({ client, mapper }: TrialCluster, object: KubeObject): Promise<void> {
  await client.apply(await mapper.resourceFor(object), object, { fieldManager: USER, force: true });
}

/**
 * A tool's chain in a namespace of its own, whose objects say what a status of the tool says. Other tools in the chain
 * are healthy.
 */
export class Trial {
  readonly tool: Tool;
  readonly status: ToolStatus;
  readonly namespace: string;
  readonly #cluster: TrialCluster;
  readonly #says: ReadonlyMap<string, KubeObject>;
  readonly #told = new Set<string>();

  constructor(cluster: TrialCluster, tools: readonly Tool[], tool: Tool, status: ToolStatus) {
    this.#cluster = cluster;
    this.tool = tool;
    this.status = status;
    this.namespace = `${tool.name}-${status.name}`;
    const healthy = tools.flatMap((each) => each.statuses.filter(({ name }) => name === 'healthy'));
    this.#says = new Map([...healthy, status].map(({ object }) => [kindOf(object), object]));
  }

  /** Makes the namespace, the account and the owner. */
  async begin(): Promise<void> {
    await applyAs(this.#cluster, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.namespace } });
    for (const object of [...accountObjects(), this.tool.owner]) await applyAs(this.#cluster, this.#placed(object));
  }

  /** Gives each object that has none its status; resolves with whether there was one. */
  async tell(): Promise<boolean> {
    const { client, mapper } = this.#cluster;
    let news = false;
    for (const report of this.#says.values()) {
      const type = await mapper.resourceFor(report);
      for (const { metadata } of (await client.list(type, { namespace: this.namespace })).items) {
        const { name = '', uid = '' } = metadata;
        if (this.#told.has(uid)) continue;
        const body = { status: report['status'] ?? null };
        const key = { namespace: this.namespace, name };
        const subresource = NO_STATUS_SUBRESOURCE.has(type.kind) ? {} : { subresource: 'status' };
        await client.patch(type, key, { kind: 'merge', body, ...subresource });
        this.#told.add(uid);
        news = true;
      }
    }
    return news;
  }

  /** Whether an object was given its status. */
  isTold({ metadata }: KubeObject): boolean {
    return this.#told.has(metadata.uid ?? '');
  }

  /** What was warned of in the chain, such as a field that a definition lacks. */
  async warnings(): Promise<readonly KubeObject[]> {
    const { client, mapper } = this.#cluster;
    const type = await mapper.resourceFor({ apiVersion: 'events.k8s.io/v1', kind: 'Event' });
    const { items } = await client.list(type, { namespace: this.namespace });
    return items.filter((event) => event['type'] === 'Warning');
  }

  /** The objects of the tool that there are in the chain. */
  async objects(): Promise<readonly KubeObject[]> {
    const { client, mapper } = this.#cluster;
    const type = await mapper.resourceFor(this.status.object);
    return (await client.list(type, { namespace: this.namespace })).items;
  }

  /** What the chain should make of it. */
  expected(): Verdict {
    return { healthy: HEALTHY[this.status.state], gives: this.status.gives };
  }

  /** What the chain makes of it: how it judges the tool's first step, and what its steps hand on. */
  async verdict(): Promise<Verdict> {
    const { client, mapper } = this.#cluster;
    const { metadata } = this.tool.owner;
    const key = { namespace: this.namespace, name: metadata.name ?? '' };
    const { status } = await client.get(await mapper.resourceFor(this.tool.owner), key);
    const names = new Set(this.tool.templates.map((template) => template.metadata.name));
    const steps = (listAt(status, 'resources') as readonly ResourceStatus[]).filter((step) =>
      names.has(step.templateRef?.name),
    );
    const outputs = steps.flatMap(({ outputs = [] }) => outputs);
    return {
      healthy: textAt(
        steps[0]?.conditions?.find(({ type }) => type === 'Healthy'),
        'status',
      ),
      gives: Object.fromEntries(outputs.map(({ name, preview }) => [name, preview.trimEnd()])),
    };
  }

  #placed(object: KubeObject): KubeObject {
    const placed = { ...object, metadata: { ...object.metadata, namespace: this.namespace } };
    const [subject] = listAt(object, 'subjects');
    return isObject(subject) ? { ...placed, subjects: [{ ...subject, namespace: this.namespace }] } : placed;
  }
}

/** The kind of an object, with its group. */
function kindOf({ apiVersion, kind }: KubeObject): string {
  return `${apiVersion}/${kind}`;
}

/** The generation that a status says it is of; undefined for tools that say none. */
export function observedGeneration({ object }: ToolStatus): number | undefined {
  const generation = getPath(object['status'], 'observedGeneration');
  return typeof generation === 'number' ? generation : undefined;
}
