import { styleText } from 'node:util';
import type { Flow, Step } from './flow.ts';

/** What the live view shows. */
export type View = {
  readonly flows: readonly Flow[];
  /** Addresses of running apps by owner key. */
  readonly urls: ReadonlyMap<string, string>;
  /** What is wrong with a source of advisories, by its name. */
  readonly notes: ReadonlyMap<string, string>;
  readonly nowMs: number;
};

const SIGN = { ready: '●', waiting: '○', failed: '✗', refused: '⊘' } as const;
const COLOUR = { ready: 'green', waiting: 'yellow', failed: 'red', refused: 'magenta' } as const;

/** A reason has room for this many lines: what would open a gate stands at its end. */
const MOST_LINES = 6;

/** The lines of the live view, none wider than `width`. */
export function viewLines({ flows, urls, notes, nowMs }: View, width: number): readonly string[] {
  const told = [...notes].flatMap(([name, note]) => wrapped(noteText(name, note), width));
  if (flows.length === 0) return ['no workloads yet: kubectl apply one', ...told];
  const all = flows.flatMap((flow) => {
    const url = urls.get(flow.key);
    const title = `${flow.key}  ${flow.blueprint ?? 'no supply chain'}${url === undefined ? '' : `  ${url}`}`;
    const why = flow.state === 'ready' || flow.message === '' ? [] : wrapped(flow.message, width);
    return [
      signed(flow.state, cut(title, width - 2)),
      ...flow.steps.map((step) => stepLine(step, nowMs, width)),
      ...why,
    ];
  });
  return [...all, ...told];
}

function stepLine(step: Step, nowMs: number, width: number): string {
  const age = step.since === undefined ? '' : ageText(nowMs - Date.parse(step.since));
  return `  ${signed(step.state, cut(`${step.name.padEnd(12)} ${age.padStart(4)}  ${textOf(step)}`, width - 4))}`;
}

/** Why a step is not ready comes before the value that it still has. */
function textOf({ state, message, value }: Step): string {
  return state === 'ready' || message === '' ? value : message;
}

/** A text on lines of its own, two columns in, broken between words. */
function wrapped(text: string, width: number): readonly string[] {
  const room = Math.max(1, width - 2);
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && (longer.length <= room || lines.length === MOST_LINES)) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line) => cut(`  ${line}`, width));
}

/** Says what is wrong with a source of advisories. */
export function noteText(name: string, note: string): string {
  return `ClusterVulnerabilitySource ${name}: ${note}`;
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
    return [`${after.key} ${step.name}: ${stateText(step.state, textOf(step))}`];
  });
  const changed = before?.state !== after.state || before.message !== after.message;
  return changed ? [...steps, `${after.key}: ${stateText(after.state, after.message)}`] : steps;
}

/** A state and what there is to say of it; a message that begins with the state itself is enough. */
function stateText(state: Step['state'], text: string): string {
  if (text.startsWith(state) || (state === 'waiting' && text.startsWith('waits '))) return text;
  return text === '' ? state : `${state}${state === 'ready' ? '' : ':'} ${text}`;
}
