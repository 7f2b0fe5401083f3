import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRestMapper, resourcePath } from '@cartographer/kube';
import { laptopCrds } from '@cartographer/laptop';
import {
  findCondition,
  getPath,
  isList,
  type Json,
  type KubeObject,
  parseYamlDocuments,
  type ResourceType,
} from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { createStage, type Stage } from '../../packages/controller/src/testing/stage.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples/docs');

/** A part of an example: what is applied together, and what must hold once nothing happens any more. */
type Phase = { readonly documents: string; readonly expectations: readonly string[] };

function phasesOf(text: string): readonly Phase[] {
  return text.split(/^---\n# then: .*$/m).map((documents) => ({
    documents,
    expectations: [...documents.matchAll(/^# expect: (.*)$/gm)].map(([, expectation = '']) => expectation),
  }));
}

const OTHER_GROUPS: Readonly<Record<string, string>> = {
  ConfigMap: 'v1',
  Image: 'kpack.io/v1alpha2',
  TaskRun: 'tekton.dev/v1',
};

/** Applies and looks at objects as a user and as the tools of a cluster do. */
class ExampleStage {
  readonly #stage: Stage;
  readonly #mapper: ReturnType<typeof createRestMapper>;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#mapper = createRestMapper({ client: stage.client, clock: stage.clock });
  }

  async play({ documents, expectations }: Phase): Promise<void> {
    for (const document of parseYamlDocuments(documents)) await this.#apply(document as KubeObject);
    await this.#stage.settled();
    for (const expectation of expectations) expect(await this.#found(expectation)).toBe(expectation);
  }

  /** A document that has a status and no spec is what a tool reports. */
  async #apply(object: KubeObject): Promise<void> {
    const type = await this.#mapper.resourceFor(object);
    const isReport = object['status'] !== undefined && object['spec'] === undefined;
    const options = { fieldManager: isReport ? 'tool' : 'user', force: true };
    if (!isReport) return void (await this.#stage.client.apply(type, object, options));
    const { generateName, ...metadata } = object.metadata;
    const name = metadata.name ?? (await this.#newest(type, generateName ?? ''));
    const report = { ...object, metadata: { ...metadata, name } };
    await this.#stage.client.apply(type, report, { ...options, subresource: 'status' });
  }

  async #newest(type: ResourceType, prefix: string): Promise<string> {
    const { items } = await this.#stage.client.list(type, { namespace: 'default' });
    const names = items.flatMap(({ metadata }) => metadata.name ?? []);
    return names.find((name) => name.startsWith(prefix)) ?? `${prefix}-none`;
  }

  /** What really is, in the words of the expectation. */
  async #found(expectation: string): Promise<string> {
    const count = /^\d+ (?<kind>\w+)$/.exec(expectation)?.groups;
    if (count !== undefined) {
      const objects = await this.#stamped(count['kind'] ?? '');
      return `${objects.length} ${count['kind']}`;
    }
    const {
      kind = '',
      name = '',
      what = '',
    } = /^(?<kind>\w+) default\/(?<name>\S+) (?<what>.*)$/.exec(expectation)?.groups ?? {};
    const object = await this.#get(kind, name);
    if (object === undefined) return `${kind} default/${name} does not exist`;
    if (what.startsWith('Ready=')) return `${kind} default/${name} Ready=${readyOf(object, what)}`;
    const path = what.slice(0, what.indexOf('='));
    const value: Json | undefined = getPath(object, ...path.split('.'));
    return `${kind} default/${name} ${path}=${typeof value === 'string' ? value : JSON.stringify(value)}`;
  }

  async #stamped(kind: string): Promise<readonly KubeObject[]> {
    const { items } = await this.#stage.client.list(await this.#typeOf(kind), { namespace: 'default' });
    return items.filter(({ metadata }) => metadata.annotations?.['carto.run/stamp-digest'] !== undefined);
  }

  async #get(kind: string, name: string): Promise<KubeObject | undefined> {
    const path = resourcePath(await this.#typeOf(kind), { namespace: 'default', name });
    const { status, body } = await this.#stage.client.raw({ method: 'GET', path });
    return status === 200 ? (body as KubeObject) : undefined;
  }

  #typeOf(kind: string): Promise<ResourceType> {
    return this.#mapper.resourceFor({ kind, apiVersion: OTHER_GROUPS[kind] ?? 'carto.run/v1alpha1' });
  }
}

/** Status of Ready, and its reason where the expectation has one; the message where something else was expected. */
function readyOf(object: KubeObject, wanted: string): string {
  const conditions = getPath(object['status'], 'conditions');
  const ready = isList(conditions) ? findCondition(conditions as never, 'Ready') : undefined;
  if (ready === undefined) return 'absent';
  const short = wanted.includes(' ') ? `${ready.status} ${ready.reason}` : ready.status;
  return `Ready=${short}` === wanted ? short : `${short} (${ready.reason}: ${ready.message})`;
}

describe('an example in the docs', () => {
  it.each(readdirSync(EXAMPLES).toSorted())('%s ends as its comments say', async (file) => {
    const phases = phasesOf(readFileSync(join(EXAMPLES, file), 'utf8'));
    expect(phases.filter(({ expectations }) => expectations.length === 0)).toEqual([]);
    await using stage = await createStage({ crds: laptopCrds() });
    await stage.restart();
    const example = new ExampleStage(stage);
    for (const phase of phases) await example.play(phase);
  });
});
