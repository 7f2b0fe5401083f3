import { withTargetFlags } from '../../packages/cli/src/frame/flags.ts';
import { processSurroundings } from '../../packages/cli/src/frame/surroundings.ts';
import { createProgram } from '../../packages/cli/src/program.ts';
import { code, table } from './tables.ts';

type Command = ReturnType<typeof createProgram>;
type Option = Command['options'][number];
type Argument = Command['registeredArguments'][number];

/** The command line, as it is; parse nothing by it that should run. */
export function commandLine(): Command {
  const program = createProgram(processSurroundings());
  for (const command of allCommands(program)) command.exitOverride();
  return program;
}

/** A command with all that are below it. */
export function allCommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

/** `carto workload get` */
export function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

/** The pages of `docs/cli`, by their file names: one for each command with those below it, and an index. */
export function cliPages(): ReadonlyMap<string, string> {
  const program = commandLine();
  const commands = program.createHelp().visibleCommands(program).filter(isOurs);
  return new Map([
    ['index.md', indexPage(program, commands)],
    ...commands.map((command) => [`${command.name()}.md`, page(command)] as const),
  ]);
}

/** The examples of a command's help. */
export function examplesOf(command: Command): readonly string[] {
  const [, examples = ''] = furtherHelp(command).split(/^Examples:\n/m);
  return examples.split('\n').flatMap((line) => (line.startsWith('  ') ? [line.trim()] : []));
}

const NOTE = '<!-- made from the commands by npm run generate -->';

function isOurs(command: Command): boolean {
  return command.name() !== 'help';
}

function indexPage(program: Command, commands: readonly Command[]): string {
  const groups = Map.groupBy(commands, (command) => command.helpGroup());
  const lists = [...groups].map(([group, members]) => {
    const rows = members.map((each) => [`[${code(fullName(each))}](${each.name()}.md)`, each.summary()]);
    return `## ${group.replace(/:$/, '')}\n\n${table(['command', 'for'], rows)}`;
  });
  return [
    NOTE,
    '# The command line',
    `${program.description()} [The tutorial](../tutorial.md) uses it from nothing to a running app.`,
    ...lists,
    '## Flags of commands that ask a cluster',
    flagTable(commonOptions()),
    [
      '- **Which cluster**: what the flags or `KUBECONFIG` say; else a running `carto up` whose data folder is in or above the working',
      '  directory; else the default kubeconfig. A command that writes names its target, and asks where the last two both exist.',
      '- **Every flag has a default of your own**: the environment variable `CARTO_` with the name of the flag in capitals, such as',
      '  `CARTO_NAMESPACE`; or `~/.config/carto/config.yaml` (`CARTO_CONFIG` names another), with `defaults:` and, by context,',
      '  `contexts:`. The command line counts first, then the environment, then the context, then the defaults.',
      '- **As `kubectl carto`** all flags stand behind the name of the plugin.',
      '- Results go to standard output, everything else to standard error. [Exit codes](../exit-codes.md) are the same for all commands.',
    ].join('\n'),
  ]
    .join('\n\n')
    .concat('\n');
}

function page(command: Command): string {
  return [NOTE, ...sections(command, 1), '[All commands](index.md) · [exit codes](../exit-codes.md)']
    .join('\n\n')
    .concat('\n');
}

function sections(command: Command, level: number): readonly string[] {
  const children = command.createHelp().visibleCommands(command).filter(isOurs);
  const common = new Set(commonOptions().map(({ flags }) => flags));
  const all = command
    .createHelp()
    .visibleOptions(command)
    .filter(({ long }) => long !== '--help');
  const own = all.filter(({ flags }) => !common.has(flags));
  const args = command.registeredArguments;
  const names = command.aliases().map((alias) => code(alias));
  const further = furtherHelp(command).trim();
  return [
    `${'#'.repeat(level)} ${fullName(command)}`,
    escaped(command.description()),
    ...(names.length === 0 ? [] : [`Also called ${names.join(', ')}.`]),
    ...(children.length > 0 ? [] : [`\`\`\`text\n${usage(command)}\n\`\`\``]),
    ...(args.length === 0
      ? []
      : [
          table(
            ['argument', 'is'],
            args.map((each) => [code(argumentText(each)), escaped(each.description)]),
          ),
        ]),
    ...(own.length === 0 ? [] : [flagTable(own)]),
    ...(all.length > own.length
      ? ['And the [flags of commands that ask a cluster](index.md#flags-of-commands-that-ask-a-cluster).']
      : []),
    ...(further === '' ? [] : [`\`\`\`text\n${further}\n\`\`\``]),
    ...children.flatMap((child) => sections(child, level + 1)),
  ];
}

function usage(command: Command): string {
  return `${fullName(command)} ${command.usage()}`;
}

function argumentText(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

function flagTable(options: readonly Option[]): string {
  return table(
    ['flag', 'what'],
    options.map((option) => [code(option.flags), whatOf(option)]),
  );
}

function whatOf({ description, argChoices, defaultValue, mandatory, envVar }: Option): string {
  const extras = [
    ...(mandatory ? ['must be given'] : []),
    ...(argChoices === undefined || argChoices.length === 0 ? [] : [argChoices.map(code).join(', ')]),
    ...(isWorthSaying(defaultValue) ? [`default ${code(String(defaultValue))}`] : []),
    ...(envVar === undefined ? [] : [`else ${code(envVar)} of the environment`]),
  ];
  return escaped(extras.length === 0 ? description : `${description} (${extras.join('; ')})`);
}

function isWorthSaying(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'number';
}

function commonOptions(): readonly Option[] {
  return withTargetFlags(commandLine().createCommand('any')).options;
}

/** What a command's help says behind its flags: exit codes, examples, what is next. */
function furtherHelp(command: Command): string {
  let written = '';
  command.configureOutput({ writeOut: (text) => void (written += text) });
  command.outputHelp();
  return written.slice(command.helpInformation().length);
}

/** Text in a cell, or between words of Markdown, as it stands in the help. */
function escaped(text: string): string {
  return text
    .replaceAll('|', '\\|')
    .replaceAll(/<([^>]*)>/g, '&lt;$1&gt;')
    .replaceAll('\n', ' ');
}
