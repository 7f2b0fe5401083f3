import { LIFECYCLES } from '@cartographer/api';
import { type Condition, getPath, type Json, type KubeObject, listAt, textAt } from '@cartographer/machinery';
import type { Session } from '../frame/session.ts';
import { stampedKind, templateKey } from '../read/templates.ts';
import { ageSince } from '../screen/ages.ts';
import { type Cell, keyValueLines, tableLines } from '../screen/table.ts';
import { hanging, plainLine } from '../screen/text.ts';
import { paramRows } from './chain-params.ts';
import { healthText } from './health-text.ts';
import { readyCell } from './list-command.ts';
import { optionSelectorOf, selectorOf, selectorText, termRow } from './selector-text.ts';
import type { Served } from './served-owners.ts';

/** What `carto chain get` shows. */
export type ChainView = {
  readonly chain: KubeObject;
  /** By {@link templateKey}. */
  readonly templates: ReadonlyMap<string, KubeObject>;
  /** Undefined where they could not be counted. */
  readonly served: Served | undefined;
};

type Look = Pick<Session, 'style' | 'terminal' | 'clock'>;

/** The screen of a supply chain or a delivery: whom it is for, its params, its steps. */
export function chainLines(view: ChainView, look: Look): readonly string[] {
  const { chain, templates } = view;
  const { style, terminal } = look;
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : ['', style.bold(title), ...lines];
  const { terms, message } = selectorOf(chain);
  const selector = tableLines(
    { head: ['TYPE', 'KEY', 'OPERATOR', 'VALUE'], rows: terms.map(termRow) },
    style,
    terminal.columns,
  );
  const params = paramRows(chain, templates);
  const head = ['PARAM', 'STEP', 'BY', 'OWNER MAY SET IT', 'VALUE'];
  return [
    ...overview(view, look),
    ...section(
      'Selector',
      message !== ''
        ? [style.bad(plainLine(`broken: ${message}`))]
        : terms.length === 0
          ? ['everything, and is never chosen']
          : selector,
    ),
    ...section('Params', params.length === 0 ? [] : tableLines({ head, rows: params }, style, terminal.columns)),
    ...section(
      'Steps',
      listAt(chain, 'spec', 'resources').flatMap((resource, index) => stepLines(resource, index, view, look)),
    ),
    '',
    style.faint(`Next: carto chain graph ${plainLine(chain.metadata.name ?? '')}`),
  ];
}

function overview({ chain, served }: ChainView, { style, clock, terminal }: Look): readonly string[] {
  const { kind, metadata, spec, status } = chain;
  const conditions = listAt(status, 'conditions') as readonly unknown[] as readonly Condition[];
  const open = conditions.filter(({ type, status: is }) => type !== 'Ready' && is !== 'True');
  const account = textAt(spec, 'serviceAccountRef', 'name');
  const namespace = textAt(spec, 'serviceAccountRef', 'namespace');
  const owners =
    served === undefined
      ? 'not counted'
      : served.owners === 0
        ? 'none'
        : `${served.owners}, of which ${served.ready} ready`;
  return keyValueLines(
    [
      ['name', metadata.name ?? ''],
      ['kind', kind],
      ['ready', readyCell(chain, style)],
      ...open.map(({ message }): [string, Cell] => ['why not', { text: message, paint: style.bad }]),
      ['age', ageSince(metadata.creationTimestamp, clock.now())],
      [
        'account',
        account === ''
          ? "the owner's, else default"
          : `${namespace === '' ? '' : `${namespace}/`}${account}, unless the owner names another`,
      ],
      ['owners', owners],
    ],
    terminal.columns,
  );
}

function stepLines(
  resource: Json,
  index: number,
  { templates }: ChainView,
  { style, terminal }: Look,
): readonly string[] {
  const kind = textAt(resource, 'templateRef', 'kind');
  const name = textAt(resource, 'templateRef', 'name');
  const number = `${index + 1}. `;
  const options = listAt(resource, 'templateRef', 'options');
  const body =
    name === '' && options.length > 0
      ? options.flatMap((option) => optionTexts(option, kind, templates))
      : templateTexts(kind, name, templates);
  const lines = [...body, ...inputTexts(resource).map((input) => `reads ${input}`)];
  return [
    `${number}${style.bold(plainLine(textAt(resource, 'name')))}`,
    ...lines.flatMap((line) => {
      const margin = number.length + line.length - line.trimStart().length;
      const [first = '', ...more] = hanging(plainLine(line), margin + 2, terminal.columns);
      const paint = line.includes(MISSING) ? style.bad : (text: string): string => text;
      return [`${' '.repeat(margin)}${paint(first)}`, ...more.map(paint)];
    }),
  ];
}

const MISSING = ', which does not exist';

function templateTexts(kind: string, name: string, templates: ReadonlyMap<string, KubeObject>): readonly string[] {
  const template = templates.get(templateKey(kind, name));
  if (template === undefined) return [`${kind} ${name}${MISSING}`];
  const stamped = stampedKind(template);
  const stamps =
    stamped === undefined ? 'a kind that is decided when it stamps' : `${stamped.kind} of ${stamped.apiVersion}`;
  const given = textAt(template, 'spec', 'lifecycle');
  const lifecycle = LIFECYCLES.find((known) => known === given) ?? 'mutable';
  return [`${kind} ${name}`, `stamps ${stamps}, ${LIFECYCLE_TEXTS[lifecycle]}`, healthText(template)];
}

const LIFECYCLE_TEXTS = {
  mutable: 'one object that is changed in place',
  immutable: 'a new one for each change',
  tekton: 'a new run for each change',
} as const;

function optionTexts(option: Json, kind: string, templates: ReadonlyMap<string, KubeObject>): readonly string[] {
  const when = `when ${selectorText(optionSelectorOf(getPath(option, 'selector')))}: `;
  const passThrough = textAt(option, 'passThrough');
  if (passThrough !== '') return [`${when}hands its input ${passThrough} on unchanged`];
  const [first = '', ...more] = templateTexts(kind, textAt(option, 'name'), templates);
  return [`${when}${first}`, ...more.map((line) => `  ${line}`)];
}

function inputTexts(resource: Json): readonly string[] {
  const lists = (['sources', 'images', 'configs'] as const).flatMap((kind) =>
    listAt(resource, kind).map((input) => {
      const [name, from] = [textAt(input, 'name'), textAt(input, 'resource')];
      return `${kind.slice(0, -1)} of step ${from}${name === from ? '' : ` as ${name}`}`;
    }),
  );
  const deployment = textAt(resource, 'deployment', 'resource');
  return deployment === '' ? lists : [...lists, `deployment of step ${deployment}`];
}
