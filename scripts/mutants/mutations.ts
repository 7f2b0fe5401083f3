import { parseSync, Visitor } from 'oxc-parser';

/** One small bug: a piece of a source file, and what stands there instead. */
export type Mutation = {
  readonly operator: string;
  /** Offsets in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  /** Counted from 1. */
  readonly line: number;
  /** The line as it stands, and as it would. */
  readonly before: string;
  readonly after: string;
  /** Counts, from 1, bugs of a file that are else the same. */
  readonly nth: number;
};

/** What tells a bug from the others of its file. It stays the same wherever in the file the line moves. */
export type Identity = Pick<Mutation, 'operator' | 'before' | 'after' | 'nth'>;

type Edit = Pick<Mutation, 'operator' | 'start' | 'end' | 'replacement'>;
type Span = { readonly start: number; readonly end: number };

const OTHER_OPERATOR: Readonly<Record<string, string>> = {
  '===': '!==',
  '!==': '===',
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '&&': '||',
  '||': '&&',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
};

const EQUALITY = new Set(['===', '!==']);

/** Methods that a plausible slip confuses. */
const OTHER_METHOD: Readonly<Record<string, string>> = {
  some: 'every',
  every: 'some',
  find: 'findLast',
  findLast: 'find',
  min: 'max',
  max: 'min',
};

/** Methods whose call may be forgotten: `list.filter(f)` becomes `list`. */
const FORGETTABLE = new Set(['filter', 'toSorted', 'toReversed']);

/** What is only told, and no promise: a log line that is lost or says less is not a bug that a test has to notice. */
const TELLING = /^(?:await |void )?(?:[\w.#]*[.#])?(?:log|say)\b/;

/**
 * All single bugs that are tried in a source file: conditions forced or turned, operators swapped, statements and
 * properties left out, whole numbers off by one. In the order of the file. Throws when the source cannot be parsed.
 */
export function mutationsOf(file: string, source: string): readonly Mutation[] {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`);
  const edits: Edit[] = [];
  const text = ({ start, end }: Span): string => source.slice(start, end);
  const add = (operator: string, { start, end }: Span, replacement: string): void => {
    if (source.slice(start, end) !== replacement) edits.push({ operator, start, end, replacement });
  };
  const conditions = new Map<number, number>();
  const types = new Set<number>();
  const told: Span[] = [];
  const force = (test: Span): void => {
    for (const value of ['true', 'false']) add(`condition ${value}`, test, value);
    conditions.set(test.start, test.end);
  };
  const swap = ({ left, right, operator }: { left: Span; right: Span; operator: string }): void => {
    const other = OTHER_OPERATOR[operator];
    const between = { start: left.end, end: right.start };
    if (other !== undefined) add(`${operator} as ${other}`, between, text(between).replace(operator, other));
  };
  const leaveOut = (list: readonly (Span | null)[], i: number, what: string): void => {
    const span = list[i];
    if (span === undefined || span === null) return;
    const next = list[i + 1]?.start;
    const end = next ?? (source.slice(span.end).match(/^\s*,/)?.[0].length ?? 0) + span.end;
    add(`${what} left out`, { start: span.start, end }, '');
  };
  new Visitor({
    IfStatement: ({ test }) => force(test),
    ConditionalExpression: ({ test }) => force(test),
    BinaryExpression(node) {
      // A test that notices a condition forced both ways notices it turned as well.
      const isTurnedOnly = EQUALITY.has(node.operator) && conditions.get(node.start) === node.end;
      if (!isTurnedOnly) swap(node);
    },
    LogicalExpression(node) {
      if (node.operator !== '??') swap(node);
      else add('?? left out', node, text(node.left));
    },
    UnaryExpression({ operator, argument, start, end }) {
      if (operator === '!') add('! left out', { start, end }, text(argument));
    },
    TSLiteralType: ({ literal }) => void types.add(literal.start),
    Literal({ value, start, end }) {
      if (types.has(start)) return;
      if (typeof value === 'boolean') add('boolean turned', { start, end }, String(!value));
      if (typeof value === 'number' && Number.isSafeInteger(value)) add('off by one', { start, end }, `${value + 1}`);
    },
    ExpressionStatement({ expression, start, end }) {
      if (TELLING.test(text({ start, end }))) told.push({ start, end });
      else if (expression.type !== 'Literal') add('statement left out', { start, end }, '{}');
    },
    CallExpression({ callee, start, end }) {
      if (TELLING.test(text(callee))) told.push({ start, end });
      if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier') return;
      const { name } = callee.property;
      const other = OTHER_METHOD[name];
      if (other !== undefined) add(`${name} as ${other}`, callee.property, other);
      if (FORGETTABLE.has(name)) add(`${name} left out`, { start, end }, text(callee.object));
    },
    ObjectExpression: ({ properties }) => properties.forEach((_, i) => leaveOut(properties, i, 'property')),
    ArrayExpression({ elements }) {
      elements.forEach((element, i) => {
        if (element?.type === 'SpreadElement') leaveOut(elements, i, 'spread');
      });
    },
  }).visit(program);
  const isTold = (edit: Edit): boolean => told.some(({ start, end }) => start <= edit.start && edit.end <= end);
  return named(
    source,
    edits.filter((edit) => !isTold(edit)).toSorted((a, b) => a.start - b.start || a.end - b.end),
  );
}

/** An identity as one text. */
export function idOf({ operator, before, after, nth }: Identity): string {
  return [operator, before, after, nth].join('\n');
}

/** The source with the bug in it. */
export function mutated(source: string, { start, end, replacement }: Edit): string {
  return source.slice(0, start) + replacement + source.slice(end);
}

function named(source: string, edits: readonly Edit[]): readonly Mutation[] {
  const seen = new Map<string, number>();
  return edits.map((edit) => {
    const from = source.lastIndexOf('\n', edit.start - 1) + 1;
    const to = endOfLine(source, edit.end);
    const before = oneLine(source.slice(from, to));
    const after = oneLine(source.slice(from, edit.start) + edit.replacement + source.slice(edit.end, to));
    const key = `${edit.operator}\n${before}\n${after}`;
    const nth = (seen.get(key) ?? 0) + 1;
    seen.set(key, nth);
    return { ...edit, line: source.slice(0, edit.start).split('\n').length, before, after, nth };
  });
}

function endOfLine(source: string, offset: number): number {
  const end = source.indexOf('\n', offset);
  return end === -1 ? source.length : end;
}

function oneLine(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, ' ');
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}
