import type { Session } from '../../frame/session.ts';
import { counted, some } from '../../read/some.ts';
import type { OwnerFacts, ReadOwners } from '../owners.ts';
import { type CheckReport, type Finding, finding, reportOf } from '../report.ts';

/** Work of which nothing was heard for so long is told: it may well be stuck. */
const LONG_MS = 15 * 60_000;
/** The controller has had its turn by then. */
const FRESH_MS = 60_000;
/** Causes that are told one by one. */
const MOST_CAUSES = 20;

/** Groups owners that are not ready by their cause, the most frequent first. */
export function checkOwners({ clock }: Pick<Session, 'clock'>, { owners, notLooked }: ReadOwners): CheckReport {
  const nowMs = clock.now();
  const unseen = owners.filter((owner) => isUnseen(owner) && olderThan(owner.createdAt, FRESH_MS, nowMs));
  const troubled = owners.filter((owner) => !isUnseen(owner) && isTroubled(owner, nowMs));
  const causes = [...Map.groupBy(troubled, causeOf).values()].toSorted(
    (left, right) => right.length - left.length || (causeOf(left[0]) < causeOf(right[0]) ? -1 : 1),
  );
  const ready = owners.filter(({ state }) => state === 'ready').length;
  const busy = owners.length - ready - troubled.length - unseen.length;
  const says = `${ready} of ${owners.length} ready${busy > 0 ? `, ${busy} at work` : ''}`;
  const rest = causes.slice(MOST_CAUSES).flat();
  const findings = [
    ...(unseen.length === 0 ? [] : [unseenFinding(unseen)]),
    ...causes.slice(0, MOST_CAUSES).map((group) => causeFinding(group, nowMs)),
    ...(rest.length === 0 ? [] : [finding('OwnersNotReady', `${rest.length} more by other causes: ${namesOf(rest)}`)]),
  ];
  return reportOf('owners', { says, findings, notLooked });
}

/** Nothing is said of it as it is now; what is being deleted is left alone. */
function isUnseen({ state, reason, message }: OwnerFacts): boolean {
  return state === 'waiting' && reason === '' && message !== '';
}

function isTroubled({ state, move, since }: OwnerFacts, nowMs: number): boolean {
  if (state === 'ready' || state === 'skipped') return false;
  if (state === 'failed' || state === 'refused' || state === 'blocked' || move !== 'nobody') return true;
  return olderThan(since, LONG_MS, nowMs);
}

function olderThan(time: string | undefined, ms: number, nowMs: number): boolean {
  return time !== undefined && nowMs - Date.parse(time) > ms;
}

function causeOf(owner: OwnerFacts | undefined): string {
  if (owner === undefined) return '';
  const { kind, blueprint, runTemplate, step, state, reason } = owner;
  return JSON.stringify([kind, blueprint?.name ?? runTemplate, step, state, reason]);
}

function unseenFinding(owners: readonly OwnerFacts[]): Finding {
  const text = `not looked at as they are now: ${counted(owners.length, 'owner')} (${namesOf(owners)})`;
  return finding('OwnersNotLookedAt', text);
}

function causeFinding(owners: readonly OwnerFacts[], nowMs: number): Finding {
  const [first] = owners;
  const { kind = '', blueprint, step = '', state = '', reason = '', message = '', move, next } = first ?? {};
  const where = [step === '' ? '' : `step ${step}`, blueprint === undefined ? '' : blueprint.name].filter(Boolean);
  const isLong = first !== undefined && move === 'nobody' && olderThan(first.since, LONG_MS, nowMs);
  const text = [
    `${counted(owners.length, kind)} ${state}`,
    where.length === 0 ? '' : ` at ${where.join(' of ')}`,
    isLong ? ' for more than 15 minutes' : '',
    `: ${[reason, message].filter(Boolean).join(': ')}`,
    ` (${namesOf(owners)})`,
  ].join('');
  const known = { ...(move === undefined || move === 'nobody' ? {} : { move }), next: nextOf(first, next, isLong) };
  return finding('OwnersNotReady', text, known);
}

function nextOf(first: OwnerFacts | undefined, next: string | undefined, isLong: boolean): string {
  const { kind = '', namespace = '', name = '' } = first ?? {};
  const owner = kind === 'Workload' ? name : `${kind.toLowerCase()}/${name}`;
  const look = `carto explain ${owner} -n ${namespace}`;
  return next === undefined || isLong ? `look: ${look}` : `${next} (${look})`;
}

function namesOf(owners: readonly OwnerFacts[]): string {
  return some(owners.map(({ namespace, name }) => `${namespace}/${name}`));
}
