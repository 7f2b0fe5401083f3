import type { StepState } from '@cartographer/api';
import { CartoError, type Json, type KubeObject, textAt } from '@cartographer/machinery';
import type { TargetFlags } from '../frame/flags.ts';
import { ownerText, parseOwner } from '../frame/owner-name.ts';
import { runSession, type Session } from '../frame/session.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import { ageSince } from '../screen/ages.ts';
import { printValue } from '../screen/print-objects.ts';
import { STATE_SIGNS } from '../screen/style.ts';
import { type Cell, tableLines } from '../screen/table.ts';
import { cut, hanging, plainLine } from '../screen/text.ts';
import { findChain, OWNER_OF } from './find-chain.ts';
import { type DrawnGraph, drawGraph } from './graph.ts';
import { drawLanes } from './lanes.ts';
import { mermaidText } from './mermaid.ts';

/** Flags of `carto chain graph`. */
export type GraphFlags = TargetFlags & { readonly output?: 'json' | 'yaml' | 'mermaid'; readonly owner?: string };

/** `carto chain graph` */
export async function runChainGraph(
  name: string | undefined,
  flags: GraphFlags,
  surroundings: Surroundings,
): Promise<void> {
  if (name === undefined && flags.owner === undefined) {
    throw new CartoError('CARTO_USAGE', 'name a supply chain or a delivery, or an owner by --owner');
  }
  await runSession(surroundings, flags, { writes: false }, async (session) => {
    const owner = flags.owner === undefined ? undefined : await readOwner(flags.owner, session);
    const chain = await findChain(session, name ?? chainOf(owner, session));
    refuseStranger(owner, chain, session);
    const drawn = drawGraph(chain, owner);
    const { terminal } = session;
    if (flags.output === 'mermaid') terminal.out(mermaidText(drawn, owner !== undefined));
    else if (flags.output !== undefined) terminal.out(printValue(valueOf(drawn, owner !== undefined), flags.output));
    else
      session.print([...headLines(chain, owner, drawn, session), ...graphLines(drawn, owner !== undefined, session)]);
  });
}

async function readOwner(text: string, { client, namespace, signal }: Session): Promise<KubeObject> {
  const { kind, type, name } = parseOwner(text);
  if (kind === 'Runnable') throw new CartoError('CARTO_USAGE', `--owner ${text}: a Runnable has no chain`);
  return { ...(await client.get(type, { namespace, name }, { signal })), kind };
}

/** The chain that an owner follows, with its kind. */
function chainOf(owner: KubeObject | undefined, { namespace }: Session): string {
  const [prefix, field] =
    owner?.kind === 'Deliverable' ? ['delivery', 'deliveryRef'] : ['supply-chain', 'supplyChainRef'];
  const name = textAt(owner?.['status'], field, 'name');
  if (name !== '') return `${prefix}/${name}`;
  const own = nameOf(owner, namespace);
  throw new CartoError('CARTO_NOT_FOUND', `${own} follows no chain yet: see carto match ${owner?.metadata.name ?? ''}`);
}

/** States of steps of another chain would be told under names that happen to be the same. */
function refuseStranger(owner: KubeObject | undefined, chain: KubeObject, { namespace }: Session): void {
  if (owner === undefined) return;
  const kind = OWNER_OF[chain.kind];
  const followed = kind === undefined ? '' : textAt(owner['status'], kind.blueprintRef, 'name');
  if (owner.kind === kind?.kind && followed === chain.metadata.name) return;
  const instead = followed === '' ? 'follows no chain of this kind' : `follows ${followed}`;
  throw new CartoError('CARTO_USAGE', `${nameOf(owner, namespace)} ${instead}, not ${chain.metadata.name ?? ''}`);
}

function nameOf(owner: KubeObject | undefined, namespace: string): string {
  const { name = '', namespace: own = namespace } = owner?.metadata ?? {};
  return ownerText({ kind: owner?.kind === 'Deliverable' ? 'Deliverable' : 'Workload', name }, own);
}

function headLines(
  chain: KubeObject,
  owner: KubeObject | undefined,
  { graph }: DrawnGraph,
  { style, namespace }: Session,
): readonly string[] {
  const title = style.bold(plainLine(`${chain.kind} ${chain.metadata.name ?? ''}`));
  if (owner === undefined) return [title, ''];
  return [`${title} for ${plainLine(nameOf(owner, namespace))}: ${style.state(graph.state)}`, ''];
}

/** Of a value that may be a whole manifest; `-o json` has more of it. */
const MOST_VALUE = 120;

/** The drawing as a table: rails and step, then what is known of the step; notes on what cannot be drawn below. */
export function graphLines(
  { graph, order, ways, loops, dangling }: DrawnGraph,
  withStates: boolean,
  { style, terminal, clock }: Pick<Session, 'style' | 'terminal' | 'clock'>,
): readonly string[] {
  const nodes = new Map(graph.nodes.map((node) => [node.step, node]));
  const stateOf = (step: string): StepState => nodes.get(step)?.state ?? 'waiting';
  const rows = drawLanes(order, ways, (step) => (withStates ? STATE_SIGNS[stateOf(step)] : '●')).map(
    ({ rails, step }): readonly Cell[] => {
      if (step === undefined) return [rails];
      const node = nodes.get(step);
      const left = `${rails}  ${step}`;
      const template =
        node?.template === undefined
          ? (node?.options ?? []).join(' or ')
          : `${node.template.kind} ${node.template.name}`;
      if (!withStates) return [left, inputsText(step, ways), template];
      const state = stateOf(step);
      const paint = (text: string): string => style.inState(state, text);
      const value =
        node?.message === '' ? cut(plainLine(node.outputs.at(-1)?.preview ?? ''), MOST_VALUE) : (node?.message ?? '');
      return [{ text: left, paint }, { text: state, paint }, ageSince(node?.since, clock.now()), value];
    },
  );
  const head = withStates ? ['STEP', 'STATE', 'SINCE', 'OUTPUT, OR WHY NOT'] : ['STEP', 'READS', 'TEMPLATE'];
  const notes = [
    ...loops.map(({ from, to }) => {
      const what = from === to ? 'itself' : `${from}, which comes after it`;
      return `! loop: ${to} reads from ${what}; nothing of a loop is ever stamped`;
    }),
    ...dangling.map(({ from, to }) => `! ${to} reads from "${from}", and there is no such step`),
  ].flatMap((note) => hanging(plainLine(note), 2, terminal.columns));
  const table = tableLines({ head, rows }, style, terminal.columns);
  return [...table, ...(notes.length === 0 ? [] : ['', ...notes.map(style.warn)])];
}

function inputsText(step: string, ways: DrawnGraph['ways']): string {
  return ways
    .filter(({ to }) => to === step)
    .map(({ from, inputs }) => (inputs.every((input) => input === from) ? from : `${from} as ${inputs.join(', ')}`))
    .join('; ');
}

function valueOf({ graph, order, loops, dangling }: DrawnGraph, withStates: boolean): Json {
  const steps = graph.nodes.map(({ step, template, options, ...rest }) => ({
    step,
    template: template ?? null,
    options,
    ...(withStates ? rest : {}),
  }));
  const { blueprint, state, reason, message, since, move, next, edges } = graph;
  const owner = withStates ? { owner: { state, reason, message, since, move, next } } : {};
  const value = { blueprint: blueprint ?? null, ...owner, order, steps, edges, loops, dangling };
  return JSON.parse(JSON.stringify(value)) as Json;
}
