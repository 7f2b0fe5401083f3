import type { BillPackage } from '@cartographer/bills';
import type { Clock, KubeObject } from '@cartographer/machinery';
import { type AttachedFinding, withAttachedFindings } from '../match/attached-findings.ts';
import type { KeptFinding } from '../portfolio/kept-findings.ts';
import { storedKey } from '../portfolio/keys.ts';
import type { Portfolio } from '../portfolio/portfolio.ts';
import type { Carrier, PackageCarrier, TouchedCarrier } from '../portfolio/queries.ts';
import type { ScanKind } from '../scanner/scan-request.ts';
import { findingKey, namesOf } from '../verdict/facts.ts';
import type { ScanStatus } from '../verdict/scan-status.ts';
import type { VerdictFinding } from '../verdict/verdict.ts';
import type { Asker, QuestionAccess } from './access.ts';
import type { Holder, KnownScans } from './known-scans.ts';
import { cursorText, type Part, type Question } from './question.ts';
import { gateOf, type Looked, lookedAt, type ScanGate } from './scan-gate.ts';

/** What answering stands on. */
export type AnswerDeps = {
  readonly portfolio: Pick<
    Portfolio,
    'carriersOf' | 'touchedBy' | 'isKnownVulnerability' | 'findingsOf' | 'factsOf' | 'sightsIn'
  >;
  readonly scans: () => KnownScans;
  readonly access: Pick<QuestionAccess, 'may'>;
  readonly clock: Pick<Clock, 'now'>;
};

/** A scan in an answer, with the packages that were asked for and what is found in them. */
export type AnsweredScan = Pick<Holder, 'kind' | 'namespace' | 'name' | 'artifact' | 'holds'> &
  ScanGate & { readonly packages: readonly BillPackage[]; readonly findings: readonly KeptFinding[] };

/** A finding with what the policies of its scan make of it now. */
export type AnsweredFinding = KeptFinding & Omit<VerdictFinding, 'finding'>;

/** What comes of a question. An answer holds only scans that the asker may read. */
export type Answer =
  | ({ readonly kind: 'carriers' } & AnsweredPart)
  | ({
      readonly kind: 'touched';
      /** Whether some advisory has this name, or some scan a finding of it. */
      readonly isKnown: boolean;
    } & AnsweredPart)
  | { readonly kind: 'findings'; readonly items: readonly AnsweredFinding[] }
  | { readonly kind: 'forbidden' | 'missing' | 'unread' | 'tooWide'; readonly why: string };

/** A part of a long answer; what was looked at is told with the first one. */
type AnsweredPart = {
  readonly items: readonly AnsweredScan[];
  readonly looked?: Looked;
  readonly continue?: string;
};

const KINDS = ['ImageScan', 'SourceScan'] as const;
/** Bills that are asked of the store at once. */
const BILLS_AT_ONCE = 500;
/** Who may not read scans everywhere, of more namespaces than this, is to name one. */
const MOST_NAMESPACES = 200;

