import type { JsonObject, KubeObject, ResourceType } from '@cartographer/machinery';
import type { Infer, Schema, SchemaNode } from './schema.ts';

/** The API group of all our kinds. */
export const GROUP = 'carto.run';
/** The only version of the group. */
export const VERSION = 'v1alpha1';
/** `apiVersion` of every object of ours. */
export const API_VERSION = `${GROUP}/${VERSION}`;

/** A column of `kubectl get`. */
export type PrinterColumn = {
  readonly name: string;
  readonly type: 'string' | 'date' | 'integer';
  readonly jsonPath: string;
  /** Above 0: shown with `-o wide` only. */
  readonly priority?: number;
};

/** A kind, written once: everything else about it (types, CRD, docs, forms) follows from this value. */
export type Kind<Spec = unknown, Status = unknown, Name extends string = string> = ResourceType & {
  readonly kind: Name;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly description: string;
  /** Annotations of its definition: `carto.run/read`. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Labels of its definition. */
  readonly labels: Readonly<Record<string, string>>;
  readonly columns: readonly PrinterColumn[];
  readonly spec: Schema<Spec>;
  /** Absent for templates, which have no status. */
  readonly status?: Schema<Status>;
};

/** An object of a kind, as the API server gives it. */
export type ObjectOfKind<K> =
  K extends Kind<infer Spec, infer Status, infer Name>
    ? KubeObject & {
        readonly apiVersion: string;
        readonly kind: Name;
        readonly spec: Spec;
        readonly status?: Status;
      }
    : never;

/** What a kind needs to say about itself; the rest follows from the name. */
type KindDefinition<Spec, Status, Name extends string> = {
  /** {@link GROUP} unless it says otherwise. */
  readonly group?: string;
  readonly kind: Name;
  readonly plural: string;
  readonly shortName: string;
  readonly namespaced: boolean;
  readonly inAll?: boolean;
  /** Names besides `all` by which `kubectl get` finds it among others. */
  readonly categories?: readonly string[];
  readonly description: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly columns?: readonly PrinterColumn[];
  readonly spec: Schema<Spec>;
  readonly status?: Schema<Status>;
};

/** Completes the definition of a kind. */
export function defineKind<Spec, const Name extends string, Status = never>(
  definition: KindDefinition<Spec, Status, Name>,
): Kind<Spec, Status, Name> {
  const { group = GROUP, kind, plural, shortName, namespaced, inAll = false, spec, status } = definition;
  const { description, annotations = {}, labels = {}, columns = [], categories = [] } = definition;
  return {
    group,
    version: VERSION,
    kind,
    resource: plural,
    namespaced,
    singular: kind.toLowerCase(),
    shortNames: [shortName],
    categories: inAll ? ['all', ...categories] : categories,
    description,
    annotations,
    labels,
    columns,
    spec,
    ...(status === undefined ? {} : { status }),
  };
}

const readyPath = (field: 'status' | 'reason') => `.status.conditions[?(@.type=='Ready')].${field}`;

/** The last columns of every kind with a status. */
export const readyColumns: readonly PrinterColumn[] = [
  { name: 'Ready', type: 'string', jsonPath: readyPath('status') },
  { name: 'Reason', type: 'string', jsonPath: readyPath('reason') },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
];

/** The first column of Workload and Deliverable. */
export const sourceColumn: PrinterColumn = {
  name: 'Source',
  type: 'string',
  jsonPath: ".spec.source['git.url','image']",
};

/** The type of a kind's `spec`. */
export type SpecOf<K extends { readonly spec: Schema<unknown> }> = Infer<K['spec']>;

/** The schema of a whole object of the kind. */
export function rootSchema(kind: Kind): SchemaNode {
  return {
    type: 'object',
    description: kind.description,
    required: ['metadata', 'spec'],
    properties: {
      apiVersion: { type: 'string', description: `Group and version of this object: ${kind.group}/${kind.version}.` },
      kind: { type: 'string', description: `What this object is: ${kind.kind}.` },
      metadata: { type: 'object' },
      spec: kind.spec.node,
      ...(kind.status === undefined ? {} : { status: kind.status.node }),
    },
  };
}

/** The CustomResourceDefinition that teaches an API server this kind. */
export function crd(kind: Kind): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${kind.resource}.${kind.group}`,
      ...(Object.keys(kind.annotations).length > 0 ? { annotations: kind.annotations } : {}),
      ...(Object.keys(kind.labels).length > 0 ? { labels: kind.labels } : {}),
    },
    spec: {
      group: kind.group,
      names: {
        ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.resource,
        shortNames: kind.shortNames,
        singular: kind.singular,
      },
      scope: kind.namespaced ? 'Namespaced' : 'Cluster',
      versions: [version(kind)],
    },
  };
}

function version(kind: Kind): JsonObject {
  return {
    name: kind.version,
    served: true,
    storage: true,
    ...(kind.columns.length > 0 ? { additionalPrinterColumns: kind.columns } : {}),
    schema: { openAPIV3Schema: rootSchema(kind) },
    ...(kind.status === undefined ? {} : { subresources: { status: {} } }),
  };
}
