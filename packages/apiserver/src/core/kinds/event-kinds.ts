import { type FieldError, getPath, invalidError, type JsonObject, type KubeObject } from '@cartographer/machinery';

import { metaOf } from '../pipeline/metadata.ts';
import { ageOf, column, nameColumn, textAt } from './columns.ts';
import type { KindDefinition } from './kind-definition.ts';
import { scalarText } from './scalar-text.ts';

const SELECTABLE = [
  'involvedObject.kind',
  'involvedObject.namespace',
  'involvedObject.name',
  'involvedObject.uid',
  'involvedObject.apiVersion',
  'involvedObject.resourceVersion',
  'involvedObject.fieldPath',
  'reason',
  'reportingComponent',
  'source',
  'type',
];

const SELECTABLE_V1 = [
  'regarding.kind',
  'regarding.namespace',
  'regarding.name',
  'regarding.uid',
  'regarding.apiVersion',
  'regarding.resourceVersion',
  'regarding.fieldPath',
  'reason',
  'reportingController',
  'type',
];

const columns = [
  column('Last Seen', (event, now) => lastSeen(event, now)),
  column('Type', textAt('type')),
  column('Reason', textAt('reason')),
  column('Object', (event) => objectText(event)),
  column('Subobject', (event) => scalarText(about(event, 'fieldPath')), { wide: true }),
  column('Source', (event) => sourceText(event), { wide: true }),
  column('Message', (event) => scalarText(getPath(event, 'message') ?? getPath(event, 'note')).trim()),
  column('First Seen', (event, now) => firstSeen(event, now), { wide: true }),
  column('Count', (event) => getPath(event, 'count') ?? getPath(event, 'deprecatedCount') ?? 1, { wide: true }),
  { ...nameColumn, priority: 1 },
];

/** Events: one store, seen as core/v1 and as events.k8s.io/v1. */
export const eventKinds: readonly KindDefinition[] = [
  {
    group: '',
    version: 'v1',
    resource: 'events',
    kind: 'Event',
    shortNames: ['ev'],
    createOnUpdate: true,
    durable: false,
    selectableFields: SELECTABLE,
    fieldValue,
    columns,
    validate: validateEvent,
  },
  {
    group: 'events.k8s.io',
    version: 'v1',
    resource: 'events',
    kind: 'Event',
    type: 'EventsV1',
    shortNames: ['ev'],
    createOnUpdate: true,
    durable: false,
    selectableFields: SELECTABLE_V1,
    columns,
    validate: validateEvent,
    viewOf: { group: '', resource: 'events', type: 'Event', fromStored, toStored },
  },
];

function fieldValue(event: KubeObject, path: string): string | undefined {
  const value = path === 'source' ? getPath(event, 'source', 'component') : getPath(event, ...path.split('.'));
  return typeof value === 'string' ? value : undefined;
}

function validateEvent(event: JsonObject): readonly FieldError[] {
  const namespace = metaOf(event).namespace ?? '';
  const about = getPath(event, 'involvedObject', 'namespace') ?? '';
  // events about cluster-scoped objects live in the default namespace
  if (about === namespace || (about === '' && namespace === 'default')) return [];
  return [invalidError('involvedObject.namespace', about, 'does not match event.namespace')];
}

/** The fields of the two versions that differ in name only, stored name first. */
const RENAMED = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['reportingComponent', 'reportingController'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
] as const;

function fromStored(event: KubeObject): KubeObject {
  const view: Record<string, unknown> = { ...event, apiVersion: 'events.k8s.io/v1' };
  for (const [stored, name] of RENAMED) rename(view, stored, name);
  return view as KubeObject;
}

function toStored(event: JsonObject): JsonObject {
  const stored: Record<string, unknown> = { ...event, apiVersion: 'v1' };
  for (const [name, shown] of RENAMED) rename(stored, shown, name);
  return stored as JsonObject;
}

function rename(object: Record<string, unknown>, from: string, to: string): void {
  if (object[from] !== undefined) object[to] = object[from];
  delete object[from];
}

function about(event: KubeObject, field: string): unknown {
  return getPath(event, 'involvedObject', field) ?? getPath(event, 'regarding', field);
}

function objectText(event: KubeObject): string {
  return `${scalarText(about(event, 'kind')).toLowerCase()}/${scalarText(about(event, 'name'))}`;
}

function sourceText(event: KubeObject): string {
  const source = getPath(event, 'source') ?? getPath(event, 'deprecatedSource');
  const component = getPath(source, 'component') ?? getPath(event, 'reportingComponent') ?? '';
  const host = getPath(source, 'host') ?? getPath(event, 'reportingInstance');
  return typeof host === 'string' && host !== '' ? `${scalarText(component)}, ${host}` : scalarText(component);
}

function firstSeen(event: KubeObject, now: number): string {
  const first = getPath(event, 'firstTimestamp') ?? getPath(event, 'deprecatedFirstTimestamp');
  return ageOf(first ?? getPath(event, 'eventTime'), now);
}

function lastSeen(event: KubeObject, now: number): string {
  const last = getPath(event, 'lastTimestamp') ?? getPath(event, 'deprecatedLastTimestamp');
  const observed = getPath(event, 'series', 'lastObservedTime');
  return observed === undefined && last === undefined ? firstSeen(event, now) : ageOf(observed ?? last, now);
}
