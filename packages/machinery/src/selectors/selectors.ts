import { parseGoInteger } from '../jsonpath/jsonpath-lexis.ts';
import { goQuote } from '../text/go-text.ts';
import { labelKeyErrors, labelValueErrors } from '../text/names.ts';
import { SelectorError } from './selector-error.ts';

/** The comparison of one requirement, spelled as Kubernetes' `selection.Operator`. */
export type SelectorOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

/** One requirement of a label selector. */
export type LabelRequirement = {
  readonly key: string;
  readonly operator: SelectorOperator;
  readonly values: readonly string[];
};

/** A set of requirements on labels, all of which must hold. */
export interface LabelSelector {
  /** The requirements, sorted by key. */
  readonly requirements: readonly LabelRequirement[];
  /** True for a selector without requirements, which matches everything. */
  readonly empty: boolean;
  /** Whether these labels satisfy every requirement. */
  matches(labels: Readonly<Record<string, string>> | undefined): boolean;
  /** The selector as `labelSelector=` has it in a URL; parses back to an equal selector. */
  toString(): string;
}

/** `metav1.LabelSelector`, as it stands in specs. */
export type LabelSelectorSpec = {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
};

/** One term of a field selector. */
export type FieldRequirement = { readonly path: string; readonly op: '=' | '!='; readonly value: string };

const SPEC_OPERATORS: Readonly<Record<string, SelectorOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

/**
 * The selector that a `metav1.LabelSelector` means: matchLabels and matchExpressions, all of them.
 * @throws SelectorError with the text of Kubernetes' LabelSelectorAsSelector.
 */
export function labelSelectorOf(spec: LabelSelectorSpec): LabelSelector {
  const { matchLabels = {}, matchExpressions = [] } = spec;
  const fromLabels = Object.keys(matchLabels)
    .toSorted()
    .map((key) => createRequirement(key, '=', [matchLabels[key] ?? '']));
  const fromExpressions = matchExpressions.map(({ key, operator, values = [] }) => {
    const known = Object.hasOwn(SPEC_OPERATORS, operator) ? SPEC_OPERATORS[operator] : undefined;
    if (known === undefined) throw new SelectorError(`${goQuote(operator)} is not a valid label selector operator`);
    return createRequirement(key, known, values);
  });
  return createLabelSelector([...fromLabels, ...fromExpressions]);
}

/** A selector of these requirements, which must be valid. */
export function createLabelSelector(requirements: readonly LabelRequirement[]): LabelSelector {
  const sorted = requirements.toSorted((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));
  return {
    requirements: sorted,
    empty: sorted.length === 0,
    matches: (labels) => sorted.every((requirement) => satisfies(labels, requirement)),
    toString: () => sorted.map((requirement) => printRequirement(requirement)).join(','),
  };
}

/**
 * A checked requirement, as `labels.NewRequirement`.
 * @throws SelectorError that lists everything wrong with it.
 */
export function createRequirement(
  key: string,
  operator: SelectorOperator,
  values: readonly string[],
): LabelRequirement {
  const keyErrors = labelKeyErrors(key);
  const errors = [
    ...(keyErrors.length === 0 ? [] : [invalid('key', key, keyErrors.join('; '))]),
    ...valueCountErrors(operator, values),
    ...values.flatMap((value, i) => {
      const valueErrors = labelValueErrors(value);
      return valueErrors.length === 0 ? [] : [invalid(`values[${i}][${key}]`, value, valueErrors.join('; '))];
    }),
  ];
  const distinct = [...new Set(errors)];
  if (distinct.length > 0) throw new SelectorError(distinct.length === 1 ? distinct[0] : `[${distinct.join(', ')}]`);
  return { key, operator, values };
}

/** Checks a key on its own, where a parser meets it; the field path is Go's nil path. */
export function checkLabelKey(key: string): void {
  const errors = labelKeyErrors(key);
  if (errors.length > 0) throw new SelectorError(invalid('<nil>', key, errors.join('; ')));
}

