import { carto } from '@cartographer/api';
import {
  changeText,
  deliverableOwner,
  explainSelection,
  missText,
  type OwnerKind,
  workloadOwner,
} from '@cartographer/engine';
import { CartoError, type Json, type KubeObject } from '@cartographer/machinery';
import { EXIT } from '../frame/exit-codes.ts';
import type { TargetFlags } from '../frame/flags.ts';
import { ownerText, parseOwner } from '../frame/owner-name.ts';
import { runSession, type Session } from '../frame/session.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import { readDocuments } from '../read/documents.ts';
import { allOf } from '../read/pages.ts';
import { printValue } from '../screen/print-objects.ts';
import { createStyle } from '../screen/style.ts';
import { type Matched, matchLines } from './match-screen.ts';

/** Flags of `carto match`. */
export type MatchFlags = TargetFlags & {
  readonly file?: readonly string[];
  /** Files with supply chains and deliveries, in place of those of a cluster. */
  readonly chain?: readonly string[];
  readonly output?: 'json' | 'yaml';
};

const KINDS: Readonly<Record<string, OwnerKind>> = { Workload: workloadOwner, Deliverable: deliverableOwner };

/** `carto match`: 0 when one fits each owner, 2 when none or several fit one. */
export async function runMatch(name: string | undefined, flags: MatchFlags, surroundings: Surroundings): Promise<void> {
  const { file = [], chain = [] } = flags;
  if ((name === undefined) === (file.length === 0)) {
    throw new CartoError('CARTO_USAGE', 'name one thing to match: -f FILE, or NAME of what is on the server');
  }
  const given = await ownersIn(file, surroundings);
  if (chain.length > 0 && name === undefined) {
    return report(given.map(matchOf(await chainsIn(chain, surroundings), flags.namespace)), flags, surroundings);
  }
  await runSession(surroundings, flags, { writes: false }, async (session) => {
    const owners = name === undefined ? given : [await ownerOnServer(name, session)];
    const blueprints = chain.length > 0 ? await chainsIn(chain, surroundings) : await chainsOf(session, owners);
    report(owners.map(matchOf(blueprints, session.namespace)), flags, surroundings);
  });
}

async function ownersIn(files: readonly string[], surroundings: Surroundings): Promise<readonly KubeObject[]> {
  const documents = (await Promise.all(files.map((file) => readDocuments(file, surroundings)))).flat();
  const owners = documents.map(({ object }) => object).filter((object) => kindOf(object) !== undefined);
  if (owners.length === 0 && files.length > 0) {
    throw new CartoError('CARTO_USAGE', `${files.join(', ')}: there is no Workload and no Deliverable to match`);
  }
  return owners;
}

async function chainsIn(files: readonly string[], surroundings: Surroundings): Promise<readonly KubeObject[]> {
  const documents = (await Promise.all(files.map((file) => readDocuments(file, surroundings)))).flat();
  const chains = documents.map(({ object }) => object).filter(({ kind }) => BLUEPRINTS.has(kind));
  if (chains.length > 0) return chains;
  throw new CartoError(
    'CARTO_USAGE',
    `--chain ${files.join(', ')}: there is no ClusterSupplyChain and no ClusterDelivery`,
  );
}

const BLUEPRINTS: ReadonlySet<string> = new Set(Object.values(KINDS).map(({ blueprintKind }) => blueprintKind));

function kindOf({ kind, apiVersion }: KubeObject): OwnerKind | undefined {
  return apiVersion.startsWith('carto.run/') && Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
}

async function ownerOnServer(text: string, { client, namespace, signal }: Session): Promise<KubeObject> {
  const { kind, type, name } = parseOwner(text);
  if (kind === 'Runnable') {
    throw new CartoError('CARTO_USAGE', `${text}: a Runnable names its template itself; nothing selects it`);
  }
  return { ...(await client.get(type, { namespace, name }, { signal })), kind };
}

async function chainsOf({ client, signal }: Session, owners: readonly KubeObject[]): Promise<readonly KubeObject[]> {
  const kinds = [...new Set(owners.flatMap((owner) => kindOf(owner)?.blueprintKind ?? []))];
  return (await Promise.all(kinds.map((kind) => allOf(client, carto.kinds[kind], { signal })))).flat();
}

function matchOf(blueprints: readonly KubeObject[], namespace = 'default'): (owner: KubeObject) => Matched {
  return (owner) => {
    const kind = kindOf(owner) ?? workloadOwner;
    const fitting = blueprints.filter((blueprint) => blueprint.kind === kind.blueprintKind);
    const { name = '', namespace: own = namespace } = owner.metadata;
    const account = explainSelection(kind, owner, fitting);
    return { owner, name: ownerText({ kind: kind.kind, name }, own), account };
  };
}

function report(matches: readonly Matched[], flags: MatchFlags, { terminal }: Surroundings): void {
  const style = createStyle(terminal.colour && flags.color);
  if (flags.output !== undefined) terminal.out(printValue(matches.map(valueOf), flags.output));
  else {
    const lines = matches.flatMap((match, index) => [
      ...(index === 0 ? [] : ['']),
      ...matchLines(match, style, terminal.columns),
    ]);
    terminal.out(lines.map((line) => `${line}\n`).join(''));
  }
  if (matches.some(({ account }) => account.outcome !== 'chosen')) terminal.exitCode = EXIT.no;
}

function valueOf({ name, account }: Matched): Json {
  const { blueprintKind, outcome, best, blueprints } = account;
  return {
    owner: name,
    blueprintKind,
    outcome,
    best,
    blueprints: blueprints.map(({ name: blueprint, fit, score, terms, changes, message }) => ({
      name: blueprint,
      fit,
      score,
      of: terms.length,
      ...(fit === 'misses' ? { why: missText(blueprint, terms) } : {}),
      ...(fit === 'broken' ? { why: message } : {}),
      change: changes === undefined ? null : changes.map(changeText),
    })),
  };
}
