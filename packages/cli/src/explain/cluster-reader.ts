import { carto, READ_ANNOTATION, READ_CURRENT } from '@cartographer/api';
import type {
  Cluster,
  ListAnswer,
  Lookup,
  MappingAnswer,
  ObjectKey,
  ObjectsKey,
  Observation,
  OwnerKind,
  RenderAnswer,
  TemplateKey,
} from '@cartographer/engine';
import { explainSelection } from '@cartographer/engine';
import { ApiError, getIfThere, isNotFound, NoMatchError } from '@cartographer/kube';
import {
  canonicalJson,
  getPath,
  isObject,
  type JsonObject,
  type KubeObject,
  listAt,
  objectKey,
  qualifiedResource,
  type ResourceType,
  textAt,
} from '@cartographer/machinery';
import type { Session } from '../frame/session.ts';
import { allOf } from '../read/pages.ts';

const DEFINITIONS: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  resource: 'customresourcedefinitions',
  namespaced: false,
};

/** What was read of a cluster, for an account: each object once. What the user may not read is told, and missing. */
export class ClusterReader {
  /** What could not be read, and why. */
  readonly unread: string[] = [];
  readonly #session: Session;
  readonly #templates = new Map<string, KubeObject>();
  readonly #mappings = new Map<string, MappingAnswer>();
  readonly #objects = new Map<string, Observation>();
  readonly #lists = new Map<string, ListAnswer>();
  readonly #rendered = new Map<string, RenderAnswer>();
  readonly #definitions = new Map<string, KubeObject>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** What was read so far, as the engine asks for it. */
  readonly cluster: Cluster = {
    template: ({ kind, name }) => this.#templates.get(`${kind} ${name}`),
    account: () => ({ kind: 'missing' }),
    mapping: (apiVersion, kind) => this.#mappings.get(`${apiVersion} ${kind}`),
    readsCurrent: (type) =>
      this.#definitions.get(qualifiedResource(type))?.metadata.annotations?.[READ_ANNOTATION] === READ_CURRENT,
    observed: (key) => this.#objects.get(objectId(key)),
    listed: (key) => this.#lists.get(listId(key)),
    written: () => undefined,
    deletions: () => [],
    rendered: (id) => this.#rendered.get(id),
    recall: () => undefined,
    pace: () => ({}),
  };

