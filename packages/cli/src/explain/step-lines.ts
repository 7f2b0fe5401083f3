import type { InputAccount, LiveAccount, ParamAccount, ReadAccount, StepAccount } from '@cartographer/engine';
import { missText, needText } from '@cartographer/engine';
import type { Json } from '@cartographer/machinery';
import { stringifyJson, toYaml } from '@cartographer/machinery';
import { ageSince } from '../screen/ages.ts';
import { STATE_SIGNS, type Style } from '../screen/style.ts';
import { cut, plain, plainLine } from '../screen/text.ts';
import { blockLines, type Row } from './block.ts';

type Look = {
  readonly style: Style;
  readonly columns: number | undefined;
  readonly nowMs: number;
  /** All is told, with what the template renders. */
  readonly isWhole: boolean;
};

const INDENT = 2;
const LONGEST_VALUE = 72;
/** Fields of one manager that are named. */
const MOST_FIELDS = 6;

/** A step of an account: in one line where there is nothing to say of it. */
export function stepLines(step: StepAccount, look: Look): readonly string[] {
  const { style, columns, isWhole } = look;
  const isDone = step.state === 'ready' || step.state === 'skipped';
  const rows = isDone && !isWhole ? noteRows(step, style) : stepRows(step, look);
  const rendered = isWhole && step.rendered.kind === 'rendered' ? step.rendered.object : undefined;
  return [
    ...(isDone && !isWhole ? [] : ['']),
    ...(isWhole ? [] : [headLine(step, look)]),
    ...blockLines(rows, isWhole ? INDENT : INDENT * 2, columns),
    ...(rendered === undefined ? [] : ['', style.bold('Renders'), ...yamlLines(rendered)]),
  ];
}

function headLine(step: StepAccount, { style, columns, nowMs }: Look): string {
  const { state } = step;
  const output = step.outputs.at(-1)?.preview ?? '';
  const age = ageSince(step.since, nowMs);
  const text = plainLine(
    `${step.step}  ${state}${age === '' ? '' : `  ${age}`}${output === '' ? '' : `  ${shortened(output)}`}`,
  );
  return `${style.inState(state, STATE_SIGNS[state])} ${columns === undefined ? text : cut(text, columns - 2)}`;
}

function shortened(preview: string): string {
  return preview.trim().replace(/(sha\d+:[0-9a-f]{12})[0-9a-f]+/g, '$1');
}

