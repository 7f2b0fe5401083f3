import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allCommands, cliPages, commandLine, examplesOf, fullName } from './cli-pages.ts';
import { DOCS } from './markdown.ts';

const FOLDER = join(DOCS, 'cli');

describe('docs/cli', () => {
  const pages = cliPages();

  it.each([...pages])('%s is what npm run generate writes', (name, text) => {
    expect(readFileSync(join(FOLDER, name), 'utf8')).toBe(text);
  });

  it('has no page of a command that is gone', () => {
    expect(readdirSync(FOLDER).toSorted()).toEqual([...pages.keys()].toSorted());
  });
});

/** The words of a line of a shell, up to where another program begins. */
function wordsOf(line: string): readonly string[] {
  const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+?)(?="|'|\s|$)/g)].map(
    (each) => each[1] ?? each[2] ?? each[3] ?? '',
  );
  const end = words.findIndex((word) => ['|', '>', '&&', ';', '&', '#'].includes(word));
  return end < 0 ? words : words.slice(0, end);
}

/** The command that words lead to, and what is left of them. */
function commandOf(words: readonly string[]): {
  readonly command: ReturnType<typeof commandLine>;
  readonly rest: readonly string[];
} {
  let command = commandLine();
  let rest = words.slice(1);
  for (;;) {
    const next = command.commands.find((each) => [each.name(), ...each.aliases()].includes(rest[0] ?? ''));
    if (next === undefined) return { command, rest };
    [command, rest] = [next, rest.slice(1)];
  }
}

const examples = allCommands(commandLine()).flatMap((command) =>
  examplesOf(command).map((example) => [fullName(command), example] as const),
);

describe('the examples of the help', () => {
  it.each(examples)('of %s can be typed: %s', (name, example) => {
    for (const part of example.split(/ (?:&&|\|) /)) {
      const words = wordsOf(part);
      if (words[0] !== 'carto') continue;
      const { command, rest } = commandOf(words);
      expect(fullName(command), `in "${name}"`).not.toBe('carto');
      // Throws for a value that a flag cannot have.
      const { operands, unknown } = command.parseOptions([...rest]);
      expect(unknown, `no flags of ${fullName(command)}`).toEqual([]);
      const wanted = command.registeredArguments.filter(({ required }) => required).length;
      expect(operands.length, `arguments of ${fullName(command)}`).toBeGreaterThanOrEqual(wanted);
      const isOpen = command.registeredArguments.some(({ variadic }) => variadic);
      if (!isOpen) expect(operands.length).toBeLessThanOrEqual(command.registeredArguments.length);
      const missing = command.options.filter(
        (option) => option.mandatory && command.getOptionValue(option.attributeName()) === undefined,
      );
      expect(missing.map(({ flags }) => flags)).toEqual([]);
    }
  });

  it('are there for each command that people type', () => {
    const leaves = allCommands(commandLine()).filter(({ commands }) => commands.length === 0);
    const withExamples = new Set(leaves.filter((command) => examplesOf(command).length > 0).map(fullName));
    const without = leaves.map(fullName).filter((name) => !withExamples.has(name));
    // What runs in pods has its examples on the pages about installing, completion its own lines for each shell; a Deliverable is handled as a Workload is.
    const isElsewhere = (name: string): boolean =>
      /^carto (controller|scanner|jenkins|conventions|install|completion)$/.test(name) ||
      withExamples.has(name.replace(/^carto (deliverable|runnable) /, 'carto workload '));
    expect(without.filter((name) => !isElsewhere(name))).toEqual([]);
  });
});
