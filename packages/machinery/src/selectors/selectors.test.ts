import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import recorded from '../recorded/selectors.json' with { type: 'json' };
import { SelectorError } from './selector-error.ts';
import { parseLabelSelector } from './selector-parser.ts';
import { createLabelSelector, createRequirement, labelSelectorOf, parseFieldSelector } from './selectors.ts';

const labels = recorded.labels;

function outcome<T>(run: () => T): T | { error: string } {
  try {
    return run();
  } catch (error) {
    if (error instanceof SelectorError) return { error: error.message };
    throw error;
  }
}

describe('label selectors as Kubernetes parses them', () => {
  it.each(recorded.parsed)('$text', ({ text, ...expected }) => {
    const actual = outcome(() => {
      const selector = parseLabelSelector(text);
      return { prints: selector.toString(), empty: selector.empty, matches: selector.matches(labels) };
    });
    expect(actual).toEqual(expected);
  });
});

describe('metav1.LabelSelector', () => {
  it.each(recorded.specs)('$spec', ({ spec, ...expected }) => {
    const actual = outcome(() => {
      const selector = labelSelectorOf(spec as Parameters<typeof labelSelectorOf>[0]);
      return { prints: selector.toString(), matches: selector.matches(labels) };
    });
    expect(actual).toEqual(expected);
  });

  it('knows no operator by a name of Object.prototype', () => {
    const spec = { matchExpressions: [{ key: 'a', operator: 'toString' }] };
    expect(outcome(() => labelSelectorOf(spec))).toEqual({
      error: '"toString" is not a valid label selector operator',
    });
  });

  it('tells of the first bad label by key, in whatever order they stand', () => {
    const texts = [
      { b: 'x!', a: 'y!' },
      { a: 'y!', b: 'x!' },
    ].map((matchLabels) => outcome(() => labelSelectorOf({ matchLabels })));
    expect(texts[0]).toEqual({ error: expect.stringContaining('values[0][a]: Invalid value: "y!"') });
    expect(texts[1]).toEqual(texts[0]);
  });
});

describe('a requirement', () => {
  const exact = 'exact-match compatibility requires one single value';
  const bound = "for 'Gt', 'Lt' operators, exactly one value is required";

  it.each([
    ['=', ['x', 'y'], `values: Invalid value: []string{"x", "y"}: ${exact}`],
    ['==', [], `values: Invalid value: []string(nil): ${exact}`],
    ['!=', ['x', 'y'], `values: Invalid value: []string{"x", "y"}: ${exact}`],
    ['gt', ['1', '2'], `values: Invalid value: []string{"1", "2"}: ${bound}`],
    ['lt', [], `values: Invalid value: []string(nil): ${bound}`],
  ] as const)('of %s with the values %j is refused', (operator, values, error) => {
    expect(outcome(() => createRequirement('a', operator, values))).toEqual({ error });
  });
});

describe('field selectors', () => {
  it.each(recorded.fields)('$text', ({ text, ...expected }) => {
    const actual = outcome(() => ({
      terms: parseFieldSelector(text).map(({ path, op, value }) => `${path} ${op} ${value}`),
    }));
    expect(actual).toEqual(expected);
  });
});

describe('laws', () => {
  const word = fc.stringMatching(/^[a-z0-9](?:[-a-zA-Z0-9_.]{0,5}[a-z0-9])?$/);
  const requirement = fc.oneof(
    fc.tuple(word, fc.constantFrom('=', '==', '!=' as const), fc.tuple(word)),
    fc.tuple(word, fc.constantFrom('in', 'notin' as const), fc.uniqueArray(word, { minLength: 1, maxLength: 3 })),
    fc.tuple(word, fc.constantFrom('exists', '!' as const), fc.constant([])),
    fc.tuple(word, fc.constantFrom('gt', 'lt' as const), fc.tuple(fc.integer({ min: 0 }).map(String))),
  );
  const selector = fc
    .array(requirement, { maxLength: 4 })
    .map((list) =>
      createLabelSelector(list.map(([key, operator, values]) => createRequirement(key, operator, values))),
    );

  it('a selector parses back from its text', () => {
    fc.assert(
      fc.property(selector, fc.dictionary(word, word), (original, someLabels) => {
        const parsed = parseLabelSelector(original.toString());
        expect(parsed.toString()).toBe(original.toString());
        expect(parsed.matches(someLabels)).toBe(original.matches(someLabels));
      }),
    );
  });

  it('an object without labels matches like one with an empty map', () => {
    fc.assert(
      fc.property(selector, (any) => {
        expect(any.matches(undefined)).toBe(any.matches({}));
      }),
    );
  });

  it('names of Object.prototype are no labels', () => {
    expect(parseLabelSelector('constructor').matches({})).toBe(false);
    expect(parseLabelSelector('!toString').matches({})).toBe(true);
  });
});
