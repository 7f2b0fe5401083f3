import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CartoError, isObject, type Json, messageOf, parseYamlDocuments } from '@cartographer/machinery';

/** Values of flags by their long name. */
export type FlagValues = Readonly<Record<string, string | number | boolean>>;

/** What a person has said once for all commands. */
export type ConfigFile = {
  readonly path: string;
  readonly defaults: FlagValues;
  /** What counts instead while a context is used. */
  readonly contexts: Readonly<Record<string, FlagValues>>;
};

/** Where the config file is: `CARTO_CONFIG`, else `carto/config.yaml` in `XDG_CONFIG_HOME` or `~/.config`. */
export function configPath(env: Readonly<Record<string, string | undefined>>, home: string): string {
  const named = env['CARTO_CONFIG'] ?? '';
  if (named !== '') return named;
  const base = env['XDG_CONFIG_HOME'] ?? '';
  return join(base === '' ? join(home, '.config') : base, 'carto', 'config.yaml');
}

/**
 * Reads the config file; undefined when there is none.
 * @throws CartoError `CARTO_CONFIG` with file and field when it is not as it should be.
 */
export async function readConfigFile(path: string): Promise<ConfigFile | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw unusable(path, error.message, error);
  });
  if (text === undefined) return undefined;
  const [root = {}] = parsed(path, text);
  if (!isObject(root)) throw unusable(path, 'it must hold "defaults:" or "contexts:"');
  const strange = Object.keys(root).find((key) => key !== 'defaults' && key !== 'contexts');
  if (strange !== undefined) throw unusable(path, `"${strange}" is neither "defaults" nor "contexts"`);
  const sections = root['contexts'] ?? {};
  if (!isObject(sections)) throw unusable(path, '"contexts" must hold a section for each context');
  return {
    path,
    defaults: flagValues(path, 'defaults', root['defaults'] ?? {}),
    contexts: Object.fromEntries(
      Object.entries(sections).map(([name, section]) => [name, flagValues(path, `contexts.${name}`, section ?? {})]),
    ),
  };
}

function parsed(path: string, text: string): readonly Json[] {
  try {
    return parseYamlDocuments(text);
  } catch (error) {
    throw unusable(path, messageOf(error), error);
  }
}

function flagValues(path: string, place: string, section: Json): FlagValues {
  if (!isObject(section)) throw unusable(path, `"${place}" must hold flags with their values`);
  for (const [name, value] of Object.entries(section)) {
    if (!['string', 'number', 'boolean'].includes(typeof value)) {
      throw unusable(path, `"${place}.${name}" must be a text, a number, true or false`);
    }
  }
  return section as FlagValues;
}

function unusable(path: string, why: string, cause?: unknown): CartoError {
  return new CartoError('CARTO_CONFIG', `config file ${path}: ${why}; correct it, or name another by CARTO_CONFIG`, {
    cause,
  });
}
