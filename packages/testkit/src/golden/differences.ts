import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, JsonObject } from '@cartographer/machinery';
import { deepEqual, getKey, isList, isObject, stringifyJson } from '@cartographer/machinery';
import { stringify } from 'yaml';
import type { RecordedEvent, RecordedStatus, Scenario, Snapshot } from './scenario.ts';
import { DIFFERENCES, readYaml } from './scenario.ts';
import { withMarks } from './snapshot.ts';

/** A place where ours is not what was recorded. A side that has nothing there lacks the key. */
export type Difference = {
  readonly step: number;
  readonly at: string;
  readonly recorded?: Json;
  readonly ours?: Json;
};

/** A difference that we mean: the same at each of these steps. */
export type AllowedDifference = Omit<Difference, 'step'> & {
  readonly steps: readonly number[];
  readonly why: string;
  /** Only on this server; on the other one there is no difference. */
  readonly server?: ServerName;
};

/** What a scenario is played to. */
export type ServerName = 'embedded' | 'real';

/** The differences that a scenario may have on a server. */
export function loadAllowedDifferences(scenario: string, on: ServerName = 'embedded'): readonly AllowedDifference[] {
  const path = join(DIFFERENCES, `${scenario}.yaml`);
  const allowed = existsSync(path) ? (readYaml(path) as AllowedDifference[]) : [];
  const silent = allowed.find(({ why }) => typeof why !== 'string' || why === '');
  if (silent !== undefined) throw new Error(`${path}: the difference at ${silent.at} does not say why it is allowed`);
  return allowed.filter(({ server }) => server === undefined || server === on);
}

/** All places where two snapshots differ. */
export function compareSnapshots(recorded: Snapshot, ours: Snapshot): readonly Difference[] {
  const found: Difference[] = [];
  compare('', view(recorded, ours), view(ours, recorded), (at, left, right) => {
    found.push({
      step: recorded.step,
      at,
      ...(left === undefined ? {} : { recorded: left }),
      ...(right === undefined ? {} : { ours: right }),
    });
  });
  return found;
}

/** All places where what a scenario left differs from its recording, our mark on stamped objects left aside. */
export function differencesOf({ recorded }: Scenario, ours: readonly Snapshot[]): readonly Difference[] {
  return recorded.flatMap((one, index) => {
    const snapshot = ours[index] ?? { step: one.step, owners: [], blueprints: [], objects: [], events: [] };
    return compareSnapshots({ ...one, objects: one.objects.map(withMarks) }, snapshot);
  });
}

/** Splits what was found by what is allowed: the rest, and what was allowed and did not occur. */
export function judge(
  found: readonly Difference[],
  allowed: readonly AllowedDifference[],
): { readonly unexpected: readonly Difference[]; readonly missing: readonly Difference[] } {
  const expected: readonly Difference[] = allowed.flatMap(({ steps, at, recorded, ours }) =>
    steps.map((step) => ({ step, at, recorded, ours })),
  );
  const unexpected = found.filter((difference) => !expected.some((other) => deepEqual(other, difference)));
  const missing = expected.filter((difference) => !found.some((other) => deepEqual(other, difference)));
  return { unexpected, missing };
}

/** Differences as a person reads them, in the form of an allowed-differences file: equal ones of several steps once. */
export function describeDifferences(differences: readonly Difference[]): string {
  const groups = new Map<string, { steps: number[]; rest: Omit<Difference, 'step'> }>();
  for (const { step, ...rest } of differences) {
    const key = stringifyJson(rest);
    const group = groups.get(key) ?? { steps: [], rest };
    group.steps.push(step);
    groups.set(key, group);
  }
  const entries = [...groups.values()].map(({ steps, rest }) => ({ steps, ...rest, why: '' }));
  return entries.length === 0 ? '' : stringify(entries, { lineWidth: 0, flowCollectionPadding: false });
}

/** A snapshot with objects and events under their names, so that one too many does not shift the others. */
function view(snapshot: Snapshot, other: Snapshot): JsonObject {
  return {
    owners: byName(snapshot.owners),
    blueprints: byName(snapshot.blueprints),
    objects: Object.fromEntries(snapshot.objects.map((object) => [`${object.kind}/${object.metadata.name}`, object])),
    events: events(snapshot.events, other.events),
  };
}

function byName(list: readonly RecordedStatus[]): JsonObject {
  return Object.fromEntries(list.map((entry) => [`${entry.kind}/${entry.name}`, entry]));
}

const eventKey = ({ about, type, reason, message }: RecordedEvent) => `${about} ${type} ${reason}: ${message}`;

/** Events by what they say; an event that a recording may lack counts only where both sides have it. */
function events(list: readonly RecordedEvent[], others: readonly RecordedEvent[]): JsonObject {
  const keys = new Set(others.map(eventKey));
  const vague = new Set([...list, ...others].filter(({ count }) => count === '<n>').map(eventKey));
  const kept = list.filter((event) => event.sometimes !== true || keys.has(eventKey(event)));
  const optional = new Set(others.filter(({ sometimes }) => sometimes === true).map(eventKey));
  return Object.fromEntries(
    kept
      .filter((event) => !optional.has(eventKey(event)) || keys.has(eventKey(event)))
      .map((event) => [eventKey(event), origin(event, !vague.has(eventKey(event)))]),
  );
}

function origin(event: RecordedEvent, countKnown: boolean): string {
  const counted = countKnown && /^(?:Created|Deleted) object /.test(event.message);
  const from = `from ${event.source?.component ?? '?'}, reported by ${event.reportingComponent ?? '?'}`;
  return counted ? `${from}, ${event.count ?? 1} times` : from;
}

type Report = (at: string, recorded: Json | undefined, ours: Json | undefined) => void;

function compare(at: string, recorded: Json | undefined, ours: Json | undefined, report: Report): void {
  if (deepEqual(recorded, ours) || isSameLongNumber(recorded, ours)) return;
  const place = (key: string | number) => (at === '' ? String(key) : `${at}/${key}`);
  if (isObject(recorded) && isObject(ours)) {
    for (const key of new Set([...Object.keys(recorded), ...Object.keys(ours)])) {
      compare(place(key), getKey(recorded, key), getKey(ours, key), report);
    }
  } else if (isList(recorded) && isList(ours)) {
    for (let index = 0; index < Math.max(recorded.length, ours.length); index++) {
      compare(place(index), recorded[index], ours[index], report);
    }
  } else {
    report(at, recorded, ours);
  }
}

/** A recording's YAML is read as doubles; JSON over the wire keeps integers beyond 2^53 exact. */
function isSameLongNumber(recorded: Json | undefined, ours: Json | undefined): boolean {
  return typeof recorded === 'number' && typeof ours === 'bigint' && String(recorded) === String(ours);
}
