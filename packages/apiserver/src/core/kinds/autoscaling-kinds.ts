import {
  getPath,
  isList,
  isObject,
  type Json,
  type JsonObject,
  type KubeObject,
  type MutableJsonObject,
  parseJson,
  stringifyJson,
} from '@cartographer/machinery';

import { ageColumn, column, nameColumn, numberAt } from './columns.ts';
import type { KindDefinition } from './kind-definition.ts';
import { scalarAt } from './scalar-text.ts';

const shared = {
  group: 'autoscaling',
  resource: 'horizontalpodautoscalers',
  kind: 'HorizontalPodAutoscaler',
  shortNames: ['hpa'],
  categories: ['all'],
  status: true,
  generation: false,
  columns: [
    nameColumn,
    column('Reference', (hpa) => `${path(hpa, 'kind')}/${path(hpa, 'name')}`),
    column('Targets', () => '<unknown>'),
    column('MinPods', (hpa) => String(numberAt(hpa, 'spec', 'minReplicas'))),
    column('MaxPods', (hpa) => String(numberAt(hpa, 'spec', 'maxReplicas'))),
    column('Replicas', (hpa) => numberAt(hpa, 'status', 'currentReplicas')),
    ageColumn,
  ],
  complete: completeAutoscaler,
} as const;

/** Autoscalers: one store, seen as autoscaling/v2 and, for `kubectl autoscale` up to 1.32, as autoscaling/v1. */
export const autoscalingKinds: readonly KindDefinition[] = [
  { ...shared, version: 'v2' },
  {
    ...shared,
    version: 'v1',
    type: 'HorizontalPodAutoscalerV1',
    viewOf: {
      group: 'autoscaling',
      resource: 'horizontalpodautoscalers',
      type: 'HorizontalPodAutoscaler',
      fromStored,
      toStored,
    },
  },
];

function path(hpa: KubeObject, field: string): string {
  return scalarAt(hpa, 'spec', 'scaleTargetRef', field);
}

/** Utilisation that is aimed at when an autoscaler names no metric. */
const DEFAULT_CPU_PERCENT = 80;

function completeAutoscaler(hpa: JsonObject): JsonObject {
  const spec = isObject(hpa['spec']) ? hpa['spec'] : {};
  const { metrics } = spec;
  const aimed = isList(metrics) && metrics.length > 0 ? metrics : [cpuMetric(DEFAULT_CPU_PERCENT)];
  return { ...hpa, spec: { minReplicas: 1, ...spec, metrics: aimed } };
}

function cpuMetric(averageUtilization: Json): JsonObject {
  return { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } };
}

/** The percentage of a metric that autoscaling/v1 has a field for. */
function cpuPercent(metric: Json): Json | undefined {
  const isCpu = getPath(metric, 'type') === 'Resource' && getPath(metric, 'resource', 'name') === 'cpu';
  return isCpu ? getPath(metric, 'resource', 'target', 'averageUtilization') : undefined;
}

/** What autoscaling/v1 has no field for stands in annotations, as JSON. */
const ANNOTATION = 'autoscaling.alpha.kubernetes.io/';
const CARRIED = [
  ['spec', 'metrics', `${ANNOTATION}metrics`],
  ['spec', 'behavior', `${ANNOTATION}behavior`],
  ['status', 'conditions', `${ANNOTATION}conditions`],
  ['status', 'currentMetrics', `${ANNOTATION}current-metrics`],
] as const;

function fromStored(hpa: KubeObject): KubeObject {
  const { apiVersion: _apiVersion, metadata, ...rest } = hpa;
  const parts: Record<string, MutableJsonObject> = {
    spec: { ...part(hpa, 'spec') },
    status: { ...part(hpa, 'status') },
  };
  const metrics = parts['spec']?.['metrics'];
  const [percent] = isList(metrics) ? metrics.flatMap((metric) => cpuPercent(metric) ?? []) : [];
  const others = isList(metrics) ? metrics.filter((metric) => cpuPercent(metric) === undefined) : [];
  if (parts['spec'] !== undefined) parts['spec']['metrics'] = others.length > 0 ? others : undefined;
  const annotations: Record<string, string> = { ...metadata.annotations };
  for (const [where, field, annotation] of CARRIED) {
    const value = parts[where]?.[field];
    if (value !== undefined) annotations[annotation] = stringifyJson(value);
    delete parts[where]?.[field];
  }
  return {
    ...rest,
    apiVersion: 'autoscaling/v1',
    metadata: { ...metadata, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    spec: { ...parts['spec'], ...(percent === undefined ? {} : { targetCPUUtilizationPercentage: percent }) },
    ...(hpa['status'] === undefined ? {} : { status: parts['status'] }),
  };
}

function toStored(hpa: JsonObject): JsonObject {
  const { targetCPUUtilizationPercentage: percent, ...spec } = part(hpa, 'spec');
  const { currentCPUUtilizationPercentage: _percent, ...status } = part(hpa, 'status');
  const annotations: MutableJsonObject = { ...(getPath(hpa, 'metadata', 'annotations') as JsonObject | undefined) };
  const parts: Record<string, MutableJsonObject> = { spec: { ...spec }, status: { ...status } };
  for (const [where, field, annotation] of CARRIED) {
    const value = parsed(annotations[annotation]);
    if (value !== undefined && parts[where] !== undefined) parts[where][field] = value;
    delete annotations[annotation];
  }
  const metrics = parts['spec']?.['metrics'];
  const all = [
    ...(percent === undefined || percent === null ? [] : [cpuMetric(percent)]),
    ...(isList(metrics) ? metrics : []),
  ];
  const { annotations: _annotations, ...metadata } = part(hpa, 'metadata');
  return {
    ...hpa,
    apiVersion: 'autoscaling/v2',
    metadata: { ...metadata, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    ...(hpa['spec'] === undefined ? {} : { spec: { ...parts['spec'], ...(all.length === 0 ? {} : { metrics: all }) } }),
    ...(hpa['status'] === undefined ? {} : { status: parts['status'] }),
  };
}

function part(object: unknown, key: string): JsonObject {
  const value = getPath(object, key);
  return isObject(value) ? value : {};
}

/** An annotation that is no JSON says nothing, as on a real server. */
function parsed(text: Json | undefined): Json | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
