import type { Argument, Command, Option } from 'commander';
import type { TypedWords } from './typed-words.ts';

/** One way to go on. */
export type Candidate = { readonly value: string; readonly description?: string };

/** What a shell does besides, as bits: the protocol of cobra, which kubectl speaks. */
export const DIRECTIVE = {
  /** Files, where there is no candidate. */
  files: 0,
  /** No space after the only candidate: more follows in the same word. */
  noSpace: 2,
  noFiles: 4,
  /** Folders only. */
  folders: 16,
} as const;

/** Ways to go on, and a {@link DIRECTIVE}. */
export type Completion = { readonly candidates: readonly Candidate[]; readonly directive: number };

/** What only a cluster or a kubeconfig knows, found when it is asked for. */
export type KnownValues = {
  /** The values of a flag or argument of this meaning that begin so. */
  readonly valuesOf: (meaning: Meaning, text: string) => Promise<readonly Candidate[]>;
};

/** What a flag or an argument names. */
export type Meaning =
  | 'namespaces'
  | 'contexts'
  | 'steps'
  | 'types'
  | 'owners'
  | 'workloads'
  | 'deliverables'
  | 'runnables'
  | 'chains';

/** Flags whose values are known to a cluster or a kubeconfig, by their name. */
const FLAGS: Readonly<Record<string, Meaning>> = {
  namespace: 'namespaces',
  context: 'contexts',
  step: 'steps',
  type: 'types',
};

/** What an argument `name` means in a group of commands; outside of them it is an owner. */
const GROUPS: Readonly<Record<string, Meaning>> = {
  workload: 'workloads',
  deliverable: 'deliverables',
  runnable: 'runnables',
  chain: 'chains',
};

/** The ways to go on after what was typed: what commander knows of the commands, and values where somebody knows them. */
export async function completionOf(
  { command, positionals, wanted, values }: TypedWords,
  known: KnownValues,
): Promise<Completion> {
  switch (wanted.kind) {
    case 'flag':
      return matching(flagsOf(command, values), wanted.text);
    case 'value': {
      const completion = await ofOption(wanted.option, wanted.text, known);
      const candidates = completion.candidates.map((each) => ({ ...each, value: wanted.prefix + each.value }));
      return { ...completion, candidates };
    }
    case 'word': {
      const commands = matching(positionals.length === 0 ? subcommandsOf(command) : [], wanted.text);
      if (wanted.argument === undefined || commands.candidates.length > 0) return commands;
      return ofArgument(command, wanted.argument, wanted.text, known);
    }
  }
}

function flagsOf(command: Command, given: TypedWords['values']): readonly Candidate[] {
  const open = command.options.filter(
    (option) =>
      !option.hidden && (option.variadic || option.parseArg !== undefined || !(option.attributeName() in given)),
  );
  const flags = open.map(({ long, short, description }) => ({ value: long ?? short ?? '', description }));
  return [...flags, { value: '--help', description: 'what the command is for, and what it takes' }];
}

function subcommandsOf(command: Command): readonly Candidate[] {
  const shown = command
    .createHelp()
    .visibleCommands(command)
    .filter((each) => each.name() !== 'help');
  return shown.map((each) => ({ value: each.name(), description: each.summary() || each.description() }));
}

async function ofOption(option: Option, text: string, known: KnownValues): Promise<Completion> {
  if (option.argChoices !== undefined) return matching(option.argChoices.map(toCandidate), text);
  const meaning = FLAGS[option.long?.slice(2) ?? ''];
  if (meaning !== undefined) return matching(await known.valuesOf(meaning, text), text);
  if (FORMATS.test(option.description)) return matching(option.description.split(', ').map(ofFormat), text);
  return { candidates: [], directive: pathDirective(option.flags) };
}

async function ofArgument(command: Command, argument: Argument, text: string, known: KnownValues): Promise<Completion> {
  if (argument.argChoices !== undefined) return matching(argument.argChoices.map(toCandidate), text);
  const meaning = argument.name() === 'name' ? (GROUPS[command.parent?.name() ?? ''] ?? 'owners') : undefined;
  if (meaning !== undefined) return matching(await known.valuesOf(meaning, text), text);
  return { candidates: [], directive: pathDirective(argument.name()) };
}

/** `json, yaml, jsonpath=TEMPLATE`: the formats of \`-o\`, as its help has them. */
const FORMATS = /^[a-z]+(=[A-Z]+)?(, [a-z]+(=[A-Z]+)?)+$/;

function ofFormat(format: string): Candidate {
  return { value: format.replace(/[A-Z]+$/, '') };
}

/** By what the help calls the value: `--policy <file>`, `[folder]`. */
function pathDirective(placeholder: string): number {
  if (/\b(dir|folder)\b/.test(placeholder) && !/\b(file|zip)\b/.test(placeholder)) return DIRECTIVE.folders;
  return /\b(file|zip|path)\b/.test(placeholder) ? DIRECTIVE.files : DIRECTIVE.noFiles;
}

function toCandidate(value: string): Candidate {
  return { value };
}

/** Where the only way to go on is the beginning of a word, the word goes on without a space. */
function matching(all: readonly Candidate[], text: string): Completion {
  const candidates = all.filter(({ value }) => value.startsWith(text));
  const goesOn = candidates.length === 1 && /[=/]$/.test(candidates[0]?.value ?? '');
  return { candidates, directive: DIRECTIVE.noFiles | (goesOn ? DIRECTIVE.noSpace : 0) };
}
