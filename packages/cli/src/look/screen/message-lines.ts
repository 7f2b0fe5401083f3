import type { PathGraph, PathNode } from '@cartographer/engine';
import { STATE_SIGNS } from '../../screen/style.ts';
import { plain, wrap } from '../../screen/text.ts';
import type { OwnerAccount } from '../account/account.ts';
import type { View } from './view.ts';

type MessagesView = Pick<View, 'style' | 'columns' | 'kind'>;

/** Everything that is not ready: what is said of it, whose move it is, and the next step. What waits for another is one line. */
export function messageLines({ graph, deliveries }: OwnerAccount, view: MessagesView): readonly string[] {
  return [
    ...graphMessages(view.kind.toLowerCase(), graph, view),
    ...deliveries.flatMap(({ name, graph: delivery }) =>
      delivery === undefined ? [] : graphMessages(`deliverable/${name}`, delivery, view),
    ),
  ];
}

type Message = Pick<PathNode, 'state' | 'reason' | 'message' | 'move' | 'next' | 'waitsFor'>;

function graphMessages(name: string, graph: PathGraph, view: MessagesView): readonly string[] {
  const held = graph.nodes.filter(({ state }) => state !== 'ready' && state !== 'skipped');
  const isTold = held.some(({ message, reason }) => message === graph.message && reason === graph.reason);
  const own = graph.state === 'ready' || isTold ? [] : messageOf(name, { ...graph, waitsFor: undefined }, view);
  return [...own, ...held.flatMap((node) => messageOf(`${name} ${node.step}`, node, view))];
}

const INDENT = 4;

function messageOf(name: string, message: Message, { style, columns }: MessagesView): readonly string[] {
  const { state, reason, waitsFor, move, next } = message;
  const said = waitsFor === undefined ? name : `${name} waits for ${waitsFor}`;
  const [first = '', ...rest] = broken(`${STATE_SIGNS[state]} ${state}  ${said}`, columns && columns - 2);
  const sign = `${STATE_SIGNS[state]} ${state}`;
  const title = [first.replace(sign, style.state(state)), ...rest.map((line) => `  ${line}`)];
  if (waitsFor !== undefined) return title;
  const texts = [
    ...(message.message === '' ? [] : [`${reason === '' ? '' : `[${reason}] `}${message.message}`]),
    ...(move === 'nobody' ? [] : [`move: ${move}`]),
    ...(next === undefined ? [] : [`next: ${next}`]),
  ];
  const lines = texts.flatMap((text) => broken(text, columns === undefined ? undefined : columns - INDENT));
  return [...title, ...lines.map((line) => `${' '.repeat(INDENT)}${line}`)];
}

function broken(text: string, columns: number | undefined): readonly string[] {
  return columns === undefined ? plain(text).split('\n') : wrap(plain(text), Math.max(1, columns));
}
