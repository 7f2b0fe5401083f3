/**
 * How many instructions a pattern makes when its counted repeats are written out, roughly and rather too many: what
 * compiling it costs, and each character of a text at worst. Patterns that cannot be parsed have a size, too.
 */
export function programSize(pattern: string): number {
  /** Sizes of the open groups, outermost first. */
  const groups: number[] = [0];
  let last = 0;
  const add = (size: number): void => {
    groups[groups.length - 1] = (groups.at(-1) ?? 0) + size;
    last = size;
  };
  for (let at = 0; at < pattern.length; ) {
    const rest = pattern.slice(at, at + MAX_PART);
    const repeat = /^\{(\d+)(?:,(\d*))?\}/.exec(rest);
    if (repeat !== null) {
      const least = Number(repeat[1]);
      const most = Math.max(least, Number(repeat[2] ?? 0), 1);
      add(last * (most - 1) + (most - least) + 1);
    } else if (rest.startsWith('(')) groups.push(2);
    else if (rest.startsWith(')') && groups.length > 1) add(groups.pop() ?? 0);
    else add(1);
    at += repeat?.[0].length ?? partLength(rest);
  }
  return groups.reduce((sum, size) => sum + size, 2);
}

/** Longer counts are none. */
const MAX_PART = 32;

/** An escape is one part; so is a class, but for those that are longer than what is looked at. */
function partLength(rest: string): number {
  if (rest.startsWith('\\')) return 2;
  return /^\[\^?\]?[^\]]*\]/.exec(rest)?.[0].length ?? 1;
}
