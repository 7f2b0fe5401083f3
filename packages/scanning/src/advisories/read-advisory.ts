import {
  getKey,
  isList,
  isObject,
  type Json,
  type JsonObject,
  jsonTextNestsTooDeep,
  messageOf,
} from '@cartographer/machinery';
import type { Advisory, AffectedPackage, AffectedRange, RangeEvent, SeverityScore } from './advisory.ts';
import type { ZipLimits } from './zip.ts';

/** The largest text of a record that is read: a hundred times the largest known. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024;

/** What is read of an archive of records: all of OSV is a million of them. */
export const ARCHIVE_LIMITS: ZipLimits = {
  maxEntries: 2_000_000,
  maxEntryBytes: MAX_RECORD_BYTES,
  maxTotalBytes: 32 * 1024 * 1024 * 1024,
};

/** An id is shown, logged and looked up: letters, digits and a few signs, never a path. */
const ID = /^[A-Za-z0-9](?:[A-Za-z0-9:_+-]|\.(?!\.)){0,127}$/;
/** Names and versions are shown: no control characters, and bounded. */
const TEXT = /^[^\p{Cc}]{1,1024}$/u;
const MAX_SUMMARY = 400;
/** What Go writes for a time that is not known. */
const NO_TIME = /^0001-/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/** A record that was read, or why it was not: lower case, no full stop, with the path inside the record. */
export type AdvisoryRead = { readonly advisory: Advisory } | { readonly why: string };

/** Reads the JSON text of an OSV record. Fields that are not known are passed over, known ones must be what the schema says. */
export function readAdvisory(text: string): AdvisoryRead {
  if (text.length > MAX_RECORD_BYTES) return { why: `is larger than ${MAX_RECORD_BYTES / 1024 / 1024} MiB` };
  if (jsonTextNestsTooDeep(text)) return { why: 'nests too deep' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { why: `is not JSON, or cut off: ${messageOf(error).slice(0, 200)}` };
  }
  return advisoryOf(value);
}

/** The same for a record that is parsed already. */
export function advisoryOf(value: unknown): AdvisoryRead {
  try {
    if (!isObject(value)) throw new Malformed('the record', 'an object');
    return { advisory: read(value) };
  } catch (error) {
    if (error instanceof Malformed) return { why: error.message };
    throw error;
  }
}

class Malformed extends Error {
  constructor(where: string, what: string) {
    super(`${where} is not ${what}`);
  }
}

function read(record: JsonObject): Advisory {
  const id = textOf(record, 'id', '');
  if (!ID.test(id)) throw new Malformed('id', 'a text of letters, digits, ".", ":", "_", "+" and "-"');
  const affected = lists(record, 'affected', '').map((item, at) => affectedOf(item, `affected[${at}]`));
  const specific = record['database_specific'];
  const severity = isObject(specific) ? specific['severity'] : undefined;
  return {
    id,
    aliases: names(record, 'aliases', ''),
    upstream: names(record, 'upstream', ''),
    summary: summaryOf(record),
    ...times(record),
    severity: scores(record, ''),
    ...(typeof severity === 'string' && severity !== '' ? { databaseSeverity: severity.slice(0, 100) } : {}),
    affected,
  };
}

/** One line; of a record without summary the first of its details. */
function summaryOf(record: JsonObject): string {
  const text = textOf(record, 'summary', '') || textOf(record, 'details', '');
  const line =
    text
      .slice(0, 4 * MAX_SUMMARY)
      .trim()
      .split('\n', 1)[0] ?? '';
  const shown = line.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return shown.length > MAX_SUMMARY ? `${shown.slice(0, MAX_SUMMARY - 1)}…` : shown;
}

function times(record: JsonObject): Pick<Advisory, 'published' | 'modified' | 'withdrawn'> {
  const found: { published?: string; modified?: string; withdrawn?: string } = {};
  for (const key of ['published', 'modified', 'withdrawn'] as const) {
    const time = textOf(record, key, '');
    if (time === '') continue;
    if (!TIME.test(time) || Number.isNaN(Date.parse(time))) throw new Malformed(key, 'a time of RFC 3339');
    if (!NO_TIME.test(time)) found[key] = time;
  }
  return found;
}

function affectedOf(item: Json, where: string): AffectedPackage {
  if (!isObject(item)) throw new Malformed(where, 'an object');
  const inside = item['package'] ?? {};
  if (!isObject(inside)) throw new Malformed(`${where}.package`, 'an object');
  const [ecosystem, name] = ['ecosystem', 'name'].map((key) => textOf(inside, key, `${where}.package.`));
  const isNamed = item['package'] !== undefined && item['package'] !== null;
  if (isNamed && !(TEXT.test(ecosystem ?? '') && TEXT.test(name ?? ''))) {
    throw new Malformed(`${where}.package`, 'an ecosystem and a name');
  }
  return {
    ecosystem: ecosystem ?? '',
    name: name ?? '',
    versions: names(item, 'versions', `${where}.`),
    ranges: lists(item, 'ranges', `${where}.`).map((range, at) => rangeOf(range, `${where}.ranges[${at}]`)),
    severity: scores(item, `${where}.`),
  };
}

function rangeOf(item: Json, where: string): AffectedRange {
  if (!isObject(item)) throw new Malformed(where, 'an object');
  const type = textOf(item, 'type', `${where}.`);
  if (type !== 'SEMVER' && type !== 'ECOSYSTEM') return { type: type === 'GIT' ? type : 'Other', events: [] };
  const events = lists(item, 'events', `${where}.`).flatMap((event, at) => eventsOf(event, `${where}.events[${at}]`));
  if (!events.some((event) => 'introduced' in event))
    throw new Malformed(`${where}.events`, 'a list with "introduced"');
  return { type, events };
}

/** Older records have several borders in one event; they mean the same one by one. */
function eventsOf(item: Json, where: string): readonly RangeEvent[] {
  if (!isObject(item)) throw new Malformed(where, 'an object');
  const [introduced, fixed, lastAffected, limit] = ['introduced', 'fixed', 'last_affected', 'limit'].map((key) => {
    const version = textOf(item, key, `${where}.`);
    if (version !== '' && !TEXT.test(version)) throw new Malformed(`${where}.${key}`, 'a version');
    return version;
  });
  return [
    ...(introduced ? [{ introduced }] : []),
    ...(fixed ? [{ fixed }] : []),
    ...(lastAffected ? [{ lastAffected }] : []),
    ...(limit ? [{ limit }] : []),
  ];
}

function scores(object: JsonObject, where: string): readonly SeverityScore[] {
  return lists(object, 'severity', where).map((item, at) => {
    if (!isObject(item)) throw new Malformed(`${where}severity[${at}]`, 'an object');
    const [type = '', score = ''] = ['type', 'score'].map((key) => textOf(item, key, `${where}severity[${at}].`));
    return { type, score: score.slice(0, 1_024) };
  });
}

function names(object: JsonObject, key: string, where: string): readonly string[] {
  return lists(object, key, where).map((item, at) => {
    if (typeof item !== 'string' || !TEXT.test(item)) throw new Malformed(`${where}${key}[${at}]`, 'a name');
    return item;
  });
}

/** Absent and null are the same: some databases write nothing as null. */
function lists(object: JsonObject, key: string, where: string): readonly Json[] {
  const value = getKey(object, key) ?? [];
  if (!isList(value)) throw new Malformed(`${where}${key}`, 'a list');
  return value;
}

function textOf(object: JsonObject, key: string, where: string): string {
  const value = getKey(object, key) ?? '';
  if (typeof value !== 'string') throw new Malformed(`${where}${key}`, 'a text');
  return value;
}
