import { type Condition, findCondition, type KubeObject, listAt } from '@cartographer/machinery';
import type { TargetFlags } from '../frame/flags.ts';
import { runSession, type Session } from '../frame/session.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import { allOf } from '../read/pages.ts';
import { ageSince } from '../screen/ages.ts';
import { parseFormat, printObjects } from '../screen/print-objects.ts';
import type { Style } from '../screen/style.ts';
import { type Cell, tableLines } from '../screen/table.ts';
import { CHAIN_KINDS } from './find-chain.ts';
import { selectorOf, selectorText } from './selector-text.ts';
import { countServed } from './served-owners.ts';

/** Flags of `carto chain list`. */
export type ListFlags = TargetFlags & { readonly output?: string };

/** `carto chain list` */
export async function runChainList(flags: ListFlags, surroundings: Surroundings): Promise<void> {
  const format = parseFormat(flags.output);
  await runSession(surroundings, flags, { writes: false }, async (session) => {
    const { client, signal, terminal } = session;
    const lists = await Promise.all(CHAIN_KINDS.map((type) => allOf(client, type, { signal })));
    const chains = lists.flat();
    if (format !== undefined) return terminal.out(printObjects(chains, format));
    if (chains.length === 0) return session.say(`no supply chains and no deliveries (${session.target.text})`);
    session.print(await screen(chains, session));
  });
}

async function screen(chains: readonly KubeObject[], session: Session): Promise<readonly string[]> {
  const { style, clock, terminal } = session;
  const served = await countServed(session, [...new Set(chains.map(({ kind }) => kind))]);
  const rows = chains.map((chain): readonly Cell[] => {
    const { kind, metadata } = chain;
    const name = metadata.name ?? '';
    const owners = served === undefined ? '?' : String(served.get(`${kind} ${name}`)?.owners ?? 0);
    const age = ageSince(metadata.creationTimestamp, clock.now());
    return [name, kind, readyCell(chain, style), owners, age, selectorText(selectorOf(chain))];
  });
  return tableLines({ head: ['NAME', 'KIND', 'READY', 'OWNERS', 'AGE', 'SELECTS'], rows }, style, terminal.columns);
}

/** `Ready`, or the reason why it is not. */
export function readyCell({ status }: KubeObject, style: Style): Cell {
  const conditions = listAt(status, 'conditions') as readonly unknown[] as readonly Condition[];
  const ready = findCondition(conditions, 'Ready');
  if (ready === undefined) return { text: 'not looked at', paint: style.warn };
  if (ready.status === 'True') return { text: 'Ready', paint: style.good };
  return { text: ready.reason, paint: ready.status === 'False' ? style.bad : style.info };
}
