import {
  dns1035LabelErrors,
  type FieldError,
  getPath,
  isList,
  isObject,
  type Json,
  type JsonObject,
  type KubeObject,
  requiredError,
} from '@cartographer/machinery';

import { ageColumn, column, createdAtColumn, nameColumn, numberAt, selectorAt, textAt } from './columns.ts';
import type { KindDefinition } from './kind-definition.ts';
import { scalarAt, scalarText } from './scalar-text.ts';

const core = { group: '', version: 'v1' } as const;

/** Kinds of networks, volumes and limits: stored, without behaviour. */
export const otherKinds: readonly KindDefinition[] = [
  {
    ...core,
    resource: 'services',
    kind: 'Service',
    shortNames: ['svc'],
    categories: ['all'],
    status: true,
    generation: false,
    nameErrors: dns1035LabelErrors,
    selectableFields: ['spec.clusterIP', 'spec.type'],
    columns: [
      nameColumn,
      column('Type', textAt('spec', 'type')),
      column('Cluster-IP', textAt('spec', 'clusterIP')),
      column('External-IP', externalIp),
      column('Port(s)', ports),
      ageColumn,
      column('Selector', selectorAt('spec', 'selector'), { wide: true }),
    ],
    complete: completeService,
    validate: serviceErrors,
  },
  {
    ...core,
    resource: 'endpoints',
    singular: 'endpoints',
    kind: 'Endpoints',
    shortNames: ['ep'],
    createOnUpdate: true,
    columns: [nameColumn, column('Endpoints', () => '<none>'), ageColumn],
  },
  {
    ...core,
    resource: 'persistentvolumeclaims',
    kind: 'PersistentVolumeClaim',
    shortNames: ['pvc'],
    status: true,
    generation: false,
    columns: [
      nameColumn,
      column('Status', textAt('status', 'phase')),
      column('Volume', textAt('spec', 'volumeName')),
      column('Capacity', textAt('status', 'capacity', 'storage')),
      column('Access Modes', (claim) => accessModes(claim)),
      column('StorageClass', textAt('spec', 'storageClassName')),
      ageColumn,
      column('VolumeMode', textAt('spec', 'volumeMode'), { wide: true }),
    ],
    complete: (claim) => withSpecDefaults(claim, { volumeMode: 'Filesystem' }),
    prepare: (claim, old) => (old === undefined ? { ...claim, status: { phase: 'Pending' } } : claim),
    validate: claimErrors,
  },
  {
    ...core,
    resource: 'resourcequotas',
    kind: 'ResourceQuota',
    shortNames: ['quota'],
    status: true,
    generation: false,
    columns: [nameColumn, column('Request', () => ''), column('Limit', () => ''), ageColumn],
  },
  {
    ...core,
    resource: 'limitranges',
    kind: 'LimitRange',
    shortNames: ['limits'],
    columns: [nameColumn, createdAtColumn],
  },
  {
    group: 'networking.k8s.io',
    version: 'v1',
    resource: 'ingresses',
    singular: 'ingress',
    kind: 'Ingress',
    shortNames: ['ing'],
    status: true,
    columns: [
      nameColumn,
      column('Class', textAt('spec', 'ingressClassName')),
      column('Hosts', hosts),
      column('Address', () => ''),
      column('Ports', (ingress) => (getPath(ingress, 'spec', 'tls') === undefined ? '80' : '80, 443')),
      ageColumn,
    ],
  },
  {
    group: 'networking.k8s.io',
    version: 'v1',
    resource: 'networkpolicies',
    singular: 'networkpolicy',
    kind: 'NetworkPolicy',
    shortNames: ['netpol'],
    generation: true,
    columns: [nameColumn, column('Pod-Selector', selectorAt('spec', 'podSelector', 'matchLabels')), ageColumn],
    complete: (policy) => withSpecDefaults(policy, { podSelector: {}, policyTypes: ['Ingress'] }),
  },
  {
    group: 'policy',
    version: 'v1',
    resource: 'poddisruptionbudgets',
    kind: 'PodDisruptionBudget',
    shortNames: ['pdb'],
    status: true,
    columns: [
      nameColumn,
      column('Min Available', (pdb) => intOrString(pdb, 'minAvailable')),
      column('Max Unavailable', (pdb) => intOrString(pdb, 'maxUnavailable')),
      column('Allowed Disruptions', (pdb) => numberAt(pdb, 'status', 'disruptionsAllowed')),
      ageColumn,
    ],
  },
];

