import { CartoError } from '@cartographer/machinery';
import type { Advisory } from '../../advisories/advisory.ts';
import { keysOf } from '../../advisories/advisory-index.ts';
import { isAdvisoryId, readAdvisory } from '../../advisories/read-advisory.ts';
import type { SourceChange } from '../../portfolio/change.ts';
import type { RecordChange } from '../../portfolio/kept-advisories.ts';
import type { Question } from '../../portfolio/kept-questions.ts';
import { normalisedName, packageKey } from '../../versions/ecosystems.ts';
import { compareTexts } from '../../versions/order.ts';
import { hashOf, prefixOf, type Reading, type ReadingOptions, refuse } from '../reading.ts';
import { MOST_QUERIES, type OsvApi, type Query } from './osv-api.ts';

/** What an API is asked, and what was taken in of its answers. */
export type ApiOptions = Omit<ReadingOptions, 'check' | 'onlyNewer'> & {
  readonly api: OsvApi;
  /** Shown in messages. */
  readonly host: string;
  readonly questions: readonly Question[];
  /** Whether these are all questions: only then is a record gone that no answer names. */
  readonly isWhole: boolean;
  /** Where the numbers of questions go that were answered. */
  readonly answered: number[];
  /** Kept records that speak of packages which bills hold. */
  readonly held: () => Promise<ReadonlySet<string>>;
};

/** All of OSV has fewer. */
const MOST_LISTED = 1_000_000;
const FETCHES_AT_ONCE = 8;
/** An API that does not know more than that part of what it gave is taken for broken. */
const LEAST_LEFT = 0.5;

/**
 * What differs at an API: it is asked for the records of packages, and those are fetched that are new or were modified at
 * another time. A record goes when the API says that it was withdrawn or does not speak of the packages any more, or does not
 * know it; one that does not know most of them takes nothing away.
 * @throws CartoError `CARTO_ADVISORIES` while its changes are read: what was taken in until then stays.
 */
export async function* apiChanges(reading: Reading, options: ApiOptions): SourceChange {
  const { kept, ecosystems } = options;
  const listed = await listAll(reading, options);
  const digests = new Map(kept);
  const digestOf = (modified: string): string => `${prefixOf(ecosystems)}api:${modified}`;
  const wanted = [...listed].filter(([id, modified]) => {
    const isKept = modified !== '' && kept.get(id) === digestOf(modified);
    const isOlder = isBefore(modified, kept.get(id)?.split('api:')[1]);
    if (isKept || isOlder) reading.records += 1;
    return !isKept && !isOlder;
  });
  for await (const [[id, modified], found] of inOrder(wanted, ([id]) => fetched(id, options))) {
    if ('why' in found) {
      refuse(reading, id, found.why);
      continue;
    }
    reading.records += 1;
    reading.parsed += 1;
    const digest = digestOf(modified === '' ? hashOf(JSON.stringify(found.advisory)) : modified);
    digests.set(id, digest);
    yield { kind: 'put', digest, advisory: found.advisory, onlyNewer: true };
  }
  if (options.isWhole) {
    for await (const change of goneRecords(
      [...kept.keys()].filter((id) => !listed.has(id)),
      reading,
      options,
    )) {
      digests.delete(change.id);
      yield change;
    }
  }
  return `sha256:${hashOf(JSON.stringify([...digests].toSorted(([left], [right]) => compareTexts(left, right))))}`;
}

/** The records of all questions with the time of their last change. Packages that the API does not take are named. */
async function listAll(reading: Reading, options: ApiOptions): Promise<ReadonlyMap<string, string>> {
  const { api, questions, answered, signal } = options;
  const listed = new Map<string, string>();
  const queries = questions.flatMap((question) => queriesOf(question).map((query) => ({ question, query })));
  const refused = new Set<number>();
  for (let at = 0; at < queries.length; at += MOST_QUERIES) {
    const batch = queries.slice(at, at + MOST_QUERIES);
    const listing = await api.list(
      batch.map(({ query }) => query),
      signal,
    );
    for (const place of listing.refused) {
      const found = batch[place];
      if (found === undefined || refused.has(found.question.id)) continue;
      refused.add(found.question.id);
      refuse(
        reading,
        `${found.query.ecosystem} ${found.query.name}`,
        'is no package that it can be asked for; leave its ecosystem out by `ecosystems`',
      );
    }
    for (const { id, modified } of listing.records) {
      if (isAdvisoryId(id)) listed.set(id, modified);
      else refuse(reading, JSON.stringify(id.slice(0, 100)), 'is no id of a record');
    }
    if (listed.size > MOST_LISTED) throw refusal(options, `it lists more than ${MOST_LISTED} records`);
  }
  answered.push(...questions.map(({ id }) => id).filter((id) => !refused.has(id)));
  return listed;
}