/** Answers a question for an asker; whoever asks in the same process, as nobody in particular, may read all. */
export async function answer(
  deps: AnswerDeps,
  question: Question,
  asker: Asker | 'all',
  signal: AbortSignal,
): Promise<Answer> {
  if (question.kind === 'findings') return findingsOfScan(deps, question, asker, signal);
  const scans = deps.scans();
  const readable = await readableScans(deps, scans, question.part, asker, signal);
  if ('why' in readable) return readable;
  const { portfolio } = deps;
  const { after: cursor } = question.part;
  const looked = cursor === undefined ? { looked: lookedAt(scans.all().filter(isReadableIn(readable))) } : {};
  switch (question.kind) {
    case 'carriers': {
      if (readable.isNone) return { kind: 'carriers', items: [], ...looked };
      const pages = (after: string) => portfolio.carriersOf(question, { after, limit: BILLS_AT_ONCE });
      const shownBy = ({ held, findings }: PackageCarrier) => ({ packages: held, findings });
      return {
        kind: 'carriers',
        ...(await collect(pages, scans, { ...readable, shownBy }, question.part, signal)),
        ...looked,
      };
    }
    case 'touched': {
      const { vulnerability } = question;
      const isKnown = (): Promise<boolean> => portfolio.isKnownVulnerability(vulnerability, signal);
      if (readable.isNone) return { kind: 'touched', isKnown: await isKnown(), items: [], ...looked };
      const pages = (after: string) => portfolio.touchedBy(vulnerability, { after, limit: BILLS_AT_ONCE });
      const shownBy = (carrier: TouchedCarrier, holder: Holder): Shown => ({
        packages: carrier.packages,
        findings: findingsFor(carrier, holder, scans),
      });
      const found = await collect(pages, scans, { ...readable, shownBy }, question.part, signal);
      const isAny = cursor !== undefined || found.items.length > 0;
      return { kind: 'touched', isKnown: isAny || (await isKnown()), ...found, ...looked };
    }
  }
}

/** What is attached counts for those alone whose policies believe it. */
function findingsFor(carrier: TouchedCarrier, holder: Holder, scans: KnownScans): readonly KeptFinding[] {
  if (carrier.attached.length === 0) return carrier.held;
  const { subject, keys = [] } = scans.believed(holder) ?? {};
  const to = carrier.attached.find((each) => each.digest === subject?.digest && each.repository === subject.repository);
  return withAttachedFindings(carrier.held, (to?.findings ?? []).filter(isSignedByOneOf(keys)));
}

function isReadableIn({ isReadable }: Readable): (scan: KubeObject) => boolean {
  return ({ kind, metadata: { namespace = '' } }) => isReadable({ kind: kind as ScanKind, namespace });
}

type Readable = {
  /** No scan at all: nothing needs to be looked for. */
  readonly isNone: boolean;
  readonly isReadable: (holder: Pick<Holder, 'kind' | 'namespace'>) => boolean;
};

/** Which scans may be shown, or why none. */
async function readableScans(
  { access }: AnswerDeps,
  scans: KnownScans,
  { namespace }: Part,
  asker: Asker | 'all',
  signal: AbortSignal,
): Promise<Readable | Extract<Answer, { why: string }>> {
  if (asker === 'all')
    return { isNone: false, isReadable: (holder) => namespace === undefined || holder.namespace === namespace };
  const allowed = new Set<string>();
  const place = (kind: ScanKind, where: string): string => `${kind}/${where}`;
  const ask = async (kind: ScanKind, where: string): Promise<void> => {
    if (await access.may(asker, { kind, namespace: where }, signal)) allowed.add(place(kind, where));
  };
  if (namespace !== undefined) {
    await Promise.all(KINDS.map((kind) => ask(kind, namespace)));
    if (allowed.size === 0) return { kind: 'forbidden', why: `you may not get scans of namespace ${namespace}` };
    const isReadable = (holder: Pick<Holder, 'kind' | 'namespace'>): boolean =>
      holder.namespace === namespace && allowed.has(place(holder.kind, namespace));
    return { isNone: false, isReadable };
  }
  const everywhere = new Set<ScanKind>();
  for (const kind of KINDS) {
    if (await access.may(asker, { kind }, signal)) {
      everywhere.add(kind);
      continue;
    }
    const namespaces = scans.namespaces(kind);
    if (namespaces.length > MOST_NAMESPACES) {
      return {
        kind: 'tooWide',
        why: `scans are in more than ${MOST_NAMESPACES} namespaces, and you may not get them everywhere: name one, namespace=NAME`,
      };
    }
    await Promise.all(namespaces.map((each) => ask(kind, each)));
  }
  return {
    isNone: everywhere.size === 0 && allowed.size === 0,
    isReadable: ({ kind, namespace: where }) => everywhere.has(kind) || allowed.has(place(kind, where)),
  };
}

