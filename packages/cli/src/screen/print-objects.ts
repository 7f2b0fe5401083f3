import {
  CartoError,
  compileJsonPath,
  type Json,
  type JsonObject,
  JsonPathError,
  type KubeObject,
  printJsonPathResults,
  stringifyJson,
  toYaml,
} from '@cartographer/machinery';
import { plain } from './text.ts';

/** What `-o` can be, besides the screens for people. */
export type PrintFormat =
  | { readonly kind: 'json' | 'yaml' | 'name' | 'ndjson' }
  | { readonly kind: 'jsonpath'; readonly template: string };

/**
 * Reads the value of `-o`; `wide` and none are undefined: the command's own screen.
 * @throws CartoError `CARTO_USAGE`
 */
export function parseFormat(text: string | undefined): PrintFormat | undefined {
  if (text === undefined || text === 'wide') return undefined;
  if (text === 'yml') return { kind: 'yaml' };
  if (text === 'json' || text === 'yaml' || text === 'name' || text === 'ndjson') return { kind: text };
  if (text.startsWith('jsonpath=')) return { kind: 'jsonpath', template: text.slice('jsonpath='.length) };
  throw new CartoError('CARTO_USAGE', `-o "${text}" is none of json, yaml, wide, name, ndjson, jsonpath=TEMPLATE`);
}

/** One object as `-o` wants it, with its last line break. */
export function printObject(object: KubeObject, format: PrintFormat): string {
  const shown = withoutManagedFields(object);
  switch (format.kind) {
    case 'name':
      return `${nameOf(object)}\n`;
    case 'ndjson':
      return `${stringifyJson(shown)}\n`;
    case 'jsonpath':
      return evaluate(format.template, shown);
    case 'json':
    case 'yaml':
      return printValue(shown, format.kind);
  }
}

/** Several objects: as a `List` in JSON and YAML, one line each by name and as ndjson. */
export function printObjects(objects: readonly KubeObject[], format: PrintFormat): string {
  if (format.kind === 'name' || format.kind === 'ndjson') {
    return objects.map((object) => printObject(object, format)).join('');
  }
  const list: JsonObject = {
    apiVersion: 'v1',
    kind: 'List',
    metadata: { resourceVersion: '' },
    items: objects.map(withoutManagedFields),
  };
  return format.kind === 'jsonpath' ? evaluate(format.template, list) : printValue(list, format.kind);
}

/** A report of a command as JSON or YAML. */
export function printValue(value: Json, format: 'json' | 'yaml'): string {
  return format === 'json' ? `${stringifyJson(value, 2)}\n` : toYaml(value);
}

function evaluate(template: string, root: JsonObject): string {
  try {
    const results = compileJsonPath(relaxed(template), { allowMissingKeys: true }).find(root);
    return `${plain(results.map(printJsonPathResults).join(''))}\n`;
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    throw new CartoError('CARTO_USAGE', `-o jsonpath: ${error.message}`, { cause: error });
  }
}

/** kubectl takes `.metadata.name` and `metadata.name` for `{.metadata.name}`. */
function relaxed(template: string): string {
  if (template.includes('{')) return template;
  return `{${template.startsWith('.') ? '' : '.'}${template}}`;
}

function nameOf({ apiVersion, kind, metadata }: KubeObject): string {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : `.${apiVersion.slice(0, slash)}`;
  return `${kind.toLowerCase()}${group}/${metadata.name ?? ''}`;
}

/** Who wrote which field says nothing to a person, and is longer than all the rest. */
function withoutManagedFields(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
