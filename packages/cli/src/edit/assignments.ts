/** What a flag of `KEY=VALUE` and `KEY-` says, in the order in which it was given. */
export type Assignments<T = string> = {
  readonly set: ReadonlyMap<string, T>;
  readonly removed: ReadonlySet<string>;
};

/** Whether anything is assigned or taken away. */
export function hasAny({ set, removed }: Assignments<unknown>): boolean {
  return set.size > 0 || removed.size > 0;
}

/** The assignments with one more; an empty text takes the key away. */
export function withAssignment({ set, removed }: Assignments, key: string, text: string): Assignments {
  return text === '' ? { set, removed: new Set([...removed, key]) } : { set: new Map([...set, [key, text]]), removed };
}

/** How {@link readAssignments} reads the values of one flag. */
export type AssignmentRules<T> = {
  /** `--env`, for messages. */
  readonly flag: string;
  /** Makes a value of its text, or says what is wrong with it. */
  readonly value: (text: string) => { readonly value: T } | { readonly problem: string };
  /** What is wrong with a key. */
  readonly key?: (key: string) => readonly string[];
};

/** Reads `KEY=VALUE` and `KEY-`; a key that is given twice with two meanings is a problem, for no order is to count. */
export function readAssignments<T>(
  texts: readonly string[] | undefined,
  { flag, value, key: keyErrors }: AssignmentRules<T>,
  problems: string[],
): Assignments<T> {
  const set = new Map<string, T>();
  const removed = new Set<string>();
  const said = new Map<string, string>();
  for (const text of texts ?? []) {
    const at = text.indexOf('=');
    const key = at < 0 ? text.replace(/-$/, '') : text.slice(0, at);
    if (key === '' || (at < 0 && !text.endsWith('-'))) {
      problems.push(`${flag} "${text}": give KEY=VALUE, or KEY- to take it away`);
      continue;
    }
    const before = said.get(key);
    if (before !== undefined && before !== text) {
      problems.push(`${flag}: "${key}" is given twice, as "${before}" and "${text}"`);
      continue;
    }
    said.set(key, text);
    problems.push(...(keyErrors?.(key) ?? []).map((error) => `${flag} "${key}": ${error}`));
    if (at < 0) removed.add(key);
    else {
      const read = value(text.slice(at + 1));
      if ('problem' in read) problems.push(`${flag} "${key}": ${read.problem}`);
      else set.set(key, read.value);
    }
  }
  return { set, removed };
}

/** A text as it is. */
export function asText(text: string): { readonly value: string } {
  return { value: text };
}

/** `a=b,c=d` in one value; a piece that assigns nothing belongs to the value before it. */
export function splitPairs(texts: readonly string[] | undefined): readonly string[] | undefined {
  return texts?.flatMap((text) => {
    const pairs: string[] = [];
    for (const piece of text.split(',')) {
      const before = pairs.at(-1);
      if (before?.includes('=') === true && !piece.includes('=') && !piece.endsWith('-')) {
        pairs[pairs.length - 1] = `${before},${piece}`;
      } else pairs.push(piece);
    }
    return pairs;
  });
}