/** A package by the name that its bill has, and by the one spelling of all of them: records may have either. */
function queriesOf({ ecosystem, name }: Question): readonly Query[] {
  const normalised = normalisedName(ecosystem, name);
  return [...new Set([name, normalised])].map((spelling) => ({ ecosystem, name: spelling }));
}

type Fetched = { readonly advisory: Advisory } | { readonly why: string };

async function fetched(id: string, { api, signal }: ApiOptions): Promise<Fetched> {
  const text = await api.record(id, signal);
  if (text === undefined) return { why: 'is listed, and not there' };
  if ('why' in text) return text;
  const read = readAdvisory(text.toString('utf8'));
  if ('why' in read || read.advisory.id === id) return read;
  return { why: `is given as the record ${read.advisory.id}` };
}

/** Answers in the order of the questions, some of them under way at once. */
async function* inOrder<Item, Result>(
  items: readonly Item[],
  run: (item: Item) => Promise<Result>,
): AsyncGenerator<readonly [Item, Result]> {
  for (let at = 0; at < items.length; at += FETCHES_AT_ONCE) {
    const part = items.slice(at, at + FETCHES_AT_ONCE);
    const results = await Promise.all(part.map(async (item) => [item, await run(item)] as const));
    yield* results;
  }
}

/**
 * Records that no answer names any more. Those of packages that no bill holds go as they are; of the others the API is asked
 * for each, so that a list that lacks what is there takes nothing away.
 */
async function* goneRecords(
  lost: readonly string[],
  reading: Reading,
  options: ApiOptions,
): AsyncGenerator<Extract<RecordChange, { kind: 'gone' }>> {
  if (lost.length === 0) return;
  const { questions, answered } = options;
  const held = await options.held();
  const asked = new Set(questions.map(({ ecosystem, name }) => packageKey(ecosystem, name)));
  const gone = lost.filter((id) => !held.has(id));
  let unknown = 0;
  const doubtful = lost.filter((id) => held.has(id));
  for await (const [id, text] of inOrder(doubtful, (id) => options.api.record(id, options.signal))) {
    if (text === undefined) unknown += 1;
    if (text === undefined || isOver(text, asked)) gone.push(id);
    else reading.withheld += 1;
  }
  if (held.size - unknown < held.size * LEAST_LEFT) {
    const left = `${held.size - unknown} records where ${held.size} are kept`;
    throw refusal(options, `it has ${left}, which stay; make the source anew if that is meant`);
  }
  // Any of them may be an answer to what it was not asked.
  if (answered.length < questions.length) reading.withheld += gone.length;
  else for (const id of gone) yield { kind: 'gone', id };
}

/** Whether a record says itself that it is no answer any more: it was withdrawn, or speaks of other packages. */
function isOver(text: Buffer | { readonly why: string }, asked: ReadonlySet<string>): boolean {
  const read = 'why' in text ? text : readAdvisory(text.toString('utf8'));
  return 'advisory' in read && (read.advisory.withdrawn !== undefined || !speaksOf(read.advisory, asked));
}

function speaksOf(advisory: Advisory, asked: ReadonlySet<string>): boolean {
  return [...keysOf(advisory)].some((key) => asked.has(key));
}

function isBefore(modified: string, kept: string | undefined): boolean {
  return kept !== undefined && Date.parse(modified) < Date.parse(kept);
}

function refusal({ host }: ApiOptions, why: string): CartoError {
  return new CartoError('CARTO_ADVISORIES', `advisories: ${host}: ${why}`);
}
