import type { StepState } from '@cartographer/api';
import type { DrawnGraph } from './graph.ts';

/** Colours of states, that pages with light and with dark ground can be read. */
const STATE_STYLES: Readonly<Record<StepState, string>> = {
  ready: 'stroke:#2e7d32',
  running: 'stroke:#0277bd',
  waiting: 'stroke:#f9a825',
  failed: 'stroke:#c62828',
  refused: 'stroke:#ad1457',
  blocked: 'stroke:#6a1b9a',
  skipped: 'stroke-dasharray:4',
};

/** A flowchart in Mermaid's language; with an owner, steps have the class of their state. */
export function mermaidText({ graph, ways, loops, order }: DrawnGraph, withStates: boolean): string {
  const idOf = new Map(order.map((step, index) => [step, `s${index}`]));
  const nodes = order.flatMap((step) => {
    const node = graph.nodes.find((each) => each.step === step);
    if (node === undefined) return [];
    const template = node.template?.name ?? node.options.join(' | ');
    const label = [step, ...(template === '' ? [] : [template]), ...(withStates ? [node.state] : [])]
      .map(quoted)
      .join('<br/>');
    return [`  ${idOf.get(step) ?? ''}["${label}"]${withStates ? `:::${node.state}` : ''}`];
  });
  const arrows = [...ways, ...loops].map(({ from, to, inputs }) => {
    return `  ${idOf.get(from) ?? ''} -- "${inputs.map(quoted).join(', ')}" --> ${idOf.get(to) ?? ''}`;
  });
  const classes = withStates ? Object.entries(STATE_STYLES).map(([state, look]) => `  classDef ${state} ${look}`) : [];
  return ['flowchart LR', ...nodes, ...arrows, ...classes].map((line) => `${line}\n`).join('');
}

/** Whatever could end a label, or be taken for markup, as the number of its character. */
function quoted(text: string): string {
  return text.replace(/[^\w .\-/:|]/gu, (character) => `#${character.codePointAt(0) ?? 0};`);
}
