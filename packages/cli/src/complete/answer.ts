import { spanMs } from '@cartographer/api';
import type { Command } from 'commander';
import { applyDefaults } from '../frame/defaults.ts';
import type { TargetFlags } from '../frame/flags.ts';
import { runSession } from '../frame/session.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import { plainLine } from '../screen/text.ts';
import { type Candidate, completionOf, DIRECTIVE, type Meaning } from './candidates.ts';
import { clusterValues, contexts, type Typed } from './known-values.ts';
import { type TypedWords, typedWords } from './typed-words.ts';

/** Somebody waits at a prompt; who has a slow cluster may wait longer, by `CARTO_COMPLETION_TIMEOUT=5s`. */
const PATIENCE_MS = 1_500;
const PATIENCE_VARIABLE = 'CARTO_COMPLETION_TIMEOUT';
const OWNER_GROUPS = new Set(['workload', 'deliverable', 'runnable']);

/**
 * Answers a shell, or kubectl, that completes the last of these words: lines `candidate<TAB>description`, then
 * `:DIRECTIVE`. A cluster that is slow, away or refuses has no candidates: never an error, never a long wait.
 */
export async function answerCompletion(
  program: Command,
  words: readonly string[],
  surroundings: Surroundings,
): Promise<void> {
  const typed = typedWords(program, words);
  const valuesOf = (meaning: Meaning, text: string): Promise<readonly Candidate[]> =>
    knownValues(typed, surroundings, meaning, text);
  const { candidates, directive } = await completionOf(typed, { valuesOf }).catch(() => ({
    candidates: [],
    directive: DIRECTIVE.noFiles,
  }));
  const lines = candidates.map(({ value, description = '' }) => {
    const about = plainLine(description);
    return about === '' ? plainLine(value) : `${plainLine(value)}\t${about}`;
  });
  surroundings.terminal.out([...lines, `:${directive}`].map((line) => `${line}\n`).join(''));
}

async function knownValues(
  { command, positionals, values }: TypedWords,
  surroundings: Surroundings,
  meaning: Meaning,
  text: string,
): Promise<readonly Candidate[]> {
  const { clock } = surroundings;
  for (const [key, value] of Object.entries(values)) command.setOptionValueWithSource(key, value, 'cli');
  const quiet = quietly(surroundings);
  await applyDefaults(command, quiet.surroundings);
  const flags = command.opts<TargetFlags>();
  if (meaning === 'contexts') return contexts(flags, surroundings);
  const group = command.parent?.name() ?? '';
  const typed: Typed = { flags, owner: positionals[0], group: OWNER_GROUPS.has(group) ? group : '' };
  const found = Promise.withResolvers<readonly Candidate[]>();
  const cancel = clock.schedule(spanMs(surroundings.env[PATIENCE_VARIABLE] ?? '') ?? PATIENCE_MS, () => {
    quiet.stop();
    found.resolve([]);
  });
  runSession(quiet.surroundings, { ...flags, verbose: false }, { writes: false }, async (session) => {
    found.resolve(await clusterValues(session, meaning, { text, ...typed }));
  }).then(
    () => found.resolve([]),
    () => found.resolve([]),
  );
  try {
    return await found.promise;
  } finally {
    cancel();
  }
}

/** The same place, where nothing is said or asked, and which can be left at any time. */
function quietly(surroundings: Surroundings): { readonly surroundings: Surroundings; readonly stop: () => void } {
  const end = new AbortController();
  const nothing = (): void => undefined;
  return {
    stop: () => end.abort(),
    surroundings: {
      ...surroundings,
      terminal: {
        out: nothing,
        err: nothing,
        exitCode: 0,
        columns: undefined,
        rows: undefined,
        colour: false,
        ask: undefined,
        input: async () => '',
      },
      stop: () => ({ signal: end.signal, interrupted: () => false, dispose: nothing }),
    },
  };
}
