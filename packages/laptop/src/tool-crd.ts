import type { JsonObject, KubeObject, ResourceType } from '@cartographer/machinery';

/** What tells the definition of one tool's kind from the others'. */
export type ToolKind = {
  readonly type: ResourceType;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories?: readonly string[];
  readonly description: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly jsonPath: string }[];
  /** The schemas of the two halves. */
  readonly spec: JsonObject;
  readonly status: JsonObject;
};

/** The CustomResourceDefinition of a kind: namespaced, one version, with the status as a subresource. */
export function toolCrd({
  type,
  singular,
  shortNames,
  categories,
  description,
  columns,
  spec,
  status,
}: ToolKind): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${type.resource}.${type.group}` },
    spec: {
      group: type.group,
      names: {
        kind: type.kind,
        listKind: `${type.kind}List`,
        plural: type.resource,
        singular,
        shortNames,
        ...(categories === undefined ? {} : { categories }),
      },
      scope: 'Namespaced',
      versions: [
        {
          name: type.version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description,
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                spec,
                status,
              },
            },
          },
        },
      ],
    },
  };
}

/** The schema of a text. */
export function text(description: string): JsonObject {
  return { type: 'string', description };
}

/** The schema of a number without fractions. */
export function count(description: string): JsonObject {
  return { type: 'integer', format: 'int64', description };
}

/** The schema of an object that may hold anything. */
export function open(description: string): JsonObject {
  return { type: 'object', description, 'x-kubernetes-preserve-unknown-fields': true };
}

/** The schema of a list of objects that may hold anything. */
export function openList(description: string): JsonObject {
  return { type: 'array', description, items: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
}
