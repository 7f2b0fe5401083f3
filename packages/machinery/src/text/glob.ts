/** Whether a text is of a pattern: `*` stands for anything but a slash, `**` for anything. In time of one times the other. */
export function globMatches(pattern: string, text: string): boolean {
  const tokens = pattern.match(/\*\*|[^]/gu) ?? [];
  let states = closed(new Set([0]), tokens);
  for (const character of text) {
    const next = new Set<number>();
    for (const at of states) {
      const token = tokens[at];
      if (token === '**' || (token === '*' && character !== '/')) next.add(at);
      else if (token === character && token !== '*') next.add(at + 1);
    }
    if (next.size === 0) return false;
    states = closed(next, tokens);
  }
  return states.has(tokens.length);
}

/** The states, and those behind stars that may stand for nothing. */
function closed(states: Set<number>, tokens: readonly string[]): Set<number> {
  for (const at of states) if (tokens[at] === '*' || tokens[at] === '**') states.add(at + 1);
  return states;
}