  /** The schema of a kind at its version, as far as its definition may be read. */
  readonly schema = (type: ResourceType): JsonObject | undefined => {
    const versions = listAt(this.#definitions.get(qualifiedResource(type)), 'spec', 'versions');
    const schema = getPath(
      versions.find((version) => textAt(version, 'name') === type.version),
      'schema',
      'openAPIV3Schema',
    );
    return isObject(schema) ? schema : undefined;
  };

  keepRendered(id: string, answer: RenderAnswer): void {
    this.#rendered.set(id, answer);
  }

  /** Answers a question of an account. */
  async look(lookup: Lookup): Promise<void> {
    switch (lookup.lookup) {
      case 'account':
        return;
      case 'mapping':
        return this.#map(lookup.apiVersion, lookup.kind);
      case 'object':
        return this.#observe(lookup.key);
      case 'list':
        return this.#list(lookup.key);
    }
  }

  /** All objects of a kind; undefined where they may not be listed, which is told. */
  async all(type: ResourceType): Promise<readonly KubeObject[] | undefined> {
    const answer = await this.#read(() => this.#pages({ type, labels: {} }));
    return answer.kind === 'read' ? answer.value : undefined;
  }

  /** The blueprint that an owner followed last, as far as it may be read. */
  async followed({ blueprintKind, blueprintRef }: OwnerKind, owner: KubeObject): Promise<readonly KubeObject[]> {
    const name = textAt(owner['status'], blueprintRef, 'name');
    const { client, signal } = this.#session;
    if (name === '') return [];
    const answer = await this.#read(() => getIfThere(client, carto.kinds[blueprintKind], { name }, { signal }));
    return answer.kind === 'read' && answer.value !== undefined ? [{ ...answer.value, kind: blueprintKind }] : [];
  }

  /** Reads the templates that the owner's blueprint names: that of its selection, and the one that it followed last. */
  async readTemplates(kind: OwnerKind, owner: KubeObject, blueprints: readonly KubeObject[]): Promise<void> {
    const names = new Set([
      ...explainSelection(kind, owner, blueprints).best,
      textAt(owner['status'], kind.blueprintRef, 'name'),
    ]);
    const used = blueprints.filter(({ metadata }) => names.has(metadata.name ?? ''));
    const keys = new Map(used.flatMap(templatesOf).map((key) => [`${key.kind} ${key.name}`, key]));
    await Promise.all([...keys.values()].map((key) => this.#readTemplate(key)));
  }

  /** Reads the run template of a Runnable. */
  async readRunTemplate(runnable: KubeObject): Promise<void> {
    const name = textAt(runnable['spec'], 'runTemplateRef', 'name');
    if (name !== '') await this.#readTemplate({ kind: 'ClusterRunTemplate', name });
  }

  async #readTemplate({ kind, name }: TemplateKey): Promise<void> {
    const type = Object.values(carto.kinds).find((known) => known.kind === kind);
    if (type === undefined || this.#templates.has(`${kind} ${name}`)) return;
    const { client, signal } = this.#session;
    const answer = await this.#read(() => getIfThere(client, type, { name }, { signal }));
    if (answer.kind === 'read' && answer.value !== undefined)
      this.#templates.set(`${kind} ${name}`, { ...answer.value, kind });
  }

  async #map(apiVersion: string, kind: string): Promise<void> {
    const { mapper, signal } = this.#session;
    const answer = await mapper.resourceFor({ apiVersion, kind }, { signal }).then(
      (type): MappingAnswer => ({ kind: 'mapped', type }),
      (error: unknown): MappingAnswer => {
        if (error instanceof NoMatchError) return { kind: 'noMatch', message: error.message };
        if (error instanceof ApiError) return { kind: 'failed', message: error.message };
        throw error;
      },
    );
    if (answer.kind === 'mapped') await this.#readDefinition(answer.type);
    this.#mappings.set(`${apiVersion} ${kind}`, answer);
  }

  /** Kinds of the server itself have no definition; that one may not be read is no news: then no path is held against it. */
  async #readDefinition(type: ResourceType): Promise<void> {
    if (!type.group.includes('.') || type.group.endsWith('.k8s.io')) return;
    const name = qualifiedResource(type);
    const { client, signal } = this.#session;
    try {
      const found = await getIfThere(client, DEFINITIONS, { name }, { signal });
      if (found !== undefined) this.#definitions.set(name, found);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  async #observe(key: ObjectKey): Promise<void> {
    const { client, signal } = this.#session;
    const { type, ...place } = key;
    const answer = await this.#read(() => getIfThere(client, type, place, { signal }), false);
    if (answer.kind === 'failed') return void this.#objects.set(objectId(key), answer);
    const object = answer.value;
    // Whether the runs of a Runnable are Secrets, its template says.
    if (object?.kind === 'Runnable') await this.readRunTemplate(object);
    this.#objects.set(objectId(key), object === undefined ? { kind: 'absent' } : { kind: 'present', object });
  }

  async #list(key: ObjectsKey): Promise<void> {
    const answer = await this.#read(() => this.#pages(key), false);
    this.#lists.set(listId(key), answer.kind === 'read' ? { kind: 'listed', objects: answer.value } : answer);
  }

  #pages({ type, namespace, labels }: ObjectsKey): Promise<readonly KubeObject[]> {
    const { client, signal } = this.#session;
    const labelSelector = Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(',');
    const place = namespace === undefined ? {} : { namespace };
    return allOf(client, type, { ...place, ...(labelSelector === '' ? {} : { labelSelector }), signal });
  }

  /** What the server answers; a refusal is told, unless its place in the account does. */
  async #read<T>(read: () => Promise<T>, tells = true): Promise<Read<T>> {
    try {
      return { kind: 'read', value: await read() };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { message, status } = error;
      if (tells && !isNotFound(error)) this.unread.push(message);
      return { kind: 'failed', code: status.code ?? 500, message };
    }
  }
}

type Read<T> =
  | { readonly kind: 'read'; readonly value: T }
  | { readonly kind: 'failed'; readonly code: number; readonly message: string };

function templatesOf(blueprint: KubeObject): readonly TemplateKey[] {
  return listAt(blueprint['spec'], 'resources').flatMap((resource) => {
    const kind = textAt(resource, 'templateRef', 'kind');
    const names = [
      textAt(resource, 'templateRef', 'name'),
      ...listAt(resource, 'templateRef', 'options').map((option) => textAt(option, 'name')),
    ];
    return names.filter((name) => name !== '').map((name) => ({ kind, name }));
  });
}

function objectId({ type, ...key }: ObjectKey): string {
  return `${qualifiedResource(type)} ${type.version} ${objectKey(key)}`;
}

function listId({ type, namespace = '', labels }: ObjectsKey): string {
  return canonicalJson([qualifiedResource(type), type.version, namespace, labels]);
}