function intOrString(object: KubeObject, field: string): Json {
  const value = getPath(object, 'spec', field);
  return value === undefined ? 'N/A' : scalarText(value);
}

function withSpecDefaults(object: JsonObject, defaults: JsonObject): JsonObject {
  const spec = isObject(object['spec']) ? object['spec'] : {};
  return { ...object, spec: { ...defaults, ...spec } };
}

function completeService(service: JsonObject): JsonObject {
  const spec = isObject(service['spec']) ? service['spec'] : {};
  const { ports: list } = spec;
  const completed = isList(list) ? list.map((port) => (isObject(port) ? completePort(port) : port)) : undefined;
  return {
    ...service,
    spec: {
      sessionAffinity: 'None',
      type: 'ClusterIP',
      internalTrafficPolicy: 'Cluster',
      ...spec,
      ...(completed === undefined ? {} : { ports: completed }),
    },
    status: service['status'] ?? { loadBalancer: {} },
  };
}

function completePort(port: JsonObject): JsonObject {
  return { protocol: 'TCP', ...(port['port'] === undefined ? {} : { targetPort: port['port'] }), ...port };
}

function serviceErrors(service: JsonObject): readonly FieldError[] {
  const type = getPath(service, 'spec', 'type');
  const list = getPath(service, 'spec', 'ports');
  if (type === 'ExternalName') {
    const name = getPath(service, 'spec', 'externalName');
    return typeof name === 'string' && name !== '' ? [] : [requiredError('spec.externalName')];
  }
  if (!isList(list)) return getPath(service, 'spec', 'clusterIP') === 'None' ? [] : [requiredError('spec.ports')];
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, port] of list.entries()) {
    if (list.length > 1 && !getPath(port, 'name')) errors.push(requiredError(`spec.ports[${index}].name`));
    const key = `${scalarAt(port, 'protocol')} ${scalarAt(port, 'port')}`;
    if (seen.has(key)) errors.push(duplicatePort(port, index));
    seen.add(key);
  }
  return errors;
}

function duplicatePort(port: Json, index: number): FieldError {
  const value = {
    Name: getPath(port, 'name') ?? '',
    Protocol: getPath(port, 'protocol') ?? '',
    AppProtocol: null,
    Port: getPath(port, 'port') ?? 0,
    TargetPort: 0,
    NodePort: getPath(port, 'nodePort') ?? 0,
  };
  return {
    reason: 'FieldValueDuplicate',
    field: `spec.ports[${index}]`,
    message: `Duplicate value: ${JSON.stringify(value)}`,
  };
}

function claimErrors(claim: JsonObject): readonly FieldError[] {
  const modes = getPath(claim, 'spec', 'accessModes');
  const storage = getPath(claim, 'spec', 'resources', 'requests', 'storage');
  return [
    ...(isList(modes) ? [] : [requiredError('spec.accessModes', 'at least 1 access mode is required')]),
    ...(storage === undefined ? [requiredError('spec.resources[storage]')] : []),
  ];
}

function externalIp(service: KubeObject): string {
  const type = getPath(service, 'spec', 'type');
  if (type === 'ExternalName') return scalarAt(service, 'spec', 'externalName');
  return type === 'LoadBalancer' ? '<pending>' : '<none>';
}

function ports(service: KubeObject): string {
  const list = getPath(service, 'spec', 'ports');
  if (!isList(list)) return '<none>';
  return list
    .map((port) => {
      const node = getPath(port, 'nodePort');
      const number = scalarAt(port, 'port');
      return `${node === undefined ? number : `${number}:${scalarText(node)}`}/${scalarAt(port, 'protocol')}`;
    })
    .join(',');
}

function hosts(ingress: KubeObject): string {
  const rules = getPath(ingress, 'spec', 'rules');
  const names = isList(rules)
    ? rules.map((rule) => getPath(rule, 'host')).filter((host) => typeof host === 'string')
    : [];
  return names.length === 0 ? '*' : names.join(',');
}

const ACCESS_MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

function accessModes(claim: KubeObject): string {
  const modes = getPath(claim, 'spec', 'accessModes');
  return isList(modes) ? modes.map((mode) => ACCESS_MODES[scalarText(mode)] ?? '').join(',') : '';
}
