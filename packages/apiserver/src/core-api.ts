import type {
  CompiledSchema,
  Json,
  JsonObject,
  KubeList,
  KubeObject,
  Status,
  WatchEvent,
} from '@cartographer/machinery';

/*
 * The seam of the API server: the core (store, pipeline, controllers) implements these types, the
 * front (HTTP, discovery, authentication, authorisation, Tables) calls them. The front passes query
 * parameters on as it got them; the core judges their values and throws `StatusError`
 * (status-error.ts) with the Status a real server would answer.
 */

/** A column of `kubectl get`. `cell` gives the finished value of a row (ages already rendered), null when there is none. */
export type PrinterColumn = {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description: string;
  /** 0 = always shown, greater = with `-o wide` only. */
  readonly priority: number;
  readonly cell: (object: KubeObject, nowMs: number) => Json;
};

/** One served version of one resource: everything that discovery, routing, OpenAPI and Tables need to know. */
export type ResourceInfo = {
  readonly group: string;
  readonly version: string;
  /** Plural, lower case: `configmaps`. */
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  /** Whether `/status` exists. */
  readonly status: boolean;
  /** False for resources that a CustomResourceDefinition made. */
  readonly builtIn: boolean;
  /** All columns, `Name` included. */
  readonly printerColumns: readonly PrinterColumn[];
  /** The schema that writes are checked against; built-in kinds are checked by code. */
  readonly schema?: CompiledSchema;
  /** The schema for OpenAPI v3, without `apiVersion`, `kind` and `metadata`. */
  readonly openapi: JsonObject;
  /** The warning that every request to this version earns. */
  readonly deprecated?: string;
  /** JSON paths (`.spec.color`) that field selectors may name besides `metadata.name` and `metadata.namespace`. */
  readonly selectableFields: readonly string[];
};

/** The resources served now. `all()` is in discovery order: groups as a real server lists them, preferred version first. */
export interface Registry {
  all(): readonly ResourceInfo[];
  find(group: string, version: string, resource: string): ResourceInfo | undefined;
  findKind(group: string, version: string, kind: string): ResourceInfo | undefined;
  /** Changes whenever a resource appears, changes or goes; it has changed before `Established` is visible. */
  readonly generation: number;
}

/** Who asks. */
export type Caller = {
  readonly user: {
    readonly name: string;
    readonly uid?: string;
    readonly groups: readonly string[];
  };
  /** Taken when a write names no fieldManager: the user agent up to the first slash, `unknown` without one. */
  readonly fieldManager: string;
  /** The core appends texts, the front makes `Warning: 299 - "…"` headers of them. */
  readonly warnings: string[];
  /**
   * Asked before an update or a patch makes an object that was not there: that takes the right to create.
   * @throws StatusError 403
   */
  readonly requireCreate?: () => void;
  readonly signal?: AbortSignal;
};

/** Names one object; `namespace` is undefined exactly for cluster-scoped resources. */
export type ObjectKey = { readonly namespace?: string; readonly name: string };

/** Query parameters of GET on one object. */
export type GetOptions = { readonly resourceVersion?: string };

/** Query parameters of a list, unparsed. `namespace` undefined means all namespaces. */
export type ListOptions = {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
  /** Given on a list it is refused (422), as a real server does. */
  readonly sendInitialEvents?: boolean;
};

/** Query parameters of a watch, unparsed. */
export type WatchOptions = {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
  readonly allowWatchBookmarks?: boolean;
  readonly sendInitialEvents?: boolean;
  /** Given on a watch it is refused (422), as a real server does. */
  readonly continue?: string;
  readonly timeoutSeconds?: number;
  /** Ends the watch at once. */
  readonly signal?: AbortSignal;
};

/** Query parameters of a write, unparsed. */
export type WriteOptions = {
  readonly subresource?: 'status' | 'finalize';
  readonly dryRun?: string;
  readonly fieldManager?: string;
  /** `Strict`, `Warn` (the default) or `Ignore`. */
  readonly fieldValidation?: string;
  /** Only with a patch of kind `apply`; elsewhere it is refused. */
  readonly force?: boolean;
  /** Paths of keys that stood twice in the body's text (`spec.n`): only the front sees the text. */
  readonly duplicateFields?: readonly string[];
  /** What is created was found to be sound before, and is not validated again. No request can say so. */
  readonly isSound?: boolean;
};

