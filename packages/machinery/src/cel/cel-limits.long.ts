import { describe, expect, test } from 'vitest';
import { compileSchema } from '../schema/compiled-schema.ts';
import { invalidMessage } from '../text/field-error.ts';
import type { StructuralSchema } from '../values/structural-schema.ts';
import { createWorkGuard, OutOfTimeError } from '../values/work-guard.ts';
import { type CelOutcome, celCompiler } from './cel.ts';
import { CALL_COST_LIMIT } from './cel-meter.ts';

/** Evaluates a rule, and counts the units of work that it announces before it does them. */
function evaluate(rule: string, self: unknown): { readonly outcome: CelOutcome; readonly units: number } {
  let units = 0;
  const guard = {
    spend: (more: number) => {
      if (more > 5e8) throw new OutOfTimeError('too long');
      units += more;
    },
  };
  return { outcome: celCompiler.compile(rule).evaluate(self, undefined, guard), units };
}

const cancelled = { kind: 'cancelled', message: 'operation cancelled: actual cost limit exceeded' };
const interrupted = { kind: 'cancelled', message: 'operation interrupted' };
const list = Array.from({ length: 3_000 }, (_, i) => BigInt(i));
const text = 'a'.repeat(12_000);
const repeat = (times: number, inner: string, around: (inner: string) => string): string =>
  times === 0 ? inner : repeat(times - 1, around(inner), around);

describe('a rule ends that would take for ever:', () => {
  test.each([
    ['lists within lists', 'self.l.all(a, self.l.all(b, self.l.all(c, self.l.all(d, a + b + c + d >= 0))))'],
    ['items made and thrown away', 'self.l.map(a, self.l.map(b, self.l.filter(c, c == a))).size() > 0'],
    ['a text that doubles', repeat(40, 'self.s', (s) => `[${s}].map(x, x + x)[0]`) + '.size() > 0'],
    ['a list that doubles', repeat(60, 'self.l', (s) => `[${s}].map(x, x + x)[0]`) + '.size() > 0'],
    ['a text joined of many', 'self.l.map(x, self.s).join(self.s).size() > 0'],
    ['a text that replaces each character', `self.s.replace('a', self.s).replace('a', self.s).size() > 0`],
    ['a text that is put between all characters', `self.s.replace('', self.s).size() > 0`],
    ['a long text in a long text', 'self.l.all(x, self.s.contains(self.s + self.s))'],
  ])('%s', (_name, rule) => {
    const { outcome, units } = evaluate(
      rule,
      new Map<string, unknown>([
        ['l', list],
        ['s', text],
      ]),
    );
    expect(outcome.kind === 'cancelled' ? outcome : { ...outcome, rule }).toMatchObject(cancelled);
    expect(units).toBeLessThan(5e8);
  });

  test.each([
    ['equality of what shares its parts', (nested: string) => `${nested} == ${nested.replaceAll('x', 'y')}`],
    ['a search for what shares its parts', (nested: string) => `[${nested}] in [[${nested.replaceAll('x', 'y')}]]`],
    ['the text of what shares its parts', (nested: string) => `'%s'.format([${nested}]).size() > 0`],
  ])('%s', (_name, rule) => {
    const nested = repeat(40, '[self.s]', (s) => `[${s}].map(x, [x, x])[0]`);
    const started = { spent: 0 };
    const guard = {
      spend: (units: number) => {
        started.spent += units;
        if (started.spent > 1e7) throw new OutOfTimeError('too long');
      },
    };
    const self = new Map([['s', 'a']]);
    const outcome = celCompiler.compile(rule(nested)).evaluate(self, undefined, guard);
    expect(outcome).toMatchObject(interrupted);
  });

  test('a search that takes the product of both lengths', () => {
    const self = new Map([
      ['s', 'a'.repeat(3_000_000)],
      ['t', `${'a'.repeat(1_000_000)}b`],
    ]);
    expect(evaluate('self.s.indexOf(self.t) < 0', self).outcome).toMatchObject(interrupted);
    expect(evaluate('self.s.lastIndexOf(self.t) < 0', self).outcome).toMatchObject(interrupted);
    expect(evaluate('self.s.split(self.t).size() > 0', self).outcome).toMatchObject(interrupted);
  });

  test('a pattern that is made to backtrack', () => {
    const self = new Map([['s', text]]);
    expect(evaluate("self.s.matches('^(a+)+$')", self).outcome).toMatchObject({ kind: 'value', value: true });
    expect(evaluate("(self.s + 'b').matches('^(a|aa)+$')", self).outcome).toMatchObject({
      kind: 'value',
      value: false,
    });
  });

  test('a number of a million digits', () => {
    const self = new Map([['s', '1'.repeat(1_000_000)]]);
    expect(evaluate('int(self.s) > 0', self).outcome).toMatchObject({ kind: 'error' });
  });
});