function yamlLines(object: Json): readonly string[] {
  return plain(toYaml(object))
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`);
}

function stepRows(step: StepAccount, look: Look): readonly Row[] {
  const { style, nowMs } = look;
  const { message, reason, awaits, template, move, next, waitsFor } = step;
  const isHeld = waitsFor !== undefined && !look.isWhole;
  const isDone = step.state === 'ready' || step.state === 'skipped';
  const why = isHeld ? (message.split(': ', 1)[0] ?? '') : [reason, message].filter(Boolean).join(': ');
  if (isHeld) return [['why', why], ...noteRows(step, style)];
  const age = ageSince(step.since, nowMs);
  return [
    ...(why === '' ? [] : [['why', why] as const]),
    ...(look.isWhole && age !== '' ? [['since', age] as const] : []),
    ...(awaits === undefined ? [] : [['awaits', awaits] as const]),
    ...(isDone ? [] : [['move', { text: move, paint: move === 'nobody' ? style.faint : style.bold }] as const]),
    ...(isDone || next === undefined ? [] : [['next', { text: next, paint: style.info }] as const]),
    ...(template === undefined ? [] : [['template', `${template.kind} ${template.name}`] as const]),
    ...choiceRows(step),
    ...step.params.map((param): Row => ['param', paramText(param)]),
    ...step.inputs.map((input): Row => ['input', inputText(input)]),
    ...(step.rendered.kind === 'faulty' ? [['renders', step.rendered.message] as const] : []),
    ...(step.rendered.kind === 'nothing' && look.isWhole
      ? [['renders', `nothing: ${step.rendered.why}`] as const]
      : []),
    ...liveRows(step.live),
    ...step.reads.map((read): Row => ['reads', readText(read, step.live)]),
    ...noteRows(step, style),
  ];
}

function noteRows({ notes }: StepAccount, style: Style): readonly Row[] {
  return notes.map(({ move, text }): Row => ['note', { text: `${text} (${move})`, paint: style.warn }]);
}

function choiceRows({ choice }: StepAccount): readonly Row[] {
  return choice.map(({ name, fit, taken, passesThrough, terms, message }): Row => {
    const what = passesThrough ? `pass ${name} through` : name;
    if (fit === 'broken') return ['option', `${what}: its selector is broken: ${message}`];
    if (fit === 'misses') return ['option', missText(what, terms)];
    return ['option', `${what} ${taken ? 'is taken' : 'fits'}: ${terms.map(needText).join(', ')}`];
  });
}

function paramText({ name, value, given, locked }: ParamAccount): string {
  const winner = given.find(({ wins }) => wins);
  const others = given.filter(({ wins }) => !wins).map((it) => `${it.level} ${it.as} ${valueText(it.value)}`);
  const from = winner === undefined ? '' : ` from ${winner.level} ${winner.as}`;
  const rest = others.length === 0 ? '' : `; not ${others.join(', not ')}`;
  return `${name} = ${valueText(value)}${from}${rest}${locked ? ' (locked against the owner)' : ''}`;
}

function inputText({ input, kind, from, value, stemsFrom }: InputAccount): string {
  const what = kind === 'deployment' ? kind : kind.slice(0, -1);
  const name = what === input ? what : `${what} ${input}`;
  if (value === undefined) return `${name} of step ${from}: nothing yet`;
  const origin =
    stemsFrom === undefined || stemsFrom.step === from
      ? ''
      : `, which stems from ${stemsFrom.revision} of step ${stemsFrom.step}`;
  return `${name} of step ${from}: ${cut(shortened(value).split('\n').join(' '), LONGEST_VALUE)}${origin}`;
}

function liveRows(live: LiveAccount): readonly Row[] {
  if (live.kind === 'nothing') return [];
  const object = `${live.resource}/${live.name}`;
  if (live.kind === 'absent') return [['object', `${object} is not there`]];
  if (live.kind === 'unread') return [['object', `${object} could not be read: ${live.message}`]];
  const { generation, observedGeneration, condition, differences, others } = live;
  const lag =
    generation !== undefined && observedGeneration !== undefined && observedGeneration !== generation
      ? `, generation ${generation}, of which its controller has seen ${observedGeneration}`
      : '';
  const said = condition === undefined ? [] : [conditionText(condition)];
  return [
    ['object', `${object}${lag}`],
    ...said.map((text): Row => ['says', text]),
    ...differences.map(({ path, ours, live: there, managers }): Row => {
      const held = managers.length === 0 ? '' : ` (held by ${managers.join(', ')})`;
      return ['differs', `${path}: the template sets ${valueText(ours)}, there is ${valueText(there)}${held}`];
    }),
    ...others.map(({ manager, fields }): Row => {
      const more = fields.length > MOST_FIELDS ? `, and ${fields.length - MOST_FIELDS} more` : '';
      return ['others', `${manager} holds ${fields.slice(0, MOST_FIELDS).join(', ')}${more}`];
    }),
  ];
}

function conditionText({
  type,
  status,
  reason,
  message,
}: NonNullable<Extract<LiveAccount, { kind: 'there' }>['condition']>): string {
  return [`${type} ${status}`, reason, message].filter(Boolean).join(': ');
}

function readText(read: ReadAccount, live: LiveAccount): string {
  const what = `${read.name} at ${read.path}`;
  if (read.kind === 'found') return `${what}: ${cut(shortened(read.value).split('\n').join(' '), LONGEST_VALUE)}`;
  const kind = live.kind === 'there' ? live.object.kind : 'the kind';
  const schema = read.inSchema === 'no' ? `; ${kind} has no such field` : '';
  if (read.nearest === undefined) return `${what}: nothing there, ${read.message}${schema}`;
  const { exists, keys, similar } = read.nearest;
  const near =
    similar === undefined
      ? `${exists === '' ? 'it' : exists} has ${keys.join(', ') || 'nothing'}`
      : `nearest is ${similar}`;
  return `${what}: nothing there; ${near}${schema}`;
}

function valueText(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  return cut(stringifyJson(value), LONGEST_VALUE);
}
