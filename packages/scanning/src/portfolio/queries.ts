import type { BillPackage } from '@cartographer/bills';
import { prepared, type Store, type Transaction } from '@cartographer/store';
import type { Advisory } from '../advisories/advisory.ts';
import type { Finding } from '../match/finding.ts';
import { baseEcosystem, ecosystemKey, packageKey, packageKeys } from '../versions/ecosystems.ts';
import { type AttachedTo, attachedWith } from './attached-names.ts';
import type { Subject } from './kept-bills.ts';
import type { KeptFinding } from './kept-findings.ts';
import { storedKey } from './keys.ts';
import type { Tables } from './tables.ts';

/** A bill that holds what was asked for, and what it is of. */
export type Carrier<Held> = {
  readonly bill: string;
  readonly subjects: readonly Required<Subject>[];
  readonly held: readonly Held[];
};

/** The same for a package, with what is found in what is held. */
export type PackageCarrier = Carrier<BillPackage> & { readonly findings: readonly KeptFinding[] };

/**
 * The same for a vulnerability, with the packages that have it, and what scanners of the operator attached of it to what the
 * bill is of.
 */
export type TouchedCarrier = Carrier<KeptFinding> & {
  readonly packages: readonly BillPackage[];
  readonly attached: readonly AttachedTo[];
};

/** Which package; in all ecosystems, where none is given. */
export type PackageName = { readonly ecosystem?: string; readonly name: string };

/** A part of a long answer: at most `limit` bills, after the one named. */
export type Page = { readonly after?: string; readonly limit?: number };

/** A source as far as it was taken in. */
export type SourceState = {
  readonly name: string;
  /** What every bill is matched against; empty where no change was taken in whole yet. */
  readonly revision: string;
  /** RFC 3339: when that revision was taken in. */
  readonly updated: string;
  readonly advisories: number;
  /** How many packages they speak of. */
  readonly packages: number;
};

const MOST_CARRIERS = 100;
const RECORDS_AT_ONCE = 5_000;

type Found = { readonly id: number; readonly digest: string };

/** Bills that hold a package of that name, in the order of their digests, with what they hold of it. */
export async function carriersOf(
  tx: Transaction<Tables>,
  { ecosystem, name }: PackageName,
  { after = '', limit = MOST_CARRIERS }: Page,
): Promise<readonly PackageCarrier[]> {
  const keys = (ecosystem === undefined ? packageKeys(name) : [packageKey(ecosystem, name)]).map(storedKey);
  const held = tx
    .selectFrom('bill_packages')
    .innerJoin('names', 'names.id', 'bill_packages.name')
    .innerJoin('bills', 'bills.id', 'bill_packages.bill')
    .where('names.key', 'in', keys);
  const bills = await held
    .select(['bills.id', 'bills.digest'])
    .distinct()
    .where('bills.digest', '>', after)
    .orderBy('bills.digest')
    .limit(limit)
    .execute();
  if (bills.length === 0) return [];
  const rows = await held
    .select(['bill_packages.bill', 'bill_packages.content'])
    .where('bill_packages.bill', 'in', numbersOfBills(bills))
    .orderBy('bill_packages.position')
    .execute();
  const found = await tx
    .selectFrom('findings')
    .innerJoin('names', 'names.id', 'findings.name')
    .select(['findings.bill', 'findings.content', 'findings.since'])
    .where('names.key', 'in', keys)
    .where('findings.bill', 'in', numbersOfBills(bills))
    .orderBy('findings.name')
    .orderBy('findings.row')
    .execute();
  const findings = Map.groupBy(found, ({ bill }) => bill);
  const carriers = await withSubjects(
    tx,
    bills,
    rows.map(({ bill, content }) => ({ bill, held: JSON.parse(content) as BillPackage })),
  );
  return carriers.map((carrier, at) => ({
    ...carrier,
    findings: (findings.get(bills[at]?.id ?? 0) ?? []).map(keptFinding),
  }));
}

