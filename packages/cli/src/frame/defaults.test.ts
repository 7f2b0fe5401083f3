import { Command, Option } from 'commander';
import { afterEach, describe, expect, it } from 'vitest';
import { positive } from './arguments.ts';
import { applyDefaults } from './defaults.ts';
import { type TestFolder, testFolder } from './testing/folders.ts';
import { testSurroundings } from './testing/test-surroundings.ts';

let folder: TestFolder | undefined;
afterEach(() => folder?.dispose());

type Given = {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly config?: string;
  readonly context?: string;
};

async function optionsOf({ argv = [], env = {}, config, context }: Given): Promise<Record<string, unknown>> {
  folder = testFolder(config === undefined ? {} : { 'config.yaml': config });
  const surroundings = testSurroundings({
    env: { CARTO_CONFIG: folder.path('config.yaml'), ...env },
    ...(context === undefined
      ? {}
      : {
          transport: { request: () => Promise.reject(new Error('none')), close: async () => undefined },
          cluster: { context },
        }),
  });
  let found: Record<string, unknown> = {};
  const program = new Command('carto')
    .exitOverride()
    .hook('preAction', (_, command) => applyDefaults(command, surroundings));
  program
    .command('get')
    .option('--type-label <key>', '', 'carto.run/type')
    .option('--count <number>', '', positive)
    .option('--wide')
    .option('--no-color')
    .addOption(new Option('-o, --output <format>').choices(['json', 'yaml']))
    .addOption(new Option('--all').conflicts('count'))
    .action((options) => (found = options));
  program.command('list').option('--sort <field>');
  await program.parseAsync(['node', 'carto', 'get', ...argv]);
  return found;
}

const FILE = `
defaults: { type-label: file, count: 3, wide: true }
contexts: { prod: { type-label: prod } }
`;

describe('a flag that was not given', () => {
  it.each<Given & { readonly has: Record<string, unknown> }>([
    { has: { typeLabel: 'carto.run/type', color: true } },
    { config: FILE, has: { typeLabel: 'file', count: 3, wide: true, color: true } },
    { config: FILE, context: 'prod', has: { typeLabel: 'prod', count: 3, wide: true, color: true } },
    { config: FILE, context: 'test', has: { typeLabel: 'file', count: 3, wide: true, color: true } },
    { config: FILE, env: { CARTO_TYPE_LABEL: 'env' }, has: { typeLabel: 'env', count: 3, wide: true, color: true } },
    {
      config: FILE,
      env: { CARTO_TYPE_LABEL: 'env' },
      argv: ['--type-label', 'flag'],
      has: { typeLabel: 'flag', count: 3, wide: true, color: true },
    },
    {
      env: { CARTO_COLOR: 'false', CARTO_OUTPUT: 'yaml' },
      has: { typeLabel: 'carto.run/type', color: false, output: 'yaml' },
    },
    { config: 'defaults: { sort: name }', has: { typeLabel: 'carto.run/type', color: true } },
    { config: '', has: { typeLabel: 'carto.run/type', color: true } },
    { config: FILE, argv: ['--all'], has: { typeLabel: 'file', all: true, wide: true, color: true } },
  ])('is $has from $argv, $env and $config', async ({ has, ...given }) => {
    expect(await optionsOf(given)).toEqual(has);
  });

  it.each<Given & { readonly says: RegExp }>([
    { env: { CARTO_COUNT: 'many' }, says: /CARTO_COUNT: give a whole number/ },
    { env: { CARTO_WIDE: 'perhaps' }, says: /CARTO_WIDE: "perhaps" is neither true nor false/ },
    { env: { CARTO_OUTPUT: 'xml' }, says: /CARTO_OUTPUT: "xml" is none of json, yaml/ },
    { config: 'defaults: { typ: x }', says: /config\.yaml: no command has a flag "typ"/ },
    { config: 'defaults: { count: none }', says: /"count" in .*config\.yaml: give a whole number/ },
    { config: 'defaults: [1]', says: /"defaults" must hold flags/ },
    { config: 'defaults: { count: [1] }', says: /"defaults\.count" must be a text, a number, true or false/ },
    { config: 'contexts: { prod: 1 }', says: /"contexts\.prod" must hold flags/ },
    { config: 'default: {}', says: /"default" is neither "defaults" nor "contexts"/ },
    { config: 'a: [', says: /config file .*config\.yaml: / },
    { config: '- a', says: /it must hold "defaults:" or "contexts:"/ },
  ])('is an error that names the place: $says', async ({ says, ...given }) => {
    await expect(optionsOf(given)).rejects.toThrow(says);
  });
});
