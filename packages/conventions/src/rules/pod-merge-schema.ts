import { type MergeSchema, mergeSchemaOf, type StructuralSchema } from '@cartographer/machinery';

/** Takes all fields: a pod may have more than are named here. */
const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } as const;
const text: StructuralSchema = { type: 'string' };
const texts: StructuralSchema = { type: 'array', items: text };
/** What makes sense whole only: half a probe of one and half of another check nothing. */
const whole: StructuralSchema = { ...open, 'x-kubernetes-map-type': 'atomic' };

function keyed(keys: readonly string[], items: StructuralSchema): StructuralSchema {
  return { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys, items };
}

const wholeBy = (key: string): StructuralSchema => keyed([key], { ...whole, properties: { [key]: text } });

const CONTAINER: StructuralSchema = {
  ...open,
  properties: {
    name: text,
    image: text,
    command: texts,
    args: texts,
    workingDir: text,
    env: wholeBy('name'),
    ports: keyed(['containerPort', 'protocol'], {
      ...open,
      properties: { containerPort: { type: 'integer' }, protocol: { type: 'string', default: 'TCP' } },
    }),
    volumeMounts: wholeBy('mountPath'),
    volumeDevices: wholeBy('devicePath'),
    livenessProbe: whole,
    readinessProbe: whole,
    startupProbe: whole,
    lifecycle: { ...open, properties: { preStop: whole, postStart: whole } },
  },
};
const containers = keyed(['name'], CONTAINER);
const labels: StructuralSchema = { type: 'object', additionalProperties: text };

const POD_TEMPLATE: StructuralSchema = {
  type: 'object',
  properties: {
    metadata: { type: 'object', properties: { labels, annotations: labels } },
    spec: {
      ...open,
      properties: {
        containers,
        initContainers: containers,
        volumes: wholeBy('name'),
        imagePullSecrets: keyed(['name'], { ...open, properties: { name: text } }),
        hostAliases: wholeBy('ip'),
        topologySpreadConstraints: keyed(['topologyKey', 'whenUnsatisfiable'], {
          ...whole,
          properties: { topologyKey: text, whenUnsatisfiable: text },
        }),
        schedulingGates: wholeBy('name'),
        resourceClaims: wholeBy('name'),
        nodeSelector: labels,
      },
    },
  },
};

/** How what rules add is merged into a container: the lists with keys that Kubernetes has there, and what is taken whole. */
export const containerSchema: MergeSchema = schemaOf(
  { type: 'object', properties: { container: CONTAINER } },
  'container',
);

/** … and into a pod template. */
export const podTemplateSchema: MergeSchema = schemaOf(
  { type: 'object', properties: { template: POD_TEMPLATE } },
  'template',
);

/** As a part of an object, since every object itself is given the metadata of an object. */
function schemaOf(parent: StructuralSchema, field: string): MergeSchema {
  const schema = mergeSchemaOf(parent).map?.fields.get(field);
  if (schema === undefined) throw new Error(`there is no ${field}`);
  return schema;
}