/** Bills with a finding of that id, by whatever name, matched or attached, in the order of their digests. */
export async function touchedBy(
  tx: Transaction<Tables>,
  vulnerability: string,
  { after = '', limit = MOST_CARRIERS }: Page,
): Promise<readonly TouchedCarrier[]> {
  const found = tx
    .selectFrom('finding_ids')
    .innerJoin('bills', 'bills.id', 'finding_ids.bill')
    .where('finding_ids.id', '=', storedKey(vulnerability));
  const attached = tx
    .selectFrom('attached_ids')
    .innerJoin('subjects', (join) =>
      join
        .onRef('subjects.digest', '=', 'attached_ids.digest')
        .onRef('subjects.repository', '=', 'attached_ids.repository'),
    )
    .innerJoin('bills', 'bills.id', 'subjects.bill')
    .where('attached_ids.id', '=', storedKey(vulnerability));
  // A union has each once.
  const bills = await found
    .select(['bills.id as id', 'bills.digest as digest'])
    .where('bills.digest', '>', after)
    .union(attached.select(['bills.id as id', 'bills.digest as digest']).where('bills.digest', '>', after))
    .orderBy('digest')
    .limit(limit)
    .execute();
  if (bills.length === 0) return [];
  const said = await attachedWith(tx, vulnerability, numbersOfBills(bills));
  const rows = await found
    .innerJoin('findings', (join) =>
      join
        .onRef('findings.bill', '=', 'finding_ids.bill')
        .onRef('findings.name', '=', 'finding_ids.name')
        .onRef('findings.row', '=', 'finding_ids.row'),
    )
    .select(['findings.bill', 'findings.name', 'findings.content', 'findings.since'])
    .where('findings.bill', 'in', numbersOfBills(bills))
    .orderBy('findings.name')
    .orderBy('findings.row')
    .execute();
  const held = rows.map((row) => ({ bill: row.bill, held: keptFinding(row) }));
  const packages = await packagesWith(tx, rows);
  const carriers = await withSubjects(tx, bills, held);
  return carriers.map((carrier, at) => {
    const { id = 0 } = bills[at] ?? {};
    return { ...carrier, packages: packages.get(id) ?? [], attached: said.get(id) ?? [] };
  });
}

/** The packages that findings are of, as the bills have them, by the number of the bill. */
async function packagesWith(
  tx: Transaction<Tables>,
  rows: readonly { readonly bill: number; readonly name: number; readonly content: string }[],
): Promise<ReadonlyMap<number, readonly BillPackage[]>> {
  if (rows.length === 0) return new Map();
  const kept = await tx
    .selectFrom('bill_packages')
    .select(['bill', 'content'])
    .where('name', 'in', [...new Set(rows.map(({ name }) => name))])
    .where('bill', 'in', [...new Set(rows.map(({ bill }) => bill))])
    .orderBy('position')
    .execute();
  const wanted = new Set(rows.map(({ bill, content }) => placeKey(bill, (JSON.parse(content) as Finding).package)));
  const found = kept
    .map(({ bill, content }) => ({ bill, item: JSON.parse(content) as BillPackage }))
    .filter(({ bill, item }) => wanted.has(placeKey(bill, item)));
  const byBill = Map.groupBy(found, ({ bill }) => bill);
  return new Map([...byBill].map(([bill, each]) => [bill, each.map(({ item }) => item)]));
}

function placeKey(bill: number, { name, version, purl }: Finding['package']): string {
  return JSON.stringify([bill, name, version, purl]);
}

/**
 * Whether some record has that name, as its own or as another one of the vulnerability. All of them are gone through, part by
 * part, so that nobody else waits long meanwhile.
 */
export async function isKnownVulnerability(
  store: Store<Tables>,
  vulnerability: string,
  signal: AbortSignal,
): Promise<boolean> {
  const text = `%${JSON.stringify(vulnerability)}%`;
  for (let after = 0; ; ) {
    signal.throwIfAborted();
    const last = await store
      .selectFrom('advisories')
      .select('id')
      .where('id', '>', after)
      .orderBy('id')
      .offset(RECORDS_AT_ONCE - 1)
      .limit(1)
      .executeTakeFirst();
    let part = store.selectFrom('advisories').select('content').where('id', '>', after).where('content', 'like', text);
    if (last !== undefined) part = part.where('id', '<=', last.id);
    for (const { content } of await part.execute()) {
      const { id, aliases, upstream } = JSON.parse(content) as Advisory;
      if ([id, ...aliases, ...upstream].includes(vulnerability)) return true;
    }
    if (last === undefined) return false;
    after = last.id;
  }
}

