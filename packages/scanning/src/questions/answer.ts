import type { BillPackage } from '@cartographer/bills';
import { type AttachedFinding, withAttachedFindings } from '../match/attached-findings.ts';
import type { KeptFinding } from '../portfolio/kept-findings.ts';
import type { Portfolio } from '../portfolio/portfolio.ts';
import type { Carrier, TouchedCarrier } from '../portfolio/queries.ts';
import type { ScanKind } from '../scanner/scan-request.ts';
import type { ScanStatus } from '../verdict/scan-status.ts';
import type { Asker, QuestionAccess } from './access.ts';
import type { Holder, KnownScans } from './known-scans.ts';
import { cursorText, type Part, type Question } from './question.ts';

/** What answering stands on. */
export type AnswerDeps = {
  readonly portfolio: Pick<Portfolio, 'carriersOf' | 'touchedBy' | 'findingsOf' | 'factsOf'>;
  readonly scans: () => KnownScans;
  readonly access: Pick<QuestionAccess, 'may'>;
};

/** A scan in an answer. */
type AnsweredScan = Pick<Holder, 'kind' | 'namespace' | 'name' | 'artifact' | 'holds'>;

/** What comes of a question. An answer holds only scans that the asker may read. */
export type Answer =
  | {
      readonly kind: 'carriers';
      readonly items: readonly (AnsweredScan & { readonly packages: readonly BillPackage[] })[];
      readonly continue?: string;
    }
  | {
      readonly kind: 'touched';
      readonly items: readonly (AnsweredScan & { readonly findings: readonly KeptFinding[] })[];
      readonly continue?: string;
    }
  | { readonly kind: 'findings'; readonly items: readonly KeptFinding[] }
  | { readonly kind: 'forbidden' | 'missing' | 'unread' | 'tooWide'; readonly why: string };

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
  if (readable.isNone) return { kind: question.kind, items: [] };
  const { portfolio } = deps;
  switch (question.kind) {
    case 'carriers': {
      const pages = (after: string) => portfolio.carriersOf(question, { after, limit: BILLS_AT_ONCE });
      const shown = { ...readable, heldBy: ({ held }: Carrier<BillPackage>) => held };
      const { items, more } = await collect(pages, scans, shown, question.part, signal);
      return { kind: 'carriers', items: items.map(({ scan, held }) => ({ ...scan, packages: held })), ...more };
    }
    case 'touched': {
      const pages = (after: string) => portfolio.touchedBy(question.vulnerability, { after, limit: BILLS_AT_ONCE });
      const heldBy = (carrier: TouchedCarrier, holder: Holder): readonly KeptFinding[] => {
        if (carrier.attached.length === 0) return carrier.held;
        const { subject, keys = [] } = scans.believed(holder) ?? {};
        const to = carrier.attached.find(
          (each) => each.digest === subject?.digest && each.repository === subject.repository,
        );
        return withAttachedFindings(carrier.held, (to?.findings ?? []).filter(isSignedByOneOf(keys)));
      };
      const { items, more } = await collect(pages, scans, { ...readable, heldBy }, question.part, signal);
      return { kind: 'touched', items: items.map(({ scan, held }) => ({ ...scan, findings: held })), ...more };
    }
  }
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

/** Goes through the bills that the store names until there are enough scans that may be shown. */
async function collect<Held, Found extends Carrier<Held>>(
  pages: (after: string) => Promise<readonly Found[]>,
  scans: KnownScans,
  {
    isReadable,
    heldBy,
  }: Pick<Readable, 'isReadable'> & { readonly heldBy: (carrier: Found, holder: Holder) => readonly Held[] },
  { limit, after }: Part,
  signal: AbortSignal,
): Promise<{
  readonly items: readonly { readonly scan: AnsweredScan; readonly held: readonly Held[] }[];
  readonly more: { readonly continue?: string };
}> {
  const items: { readonly scan: AnsweredScan; readonly held: readonly Held[]; readonly at: string }[] = [];
  // A page begins after what it is given: after whatever comes before the bill itself.
  for (let last = after?.bill.slice(0, -1) ?? ''; ; ) {
    const carriers = await pages(last);
    signal.throwIfAborted();
    for (const carrier of carriers) {
      const { bill, subjects } = carrier;
      for (const holder of scans.holdersOf(bill, subjects)) {
        const { key, ...scan } = holder;
        if (!isReadable(scan) || isBefore(bill, key, after)) continue;
        const held = heldBy(carrier, holder);
        // What is attached counts for those alone whose policies believe it.
        if (held.length === 0) continue;
        const previous = items.at(-1);
        if (items.length === limit) return { items, more: { continue: previous?.at ?? '' } };
        items.push({ scan, held, at: cursorText({ bill, scan: key }) });
      }
    }
    last = carriers.at(-1)?.bill ?? '';
    if (carriers.length < BILLS_AT_ONCE) return { items, more: {} };
  }
}

/** Whether an earlier part of the answer had it. */
function isBefore(bill: string, key: string, after: Part['after']): boolean {
  if (after === undefined) return false;
  return bill < after.bill || (bill === after.bill && key <= after.scan);
}

async function findingsOfScan(
  { portfolio, scans, access }: AnswerDeps,
  { scanKind, namespace, name }: Extract<Question, { kind: 'findings' }>,
  asker: Asker | 'all',
  signal: AbortSignal,
): Promise<Answer> {
  const what = `${scanKind} ${namespace}/${name}`;
  if (asker !== 'all' && !(await access.may(asker, { kind: scanKind, namespace, name }, signal)))
    return { kind: 'forbidden', why: `you may not get ${what}` };
  const scan = scans().get(scanKind, namespace, name);
  if (scan === undefined) return { kind: 'missing', why: `there is no ${what}` };
  const { inventory: { digest } = {}, artifact } = (scan['status'] ?? {}) as ScanStatus;
  if (digest === undefined || artifact === undefined)
    return { kind: 'unread', why: `nothing was read for ${what} yet: its condition Inventoried says why` };
  const own = await portfolio.findingsOf(digest);
  const believed = scans().believed({ kind: scanKind, namespace, name, artifact });
  if (believed === undefined) return { kind: 'findings', items: own };
  const { attached } = (await portfolio.factsOf(believed.subject)) ?? {};
  const said = (attached?.findings ?? []).filter(isSignedByOneOf(believed.keys));
  return { kind: 'findings', items: withAttachedFindings(own, said) };
}

function isSignedByOneOf(keys: readonly string[]): (finding: AttachedFinding<KeptFinding>) => boolean {
  return ({ signedBy }) => signedBy.some((key) => keys.includes(key));
}
