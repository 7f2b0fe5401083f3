/** A command of a page, and what it shows where the page says so. */
export type Command = { readonly text: string; readonly output?: string };

/** All commands in order: a block of `sh` is one, a block of `console` has one behind each prompt. */
export function commandsOf(text: string): readonly Command[] {
  return [...text.matchAll(/^```(sh|console)\n(.*?)^```$/gms)].flatMap(([, kind, body = '']) =>
    kind === 'sh' ? [{ text: body.trim() }] : body.split(/^\$ /m).slice(1).map(prompted),
  );
}

function prompted(text: string): Command {
  const [line = '', ...output] = text.split('\n');
  return { text: line, output: output.join('\n') };
}
