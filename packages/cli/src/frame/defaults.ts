import { CartoError } from '@cartographer/machinery';
import type { Command, Option } from 'commander';
import { configPath, type FlagValues, readConfigFile } from './config-file.ts';
import type { Surroundings } from './surroundings.ts';
import { contextName } from './target.ts';

/** What says something about the program and not about what it is to do. */
const NEVER = new Set(['version', 'help']);

/**
 * Gives the flags of a command that were not given their values: those of the environment (`CARTO_TYPE_LABEL` is
 * `--type-label`), else of the config file's section of the context, else of its defaults.
 * @throws CartoError `CARTO_USAGE` for a value that the flag cannot have, `CARTO_CONFIG` for a config file with unknown flags.
 */
export async function applyDefaults(command: Command, surroundings: Surroundings): Promise<void> {
  const { env, home } = surroundings;
  const open = command.options.filter((option) => isOpen(command, option));
  const fromFile: { values?: FlagValues; path?: string } = {};
  const config = await readConfigFile(configPath(env, home));
  if (config !== undefined) {
    const known = new Set(rootOf(command).flatMap(allLongNames));
    for (const name of [config.defaults, ...Object.values(config.contexts)].flatMap(Object.keys)) {
      if (!known.has(name))
        throw new CartoError('CARTO_CONFIG', `config file ${config.path}: no command has a flag "${name}"`);
    }
    const context = hasContext(config.contexts) ? contextName(command.opts(), surroundings) : undefined;
    const section = context === undefined || !Object.hasOwn(config.contexts, context) ? {} : config.contexts[context];
    fromFile.values = { ...config.defaults, ...section };
    fromFile.path = config.path;
  }
  for (const option of open) {
    const name = longName(option);
    const variable = `CARTO_${name.toUpperCase().replaceAll('-', '_')}`;
    const given = env[variable] ?? '';
    if (given !== '') set(command, option, given, variable);
    else if (fromFile.values !== undefined && Object.hasOwn(fromFile.values, name)) {
      set(command, option, String(fromFile.values[name]), `"${name}" in ${fromFile.path ?? ''}`);
    }
  }
}

function hasContext(contexts: Readonly<Record<string, FlagValues>>): boolean {
  return Object.keys(contexts).length > 0;
}

/** Not given on the command line, and not at odds with what was given there. */
function isOpen(command: Command, option: Option): boolean {
  if (NEVER.has(option.name()) || option.hidden) return false;
  const key = option.attributeName();
  const source = command.getOptionValueSource(key);
  if (source !== undefined && source !== 'default') return false;
  const given = command.options.filter((other) => command.getOptionValueSource(other.attributeName()) === 'cli');
  const { conflictsWith: own } = option as Option & { readonly conflictsWith: readonly string[] };
  return !given.some(
    (other) =>
      own.includes(other.attributeName()) ||
      (other as Option & { readonly conflictsWith: readonly string[] }).conflictsWith.includes(key),
  );
}

function set(command: Command, option: Option, text: string, place: string): void {
  const value = option.isBoolean() || option.negate ? flag(text, place) : parsed(command, option, text, place);
  command.setOptionValueWithSource(option.attributeName(), value, 'env');
}

function parsed(command: Command, option: Option, text: string, place: string): unknown {
  if (option.argChoices !== undefined && !option.argChoices.includes(text)) {
    throw new CartoError('CARTO_USAGE', `${place}: "${text}" is none of ${option.argChoices.join(', ')}`);
  }
  try {
    return option.parseArg === undefined ? text : option.parseArg(text, command.getOptionValue(option.attributeName()));
  } catch (error) {
    throw new CartoError('CARTO_USAGE', `${place}: ${(error as Error).message}`, { cause: error });
  }
}

function flag(text: string, place: string): boolean {
  if (['true', '1', 'yes'].includes(text)) return true;
  if (['false', '0', 'no'].includes(text)) return false;
  throw new CartoError('CARTO_USAGE', `${place}: "${text}" is neither true nor false`);
}

/** `--no-laptop` is the flag `laptop`. */
function longName(option: Option): string {
  return option.negate ? option.name().replace(/^no-/, '') : option.name();
}

function rootOf(command: Command): readonly Command[] {
  let root = command;
  while (root.parent !== null) root = root.parent;
  return [root];
}

function allLongNames(command: Command): readonly string[] {
  return [...command.options.map(longName), ...command.commands.flatMap(allLongNames)];
}