const findingRows = prepared((store: Store<Tables>, bill: string) =>
  store
    .selectFrom('findings')
    .innerJoin('bills', 'bills.id', 'findings.bill')
    .select(['findings.content', 'findings.since'])
    .where('bills.digest', '=', bill)
    .orderBy('findings.name')
    .orderBy('findings.row'),
);

/** All findings of a bill, by its digest, in a fixed order that says nothing. */
export async function findingsOf(store: Store<Tables>, bill: string): Promise<readonly KeptFinding[]> {
  return (await findingRows(store, bill)).map(keptFinding);
}

/** What records speak of: the stored keys of ecosystems. */
export type Coverage = ReadonlySet<string>;

/** What the records of these sources speak of. */
export async function coverageOf(tx: Store<Tables>, sources: readonly string[]): Promise<Coverage> {
  if (sources.length === 0) return new Set();
  const rows = await tx
    .selectFrom('coverage')
    .select('ecosystem')
    .distinct()
    .where('source', 'in', sources)
    .where('records', '>', 0)
    .execute();
  return new Set(rows.map(({ ecosystem }) => ecosystem));
}

/** Whether some record speaks of an ecosystem, or of all its releases. */
export function isCovered(coverage: Coverage, ecosystem: string): boolean {
  const has = (key: string): boolean => coverage.has(storedKey(key));
  return has(ecosystemKey(ecosystem)) || has(baseEcosystem(ecosystem));
}

/** The sources that records were taken from, by name. */
export async function sourceStates(tx: Transaction<Tables>): Promise<readonly SourceState[]> {
  const states = await tx.selectFrom('sources').selectAll().execute();
  const counts = await tx
    .selectFrom('advisories')
    .select(['source', (eb) => eb.fn.countAll().as('records')])
    .groupBy('source')
    .execute();
  const named = await tx
    .selectFrom('advisories')
    .innerJoin('advisory_names', 'advisory_names.advisory', 'advisories.id')
    .select(['source', (eb) => eb.fn.count('advisory_names.name').distinct().as('packages')])
    .groupBy('source')
    .execute();
  const countOf = new Map(counts.map(({ source, records }) => [source, Number(records)]));
  const packagesOf = new Map(named.map(({ source, packages }) => [source, Number(packages)]));
  return states
    .map(({ name, revision, updated }) => ({
      name,
      revision,
      updated,
      advisories: countOf.get(name) ?? 0,
      packages: packagesOf.get(name) ?? 0,
    }))
    .toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

function numbersOfBills(bills: readonly Found[]): readonly number[] {
  return bills.map(({ id }) => id);
}

function keptFinding({ content, since }: { readonly content: string; readonly since: string }): KeptFinding {
  return { ...(JSON.parse(content) as Finding), since };
}

async function withSubjects<Held>(
  tx: Transaction<Tables>,
  bills: readonly Found[],
  rows: readonly { readonly bill: number; readonly held: Held }[],
): Promise<readonly Carrier<Held>[]> {
  const subjects = await tx
    .selectFrom('subjects')
    .select(['bill', 'digest', 'repository'])
    .where('bill', 'in', numbersOfBills(bills))
    .orderBy('digest')
    .orderBy('repository')
    .execute();
  const held = Map.groupBy(rows, ({ bill }) => bill);
  const of = Map.groupBy(subjects, ({ bill }) => bill);
  return bills.map(({ id, digest }) => ({
    bill: digest,
    subjects: (of.get(id) ?? []).map(({ digest, repository }) => ({ digest, repository })),
    held: (held.get(id) ?? []).map((row) => row.held),
  }));
}