/** What an answer shows of a carrier. */
type Shown = Pick<AnsweredScan, 'packages' | 'findings'>;

/** Goes through the bills that the store names until there are enough scans that may be shown. */
async function collect<Found extends Carrier<unknown>>(
  pages: (after: string) => Promise<readonly Found[]>,
  scans: KnownScans,
  { isReadable, shownBy }: Pick<Readable, 'isReadable'> & { readonly shownBy: (found: Found, holder: Holder) => Shown },
  { limit, after }: Part,
  signal: AbortSignal,
): Promise<Pick<AnsweredPart, 'items' | 'continue'>> {
  const items: AnsweredScan[] = [];
  let reached = '';
  // A page begins after what it is given: after whatever comes before the bill itself.
  for (let last = after?.bill.slice(0, -1) ?? ''; ; ) {
    const carriers = await pages(last);
    signal.throwIfAborted();
    for (const carrier of carriers) {
      const { bill, subjects } = carrier;
      for (const holder of scans.holdersOf(bill, subjects)) {
        const { key, ...scan } = holder;
        if (!isReadable(scan) || isBefore(bill, key, after)) continue;
        const shown = shownBy(carrier, holder);
        if (shown.packages.length + shown.findings.length === 0) continue;
        if (items.length === limit) return { items, continue: reached };
        items.push({ ...scan, ...gateOf(scans.get(scan.kind, scan.namespace, scan.name), scan.holds), ...shown });
        reached = cursorText({ bill, scan: key });
      }
    }
    last = carriers.at(-1)?.bill ?? '';
    if (carriers.length < BILLS_AT_ONCE) return { items };
  }
}

/** Whether an earlier part of the answer had it. */
function isBefore(bill: string, key: string, after: Part['after']): boolean {
  if (after === undefined) return false;
  return bill < after.bill || (bill === after.bill && key <= after.scan);
}

async function findingsOfScan(
  { portfolio, scans: known, access, clock }: AnswerDeps,
  { scanKind, namespace, name }: Extract<Question, { kind: 'findings' }>,
  asker: Asker | 'all',
  signal: AbortSignal,
): Promise<Answer> {
  const what = `${scanKind} ${namespace}/${name}`;
  if (asker !== 'all' && !(await access.may(asker, { kind: scanKind, namespace, name }, signal)))
    return { kind: 'forbidden', why: `you may not get ${what}` };
  const scans = known();
  const scan = scans.get(scanKind, namespace, name);
  if (scan === undefined) return { kind: 'missing', why: `there is no ${what}` };
  const { inventory: { digest } = {}, artifact } = (scan['status'] ?? {}) as ScanStatus;
  if (digest === undefined || artifact === undefined)
    return { kind: 'unread', why: `nothing was read for ${what} yet: its condition Inventoried says why` };
  const own = await portfolio.findingsOf(digest);
  const believed = scans.believed({ kind: scanKind, namespace, name, artifact });
  const { attached } = (believed && (await portfolio.factsOf(believed.subject))) ?? {};
  const said = (attached?.findings ?? []).filter(isSignedByOneOf(believed?.keys ?? []));
  const findings = withAttachedFindings(own, said);
  const seen = await portfolio.sightsIn(namespace);
  const sights = new Map(
    findings.flatMap(namesOf).flatMap((each) => {
      const since = seen.get(storedKey(each));
      return since === undefined ? [] : [[each, since] as const];
    }),
  );
  const since = new Map(findings.map((finding) => [findingKey(finding), finding.since]));
  const judged = scans.judged(scan, findings, { sights, nowMs: clock.now() });
  return {
    kind: 'findings',
    items: judged.map(({ finding, ...made }) => ({ ...finding, since: since.get(findingKey(finding)) ?? '', ...made })),
  };
}

function isSignedByOneOf(keys: readonly string[]): (finding: AttachedFinding<KeptFinding>) => boolean {
  return ({ signedBy }) => signedBy.some((key) => keys.includes(key));
}