describe('what is within the limits passes:', () => {
  test('map and filter take as long as their list', () => {
    const { outcome, units } = evaluate('self.map(x, x + 1).filter(x, x > 0).size() == 3000', list);
    expect(outcome).toMatchObject({ kind: 'value', value: true });
    expect(units).toBeLessThan(list.length * 300);
  });

  test('an evaluation may cost a million', () => {
    const one = evaluate('self.all(x, x >= 0)', [1n]).outcome.cost;
    const perItem = evaluate('self.all(x, x >= 0)', [1n, 1n]).outcome.cost - one;
    const fitting = Math.floor((CALL_COST_LIMIT - one) / perItem) + 1;
    const of = (length: number): CelOutcome =>
      evaluate(
        'self.all(x, x >= 0)',
        Array.from({ length }, () => 1n),
      ).outcome;
    expect(of(fitting)).toMatchObject({ kind: 'value', value: true });
    expect(of(fitting + 1)).toMatchObject(cancelled);
  });
});

/** Validates `spec.l` under rules of this text on each place. */
function validate(schema: StructuralSchema, spec: object, monotonicMs: () => number = () => 0): string {
  const compiled = compileSchema({ type: 'object', properties: { spec: schema } }, { monotonicMs });
  return invalidMessage(compiled.validate({ spec } as never));
}

describe('the rules of an object', () => {
  const rule = 'self.l.all(x, self.l.all(y, x + y >= 0))';
  const lists = (rules: readonly object[]): StructuralSchema =>
    ({
      type: 'object',
      properties: { l: { type: 'array', items: { type: 'integer' } } },
      'x-kubernetes-validations': rules,
    }) as StructuralSchema;
  const numbers = (length: number): object => ({ l: Array.from({ length }, (_, i) => i) });

  test('end with the first that costs too much', () => {
    const found = validate(lists([{ rule }, { rule: 'false' }]), numbers(1_000));
    expect(found).toBe(
      `spec: Invalid value: "object": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: ${rule}`,
    );
  });

  test('are named by their message, where they have one', () => {
    const found = validate(lists([{ rule, message: 'must add up' }]), numbers(1_000));
    expect(found).toContain('call cost exceeds limit for rule: must add up');
  });

  test('may cost ten million together', () => {
    // 200 items make 7 for each pair: about 280,000.
    const rules = (count: number): readonly object[] => Array.from({ length: count }, () => ({ rule }));
    expect(validate(lists(rules(35)), numbers(200))).toBe('');
    expect(validate(lists(rules(36)), numbers(200))).toBe(
      'spec: Invalid value: "object": validation failed due to running out of cost budget, no further validation rules will be run',
    );
  });

  test('share what they may cost with their messages', () => {
    const costly = { rule: 'false', messageExpression: `${rule} ? 'a' : 'b'` };
    expect(validate(lists([costly, { rule: 'false' }]), numbers(1_000))).toBe(
      `spec: Invalid value: "object": no further validation rules will be run due to call cost exceeds limit for messageExpression: ${JSON.stringify(costly.messageExpression)}`,
    );
    const many = Array.from({ length: 40 }, () => costly);
    expect(validate(lists(many), numbers(200))).toContain(
      'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run',
    );
  });

  test('end by the clock, whatever they cost', () => {
    let now = 0;
    const found = validate(lists([{ rule }, { rule: 'false' }]), numbers(300), () => (now += 6_000));
    expect(found).toBe(`spec: Invalid value: "object": operation interrupted evaluating rule: ${rule}`);
  });

  test('see a message of at most five thousand bytes', () => {
    const said = (length: number): string =>
      validate(
        lists([{ rule: 'false', messageExpression: `'${'é'.repeat(length / 2)}'`, message: 'short' }]),
        numbers(1),
      );
    expect(said(5120)).toContain('éé');
    expect(said(5122)).toBe('spec: Invalid value: "object": short');
  });
});

describe('an expression', () => {
  test.each([
    ['brackets', '('.repeat(251) + 'true' + ')'.repeat(251)],
    ['operators', `self.n${' + 1'.repeat(300)} > 0`],
    ['fields', `self${'.a'.repeat(300)} == 1`],
  ])('may not nest without end: %s', (_name, text) => {
    expect(() => celCompiler.compile(text)).toThrow('expression recursion limit exceeded: 250');
  });

  test('may have as many terms as fit', () => {
    const terms = Array.from({ length: 900 }, (_, i) => `self == ${i}`).join(' || ');
    expect(evaluate(terms, 899n).outcome).toMatchObject({ kind: 'value', value: true });
  });

  test.each(['nope == 1', 'self.nope()', "'a'.matches('(')  || T{a: 1} == 1", 'strings.nope("a") == "a"'])(
    'that names what is not there is refused: %s',
    (text) => {
      expect(() => celCompiler.compile(text)).toThrow('undeclared reference');
    },
  );
});

describe('the guard against work without end', () => {
  test('reads the clock now and then, not at each step', () => {
    let looks = 0;
    const guard = createWorkGuard(10, () => (looks += 1));
    for (let i = 0; i < 1_000_000; i += 1) guard.spend(1);
    expect(looks).toBeLessThan(5);
  });

  test('ends what takes too long, and a single step that would', () => {
    let now = 0;
    const guard = createWorkGuard(10, () => now);
    guard.spend(1e6);
    now = 10;
    expect(() => guard.spend(1e6)).toThrow('took longer than 10 ms');
    expect(() => createWorkGuard(10, () => 0).spend(1e9)).toThrow('a single step would take too long');
  });
});
