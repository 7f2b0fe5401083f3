import { styleText } from 'node:util';
import type { Flow, Step } from './flow.ts';

/** What the live view shows. */
export type View = {
  readonly flows: readonly Flow[];
  /** Addresses of running apps by owner key. */
  readonly urls: ReadonlyMap<string, string>;
  readonly nowMs: number;
};

const SIGN = { ready: '●', waiting: '○', failed: '✗', refused: '⊘' } as const;
const COLOUR = { ready: 'green', waiting: 'yellow', failed: 'red', refused: 'magenta' } as const;

/** The lines of the live view, none wider than `width`. */
export function viewLines({ flows, urls, nowMs }: View, width: number): readonly string[] {
  if (flows.length === 0) return ['no workloads yet: kubectl apply one'];
  return flows.flatMap((flow) => {
    const url = urls.get(flow.key);
    const title = `${flow.key}  ${flow.blueprint ?? 'no supply chain'}${url === undefined ? '' : `  ${url}`}`;
    const why = flow.state === 'ready' || flow.message === '' ? [] : [cut(`  ${flow.message}`, width)];
    return [
      signed(flow.state, cut(title, width - 2)),
      ...flow.steps.map((step) => stepLine(step, nowMs, width)),
      ...why,
    ];
  });
}

function stepLine(step: Step, nowMs: number, width: number): string {
  const age = step.since === undefined ? '' : ageText(nowMs - Date.parse(step.since));
  const text = step.value === '' && step.state !== 'ready' ? step.message : step.value;
  return `  ${signed(step.state, cut(`${step.name.padEnd(12)} ${age.padStart(4)}  ${text}`, width - 4))}`;
}

function signed(state: Step['state'], text: string): string {
  return `${styleText(COLOUR[state], SIGN[state])} ${text}`;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** An age as kubectl writes it: `45s`, `12m`, `3h`, `2d`. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

/** Lines about what changed between two looks, for a log that is no terminal. */
export function changeLines(before: Flow | undefined, after: Flow): readonly string[] {
  const known = new Map(before?.steps.map((step) => [step.name, step]));
  const steps = after.steps.flatMap((step) => {
    const old = known.get(step.name);
    if (old?.state === step.state && old.value === step.value && old.message === step.message) return [];
    const text = step.value === '' ? step.message : step.value;
    return [`${after.key} ${step.name}: ${step.state}${text === '' ? '' : ` ${text}`}`];
  });
  const changed = before?.state !== after.state || before.message !== after.message;
  return changed
    ? [...steps, `${after.key}: ${after.state}${after.message === '' ? '' : ` (${after.message})`}`]
    : steps;
}
