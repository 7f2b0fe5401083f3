import { deepEqual, getPath, isObject, type Json, type KubeObject, listAt, textAt } from '@cartographer/machinery';

/** How a definition on the server differs from ours; undefined when it does not. */
export type DefinitionDifference = {
  readonly kind: 'older' | 'newer' | 'changed';
  /** Fields that only ours has, and that only the server's has: `spec.source.git`. */
  readonly lacks: readonly string[];
  readonly has: readonly string[];
  /** Who wrote the definition last, and when. */
  readonly writer: string;
  readonly writtenAt: string | undefined;
};

/** Managers of people with an editor. */
const BY_HAND = /^kubectl-(?:edit|patch|replace)$/;

/** Compares what makes a kind: its versions' schemas, columns and subresources, its names and its scope. */
export function definitionDifference(ours: KubeObject, live: KubeObject): DefinitionDifference | undefined {
  if (deepEqual(essenceOf(ours), essenceOf(live))) return undefined;
  const [mine, theirs] = [fieldsOf(ours), fieldsOf(live)];
  const lacks = [...mine].filter((path) => !theirs.has(path));
  const has = [...theirs].filter((path) => !mine.has(path));
  const { writer, writtenAt } = lastWriter(live);
  return { kind: kindOf(lacks, has, writer), lacks, has, writer, writtenAt };
}

function kindOf(lacks: readonly string[], has: readonly string[], writer: string): DefinitionDifference['kind'] {
  if (BY_HAND.test(writer) || (lacks.length > 0 && has.length > 0)) return 'changed';
  return has.length > 0 ? 'newer' : 'older';
}

/** Without what servers fill in and what says nothing about the kind. */
function essenceOf({ spec }: KubeObject): Json {
  const { plural = '', kind = '', shortNames = [], categories = [] } = asObject(getPath(spec, 'names'));
  return {
    scope: textAt(spec, 'scope'),
    names: { plural, kind, shortNames, categories },
    versions: listAt(spec, 'versions').map((version) => {
      const { name = '', served = false, storage = false, schema = {}, subresources = {} } = asObject(version);
      return { name, served, storage, schema, subresources, columns: listAt(version, 'additionalPrinterColumns') };
    }),
  };
}

function asObject(value: Json | undefined): Readonly<Record<string, Json | undefined>> {
  return isObject(value) ? value : {};
}

/** Every field that the schemas name. */
function fieldsOf({ spec }: KubeObject): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const version of listAt(spec, 'versions')) collect(getPath(version, 'schema', 'openAPIV3Schema'), '', paths);
  return paths;
}

function collect(schema: Json | undefined, path: string, into: Set<string>): void {
  for (const [name, child] of Object.entries(asObject(getPath(schema, 'properties')))) {
    const place = path === '' ? name : `${path}.${name}`;
    into.add(place);
    collect(child, place, into);
  }
  const items = getPath(schema, 'items');
  if (items !== undefined) collect(items, `${path}[]`, into);
  const values = getPath(schema, 'additionalProperties');
  if (isObject(values)) collect(values, `${path}.*`, into);
}

function lastWriter({ metadata }: KubeObject): { readonly writer: string; readonly writtenAt: string | undefined } {
  const [last] = (metadata.managedFields ?? [])
    .filter(({ subresource }) => subresource === undefined)
    .toSorted((left, right) => Date.parse(right.time ?? '') - Date.parse(left.time ?? ''));
  return { writer: last?.manager ?? '', writtenAt: last?.time };
}