function valueCountErrors(operator: SelectorOperator, values: readonly string[]): readonly string[] {
  const bad = (rule: string) => [invalidList(values, rule)];
  switch (operator) {
    case 'in':
    case 'notin':
      return values.length === 0 ? bad("for 'in', 'notin' operators, values set can't be empty") : [];
    case '=':
    case '==':
    case '!=':
      return values.length === 1 ? [] : bad('exact-match compatibility requires one single value');
    case 'exists':
    case '!':
      return values.length === 0 ? [] : bad('values set must be empty for exists and does not exist');
    case 'gt':
    case 'lt':
      return [
        ...(values.length === 1 ? [] : bad("for 'Gt', 'Lt' operators, exactly one value is required")),
        ...values.flatMap((value, i) =>
          parseGoInteger(value) === undefined
            ? [invalid(`values[${i}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer")]
            : [],
        ),
      ];
    default:
      return operator satisfies never;
  }
}

function invalid(field: string, value: string, rule: string): string {
  return `${field}: Invalid value: ${goQuote(value)}: ${rule}`;
}

/** Go prints the list with `%#v`. */
function invalidList(values: readonly string[], rule: string): string {
  const list = values.length === 0 ? '[]string(nil)' : `[]string{${values.map((value) => goQuote(value)).join(', ')}}`;
  return `values: Invalid value: ${list}: ${rule}`;
}

/** `!=` and `notin` hold for objects without the key, everything else but `!` needs it. */
function satisfies(labels: Readonly<Record<string, string>> | undefined, requirement: LabelRequirement): boolean {
  const { key, operator, values } = requirement;
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'in':
    case '=':
    case '==':
      return value !== undefined && values.includes(value);
    case 'notin':
    case '!=':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'gt':
    case 'lt': {
      const bound = parseGoInteger(values[0] ?? '');
      const actual = value === undefined ? undefined : parseGoInteger(value);
      if (bound === undefined || actual === undefined) return false;
      return operator === 'gt' ? actual > bound : actual < bound;
    }
    default:
      return operator satisfies never;
  }
}

function printRequirement({ key, operator, values }: LabelRequirement): string {
  const list = values.toSorted().join(',');
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${list})`;
    case 'gt':
      return `${key}>${list}`;
    case 'lt':
      return `${key}<${list}`;
    case '=':
    case '==':
    case '!=':
      return `${key}${operator}${list}`;
    default:
      return operator satisfies never;
  }
}

/**
 * Parses `metadata.name=a,status.phase!=Running`; terms come sorted, empty terms are skipped, `==` is `=`.
 * @throws SelectorError with Kubernetes' text.
 */
export function parseFieldSelector(text: string): readonly FieldRequirement[] {
  return splitFieldTerms(text)
    .toSorted()
    .filter((term) => term !== '')
    .map((term) => {
      const match = /^([^=!]*(?:!(?!=)[^=!]*)*)(!=|==|=)([\s\S]*)$/.exec(term);
      if (match === null) throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
      const [, path = '', operator = '', value = ''] = match;
      return { path, op: operator === '!=' ? ('!=' as const) : ('=' as const), value: unescapeFieldValue(value) };
    })
    .filter(({ path, value }) => path !== '' || value !== '');
}

/** Splits at commas that no backslash escapes; the escapes stay in the terms. */
function splitFieldTerms(text: string): readonly string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...terms, text.slice(start)];
}

function unescapeFieldValue(value: string): string {
  return value.replace(/\\([\s\S]?)|[,=]/gu, (sequence: string, escaped: string | undefined) => {
    if (escaped === undefined) {
      throw new SelectorError(`invalid field selector: unescaped character in value: ${sequence.codePointAt(0)}`);
    }
    if (escaped !== '' && '\\,='.includes(escaped)) return escaped;
    throw new SelectorError(`invalid field selector: invalid escape sequence: ${sequence}`);
  });
}
