import { plainLine } from '../../screen/text.ts';
import type { OwnerAccount } from '../account/account.ts';
import type { View } from './view.ts';

/** The command to try next, by what holds the owner. */
export function nextCommand({ owner, graph }: OwnerAccount, { kind, flags, style }: View): string {
  const { name = '' } = owner.metadata;
  const word = kind.toLowerCase();
  const argument = kind === 'Workload' ? name : `${word}/${name}`;
  const step = graph.nodes.find((node) => node.state === graph.state && node.message === graph.message)?.step;
  const at = step === undefined ? '' : ` --step ${step}`;
  switch (graph.state) {
    case 'ready':
    case 'skipped':
      return line(style, 'To see logs', `carto tail ${argument}${flags}`);
    case 'running':
      return line(style, 'To see what it does', `carto tail ${argument}${flags}`);
    case 'waiting':
      return graph.reason === ''
        ? line(style, 'To wait for it', `carto ${word} get ${name}${flags} --watch`)
        : line(style, 'To see why', `carto explain ${argument}${at}${flags}`);
    case 'failed':
    case 'refused':
    case 'blocked':
      return line(style, 'To see why', `carto explain ${argument}${at}${flags}`);
  }
}

function line({ bold }: View['style'], what: string, command: string): string {
  return `${what}: ${bold(plainLine(command))}`;
}