/** A patch by its content type. The core answers 415 for strategic merge on a custom resource. */
export type Patch = { readonly kind: 'json' | 'merge' | 'strategic' | 'apply'; readonly body: Json };

/** `created` decides between 201 and 200. */
export type WriteResult = { readonly object: KubeObject; readonly created: boolean };

/** Options of DELETE, merged from body and query by the front, values unchecked. */
export type DeleteOptions = {
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly propagationPolicy?: string;
  readonly orphanDependents?: boolean;
  readonly dryRun?: string;
};

/** `gone`: answer 200 with the Status. `deleting`: finalizers hold the object, answer 200 with it. */
export type DeleteResult =
  | { readonly kind: 'gone'; readonly status: JsonObject; readonly object: KubeObject }
  | { readonly kind: 'deleting'; readonly object: KubeObject };

/**
 * The one way to data. All objects that come out are frozen and shared: never change them. List items
 * carry apiVersion and kind; the front leaves them out of lists of built-in kinds. Every event of a
 * watch is one frozen object shared by all watchers with the same view, so that its text can be cached.
 * All methods throw `StatusError`.
 */
export interface Core {
  readonly registry: Registry;
  /** The newest resource version. */
  readonly resourceVersion: string;
  get(info: ResourceInfo, key: ObjectKey, options?: GetOptions): KubeObject;
  list(info: ResourceInfo, options: ListOptions): Promise<KubeList>;
  /** Throws at once for bad options; an expired resourceVersion comes as one ERROR event in the stream. */
  watch(info: ResourceInfo, options: WatchOptions): AsyncIterable<WatchEvent>;
  create(
    info: ResourceInfo,
    namespace: string | undefined,
    body: Json,
    options: WriteOptions,
    caller: Caller,
  ): Promise<WriteResult>;
  update(info: ResourceInfo, key: ObjectKey, body: Json, options: WriteOptions, caller: Caller): Promise<WriteResult>;
  patch(info: ResourceInfo, key: ObjectKey, patch: Patch, options: WriteOptions, caller: Caller): Promise<WriteResult>;
  delete(info: ResourceInfo, key: ObjectKey, options: DeleteOptions, caller: Caller): Promise<DeleteResult>;
  deleteCollection(
    info: ResourceInfo,
    selection: ListOptions,
    options: DeleteOptions,
    caller: Caller,
  ): Promise<KubeList>;
  /** Resolves when nothing that the core does by itself (garbage collection, namespaces, CRDs) is left to do. */
  settled(): Promise<void>;
  /** Ends all watches, flushes and closes the store. */
  close(): Promise<void>;
}

/** What an admission hook gets to see. `object` is absent for DELETE, `old` for CREATE. */
export type AdmissionReview = {
  readonly info: ResourceInfo;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly subresource?: string;
  readonly namespace?: string;
  /** Absent where the server makes up the name. */
  readonly name?: string;
  /** The name in the path of the request: a POST has none, whatever its object is called. */
  readonly pathName?: string;
  readonly object?: KubeObject;
  readonly old?: KubeObject;
  readonly dryRun: boolean;
  readonly user: Caller['user'];
};

/** The hook's answer. A given `object` replaces the one under review (mutation). */
export type AdmissionAnswer =
  | { readonly allowed: true; readonly object?: KubeObject; readonly warnings?: readonly string[] }
  | {
      readonly allowed: false;
      readonly code?: number;
      readonly message: string;
      readonly reason?: string;
      readonly causes?: NonNullable<Status['details']>['causes'];
      readonly warnings?: readonly string[];
    };

/** Admission in process: called between mutation and validation of every write it matches, subresources included. */
export type AdmissionHook = {
  /** When set, refusals read `admission webhook "name" denied the request: …`, as those of a real webhook. */
  readonly name?: string;
  /** Sees only what the schema allows, after the hooks that may change the object, as a validating webhook does. */
  readonly validating?: true;
  matches(
    info: Pick<ResourceInfo, 'group' | 'version' | 'resource' | 'kind'>,
    operation: AdmissionReview['operation'],
    subresource?: string,
  ): boolean;
  review(review: AdmissionReview): Promise<AdmissionAnswer> | AdmissionAnswer;
};
