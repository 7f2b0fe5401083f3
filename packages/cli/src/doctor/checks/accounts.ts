import { lifecycleOf } from '@cartographer/engine';
import { getIfThere, SERVICE_ACCOUNTS } from '@cartographer/kube';
import { allEnded, type KubeObject, objectKey } from '@cartographer/machinery';
import type { Session } from '../../frame/session.ts';
import { counted, some } from '../../read/some.ts';
import { type StampedKind, stampedKind, templateKey, templatesOf } from '../../read/templates.ts';
import { type Looked, look } from '../look.ts';
import type { Blueprints, OwnerFacts } from '../owners.ts';
import { type CheckReport, type Finding, finding, reportOf } from '../report.ts';
import { type Deed, deedsText, deniedTo } from '../reviews.ts';
import type { ServedKind } from '../served-kinds.ts';

/** What the check knows of the cluster. */
export type AccountFacts = {
  readonly owners: readonly OwnerFacts[];
  readonly blueprints: Blueprints;
  /** By {@link templateKey}. */
  readonly templates: ReadonlyMap<string, KubeObject>;
  readonly servedKind: (kind: StampedKind) => Promise<Looked<ServedKind>>;
  /** Why owners, blueprints or templates could not be read. */
  readonly notLooked: readonly string[];
};

/** Owners of one account in one namespace, and what their chains stamp. */
type Stamping = {
  readonly account: OwnerFacts['account'];
  /** Where they stamp. */
  readonly namespace: string;
  readonly owners: OwnerFacts[];
  /** By `apiVersion kind`; true where runs are made, which have to be read. */
  readonly kinds: Map<string, StampedKind & { readonly runs: boolean }>;
};

/** Accounts that are asked about at once. */
const AT_ONCE = 4;

/** Asks whether the accounts of owners exist, and may make what their chains stamp. */
export async function checkAccounts(session: Session, facts: AccountFacts): Promise<CheckReport> {
  const stampings = stampingsOf(facts);
  const answers: Answer[] = [];
  for (let at = 0; at < stampings.length; at += AT_ONCE) {
    const asked = stampings.slice(at, at + AT_ONCE).map((stamping) => ask(session, stamping, facts.servedKind));
    answers.push(...(await allEnded(asked)));
  }
  const missing = answers.filter(({ outcome }) => outcome.kind === 'missing');
  const denied = Map.groupBy(
    answers.filter(({ outcome }) => outcome.kind === 'denied'),
    ({ outcome }) => (outcome.kind === 'denied' ? outcome.text : ''),
  );
  const findings: Finding[] = [
    ...(missing.length === 0 ? [] : [finding('AccountMissing', `there is no ${accountsText(missing)}`)]),
    ...[...denied]
      .toSorted(([, left], [, right]) => right.length - left.length)
      .map(([text, some]) => finding('AccountMayNotStamp', `${accountsText(some)} may not ${text}`)),
  ];
  const unseen = new Set(answers.flatMap(({ outcome }) => (outcome.kind === 'unseen' ? [outcome.why] : [])));
  const notLooked = [...facts.notLooked, ...[...unseen].map((why) => `what accounts may do: ${why}`)];
  return reportOf('accounts', { says: counted(stampings.length, 'account'), findings, notLooked });
}

function stampingsOf({ owners, blueprints, templates }: AccountFacts): readonly Stamping[] {
  const stampings = new Map<string, Stamping>();
  for (const owner of owners) {
    const uses = usesOf(owner, blueprints);
    if (uses.length === 0) continue; // Nobody stamps for an owner without a blueprint.
    const { account, namespace } = owner;
    const key = `${objectKey(account)} ${namespace}`;
    const stamping: Stamping = stampings.get(key) ?? { account, namespace, owners: [], kinds: new Map() };
    stampings.set(key, stamping);
    stamping.owners.push(owner);
    const named = uses.flatMap((use) => {
      const template = templates.get(use);
      const kind = template === undefined ? undefined : stampedKind(template);
      if (template === undefined || kind === undefined) return [];
      return [{ ...kind, runs: owner.kind === 'Runnable' || lifecycleOf(template) !== 'mutable' }];
    });
    for (const kind of [...owner.stamped.map((each) => ({ ...each, runs: false })), ...named]) {
      const place = `${kind.apiVersion} ${kind.kind}`;
      const known = stamping.kinds.get(place);
      stamping.kinds.set(place, { ...kind, runs: kind.runs || known?.runs === true });
    }
  }
  return [...stampings.values()];
}

/** The templates that are stamped for an owner, by {@link templateKey}; which option it gets shows in what it has stamped. */
function usesOf({ kind, runTemplate, blueprint }: OwnerFacts, blueprints: Blueprints): readonly string[] {
  if (kind === 'Runnable') return [templateKey('ClusterRunTemplate', runTemplate)];
  const found = blueprint === undefined ? undefined : blueprints.get(`${blueprint.kind} ${blueprint.name}`);
  if (found === undefined) return [];
  return templatesOf(found).flatMap((use) => (use.isOption ? [] : [templateKey(use.kind, use.name)]));
}

type Answer = {
  readonly stamping: Stamping;
  readonly outcome:
    | { readonly kind: 'fine' | 'missing' }
    | { readonly kind: 'denied'; readonly text: string }
    | { readonly kind: 'unseen'; readonly why: string };
};

async function ask(session: Session, stamping: Stamping, servedKind: AccountFacts['servedKind']): Promise<Answer> {
  const { account, namespace, kinds } = stamping;
  const { client, signal } = session;
  const found = await look(session, () => getIfThere(client, SERVICE_ACCOUNTS, account, { signal }));
  if (found.kind === 'unseen') return { stamping, outcome: found };
  if (found.value === undefined) return { stamping, outcome: { kind: 'missing' } };
  // What is not served is told by the check of kinds.
  const deeds = (await allEnded([...kinds.values()].map((kind) => deedsFor(kind, namespace, servedKind)))).flat();
  const denied = await look(session, () => deniedTo(session, account, deeds));
  if (denied.kind === 'unseen') return { stamping, outcome: denied };
  if (denied.value.length === 0) return { stamping, outcome: { kind: 'fine' } };
  return { stamping, outcome: { kind: 'denied', text: deedsText(denied.value) } };
}

async function deedsFor(
  { runs, ...kind }: StampedKind & { readonly runs: boolean },
  namespace: string,
  servedKind: AccountFacts['servedKind'],
): Promise<readonly Deed[]> {
  const served = await servedKind(kind);
  if (served.kind === 'unseen' || served.value.kind !== 'served') return [];
  const { group, resource } = served.value.type;
  const verbs = ['create', 'patch', 'delete', ...(runs ? ['get'] : [])];
  return verbs.map((verb) => ({ verb, group, resource, namespace }));
}

function accountsText(answers: readonly Answer[]): string {
  const names = answers.map(({ stamping: { account } }) => objectKey(account));
  const owners = answers.reduce((total, { stamping }) => total + stamping.owners.length, 0);
  return `service ${names.length === 1 ? 'account' : 'accounts'} ${some(names)} (of ${counted(owners, 'owner')})`;
}
