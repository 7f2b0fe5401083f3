import { CartoError } from '@cartographer/machinery';
import type { TargetFlags } from '../frame/flags.ts';
import { type OwnerKindName, parseOwner } from '../frame/owner-name.ts';
import { runSession, type Session } from '../frame/session.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import { readOwner } from '../look/account/read-owner.ts';
import { createReader } from '../look/account/reader.ts';
import { printValue } from '../screen/print-objects.ts';
import { type Found, ownersOfCommit, ownersOfImage, type Scope } from './find-owners.ts';
import { LEAST_DIGITS, reachedBy } from './reached.ts';
import { traceLines } from './trace-lines.ts';
import { traceReport } from './trace-report.ts';
import { type TracedOwner, type Tracing, traceWithDeliveries } from './traced-owner.ts';

/** Flags of `carto trace`. */
export type TraceFlags = TargetFlags & {
  readonly image?: string;
  readonly commit?: string;
  readonly allNamespaces?: boolean;
  readonly output?: 'json' | 'yaml' | 'ndjson';
};

/** Runs `carto trace`. */
export async function runTrace(surroundings: Surroundings, name: string | undefined, flags: TraceFlags): Promise<void> {
  const question = questionOf(name, flags);
  await runSession(surroundings, flags, { writes: false }, async (session) => {
    const tracing: Tracing = { reader: createReader(session), unread: new Set() };
    const traces = await answer(session, tracing, question, flags);
    print(session, traces, question.kind === 'commit' ? question.commit : undefined, flags);
    for (const resource of tracing.unread) {
      session.say(`${resource} may not be read by you: what they tell is missing here`);
    }
  });
}

type Question =
  | { readonly kind: 'owner'; readonly name: string }
  | { readonly kind: 'image'; readonly image: string }
  | { readonly kind: 'commit'; readonly commit: string };

function questionOf(name: string | undefined, { image, commit }: TraceFlags): Question {
  const given: Question[] = [
    ...(name === undefined ? [] : [{ kind: 'owner', name } as const]),
    ...(image === undefined ? [] : [{ kind: 'image', image } as const]),
    ...(commit === undefined ? [] : [{ kind: 'commit', commit } as const]),
  ];
  const [question] = given;
  if (question === undefined || given.length > 1) {
    throw new CartoError('CARTO_USAGE', 'say one of NAME, --image REFERENCE and --commit SHA: what is to be followed');
  }
  if (question.kind === 'commit' && !COMMIT.test(question.commit)) {
    throw new CartoError(
      'CARTO_USAGE',
      `--commit "${question.commit}" is none: give its first ${LEAST_DIGITS} or more hexadecimal digits`,
    );
  }
  return question;
}

const COMMIT = new RegExp(`^[0-9a-fA-F]{${LEAST_DIGITS},64}$`);

async function answer(
  session: Session,
  tracing: Tracing,
  question: Question,
  { allNamespaces = false }: TraceFlags,
): Promise<readonly TracedOwner[]> {
  if (question.kind === 'owner') {
    const owner = parseOwner(question.name);
    return traceWithDeliveries(tracing, owner.kind, await readOwner(session, owner));
  }
  const scope: Scope = allNamespaces ? {} : { namespace: session.namespace };
  const found =
    question.kind === 'image'
      ? await ownersOfImage(session, tracing, scope, question.image)
      : await ownersOfCommit(session, tracing, scope, question.commit);
  if (found.owners.length === 0) throw nothingFound(session, question, found, scope);
  const traces = await Promise.all(found.owners.map(({ kind, owner }) => traceWithDeliveries(tracing, kind, owner)));
  return once(traces.flat());
}

/** A Deliverable that is found by itself is not told again below the Workload that made it. */
function once(traces: readonly TracedOwner[]): readonly TracedOwner[] {
  const byName = new Map(traces.map((traced) => [keyOf(traced), traced]));
  return [...byName.values()];
}

function keyOf({ kind, namespace, name }: { kind: OwnerKindName; namespace: string; name: string }): string {
  return `${kind} ${namespace}/${name}`;
}

function nothingFound(
  { target }: Session,
  question: Exclude<Question, { kind: 'owner' }>,
  { searched }: Found,
  { namespace }: Scope,
): CartoError {
  const what = question.kind === 'image' ? `image ${question.image}` : `commit ${question.commit}`;
  const where = namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`;
  const wider = namespace === undefined ? '' : '; -A looks in all namespaces';
  return new CartoError(
    'CARTO_NOT_FOUND',
    `nothing carries ${what}: looked at ${searched} ${where} of ${target.text}${wider}`,
  );
}

function print(
  session: Session,
  traces: readonly TracedOwner[],
  commit: string | undefined,
  { output }: TraceFlags,
): void {
  const { terminal, style, clock } = session;
  const reports = traces.map((traced) => traceReport(traced, commit));
  switch (output) {
    case 'ndjson':
      terminal.out(reports.map((report) => `${JSON.stringify(report)}\n`).join(''));
      return;
    case 'json':
    case 'yaml':
      terminal.out(printValue({ owners: reports }, output));
      return;
    case undefined: {
      const view = { style, columns: terminal.columns, nowMs: clock.now() };
      const sections = traces.map((traced) =>
        traceLines(
          traced,
          commit === undefined ? undefined : { text: commit, reached: reachedBy(traced.hops, commit) },
          view,
        ),
      );
      session.print(sections.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines])));
    }
  }
}
