const SHOWN = 3;

/** The first few of many, and how many more there are: `a, b, c and 7 more`. */
export function some(texts: readonly string[], shown = SHOWN): string {
  const more = texts.length - shown;
  return `${texts.slice(0, shown).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** `1 owner`, `3 owners`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
