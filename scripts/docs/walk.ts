import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { startCarto } from '../../e2e/carto-process.ts';
import { cartoArgv } from '../../e2e/carto-program.ts';

const ROOT = join(import.meta.dirname, '../..');
const START = 'npm run carto -- up';
const NO_EXAMPLE = '--no-example';
const ENVIRONMENT = 'export KUBECONFIG=.carto/kubeconfig';

/** Whether there is a kubectl to run the commands of pages with. */
export const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

const run = promisify(execFile);

/** A command of the page, and what it shows where the page says so. */
type Command = { readonly text: string; readonly output?: string };

/** All commands in order: a block of `sh` is one, a block of `console` has one behind each prompt. */
function commandsOf(text: string): readonly Command[] {
  return [...text.matchAll(/^```(sh|console)\n(.*?)^```$/gms)].flatMap(([, kind, body = '']) =>
    kind === 'sh' ? [{ text: body.trim() }] : body.split(/^\$ /m).slice(1).map(prompted),
  );
}

function prompted(text: string): Command {
  const [line = '', ...output] = text.split('\n');
  return { text: line, output: output.join('\n') };
}

/** An output without what differs each time: ages, times, digests, ports, the width of columns. */
function steady(output: string): readonly string[] {
  return output
    .trim()
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/\b(\d+[smh])+\b/g, 'AGE')
    .replaceAll(/sha256:[0-9a-f]{64}/g, 'DIGEST')
    .replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')
    .split('\n')
    .map((line) => line.replaceAll(/ {2,}/g, ' ').trim());
}

/** What stands in for a command that only a reader can give. */
type Given = {
  /** The page starts with the example. */
  readonly example?: boolean;
  /** Variables that it would have set. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The command, which is not run. */
  readonly without?: string;
  /** Flags of `carto up` that stand behind {@link START} on the page, and what is run for them. */
  readonly flags?: { readonly shown: string; readonly run: readonly string[] };
  /** What is to hold when all commands were run, while `carto up` still runs. */
  readonly inTheEnd?: () => Promise<unknown>;
  /** Ends what the commands have started in the folder of the walk, also where one of them failed. */
  readonly afterwards?: (folder: string) => void;
};

/**
 * Runs the commands of a page in order, beside a `carto up` as it is started there, and compares what they print. Answers
 * with how many there were after the start.
 */
export async function walkThrough(page: string, given: Given = {}): Promise<number> {
  const { example = false, flags = { shown: '', run: [] } } = given;
  const without = example ? [] : [NO_EXAMPLE];
  const [start, environment, ...commands] = commandsOf(page).filter(({ text }) => text !== given.without);
  expect([start, environment]).toEqual([
    { text: `${[START, ...without].join(' ')}${flags.shown}` },
    { text: ENVIRONMENT },
  ]);
  const folder = await mkdtemp(join(tmpdir(), 'carto-walk-'));
  await symlink(join(ROOT, 'examples'), join(folder, 'examples'));
  const carto = await startCarto(join(folder, '.carto'), [...without, ...flags.run], given.environment);
  const who = { NAME: 'Walker', EMAIL: 'walker@carto.invalid' };
  const env = {
    ...process.env,
    KUBECONFIG: '.carto/kubeconfig',
    ...given.environment,
    ...Object.fromEntries(
      ['AUTHOR', 'COMMITTER'].flatMap((role) => Object.entries(who).map(([key, text]) => [`GIT_${role}_${key}`, text])),
    ),
  };
  try {
    for (const { text, output } of commands) {
      // The folder of the walk has no npm scripts, and no node_modules.
      const line = text
        .replaceAll('npm run --silent carto --', cartoArgv().join(' '))
        .replaceAll('npx node', process.execPath);
      const { stdout } = await run('bash', ['-ec', line], { cwd: folder, env }).catch(
        (error: Error & { stdout: string }) => {
          // Which ends with 1 for a no.
          if (text.startsWith('kubectl auth can-i') && error.stdout !== '') return error;
          throw new Error(`${error.message}\ncarto up said:\n${carto.output()}`);
        },
      );
      if (output === undefined) continue;
      // Events of one second have no order.
      const lines = (shown: string) => (text.startsWith('kubectl events') ? steady(shown).toSorted() : steady(shown));
      expect(lines(stdout), `$ ${text}\n${stdout}`).toEqual(lines(output));
    }
    await given.inTheEnd?.();
  } finally {
    given.afterwards?.(folder);
    await carto.end('SIGINT');
    await rm(folder, { recursive: true, force: true });
  }
  return commands.length;
}
