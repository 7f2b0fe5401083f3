import type { Argument, Command, Option } from 'commander';

/** What words on a command line mean, and what the last of them is to be. */
export type TypedWords = {
  readonly command: Command;
  /** Arguments before the last word that are no flags. */
  readonly positionals: readonly string[];
  /** Values of flags by their attribute: `namespace`. */
  readonly values: Readonly<Record<string, string | boolean>>;
  readonly wanted: Wanted;
};

/** What the last word is. */
type Wanted =
  /** The value of a flag; `prefix` stands before it in the same word: `--step=`. */
  | { readonly kind: 'value'; readonly option: Option; readonly prefix: string; readonly text: string }
  | { readonly kind: 'flag'; readonly text: string }
  /** A subcommand, or an argument; undefined when the command takes no more. */
  | { readonly kind: 'word'; readonly argument: Argument | undefined; readonly text: string };

/** Reads words as commander does, the last one not yet complete. */
export function typedWords(program: Command, words: readonly string[]): TypedWords {
  const before = words.slice(0, -1);
  const last = words.at(-1) ?? '';
  const values: Record<string, string | boolean> = {};
  const positionals: string[] = [];
  let command = program;
  let open: Option | undefined;
  let areFlagsOver = false;
  for (const word of before) {
    if (open !== undefined) {
      values[open.attributeName()] = word;
      open = undefined;
    } else if (areFlagsOver || !word.startsWith('-') || word === '-') {
      const next = positionals.length === 0 ? subcommand(command, word) : undefined;
      if (next === undefined) positionals.push(word);
      else command = next;
    } else if (word === '--') areFlagsOver = true;
    else {
      const { option, text } = flagOf(command, word);
      if (option !== undefined && takesValue(option) && text === undefined) open = option;
      else if (option !== undefined) values[option.attributeName()] = text ?? !option.negate;
    }
  }
  return { command, positionals, values, wanted: wantedOf(command, { open, areFlagsOver, positionals, last }) };
}

type State = {
  readonly open: Option | undefined;
  readonly areFlagsOver: boolean;
  readonly positionals: readonly string[];
  readonly last: string;
};

function wantedOf(command: Command, { open, areFlagsOver, positionals, last }: State): Wanted {
  if (open !== undefined) return { kind: 'value', option: open, prefix: '', text: last };
  if (!areFlagsOver && last.startsWith('-') && last !== '-') {
    const { option, text } = flagOf(command, last);
    if (option === undefined || text === undefined || !takesValue(option)) return { kind: 'flag', text: last };
    return { kind: 'value', option, prefix: last.slice(0, last.length - text.length), text };
  }
  const { registeredArguments: known } = command;
  const rest = known.at(-1)?.variadic === true ? known.at(-1) : undefined;
  return { kind: 'word', argument: known[positionals.length] ?? rest, text: last };
}

function subcommand(command: Command, word: string): Command | undefined {
  return command.commands.find((each) => each.name() === word || each.aliases().includes(word));
}

/** `--step=x`, `--step`, `-nx`, `-n`. */
function flagOf(command: Command, word: string): { readonly option?: Option; readonly text?: string } {
  if (word.startsWith('--')) {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word : word.slice(0, equals);
    const option = command.options.find(({ long }) => long === name);
    return { ...(option && { option }), ...(equals < 0 ? {} : { text: word.slice(equals + 1) }) };
  }
  const option = command.options.find(({ short }) => short === word.slice(0, 2));
  return { ...(option && { option }), ...(word.length > 2 ? { text: word.slice(2) } : {}) };
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}
