import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getPath } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import type { Kind, SchemaNode } from '../index.ts';
import { carto, crd, rootSchema } from '../index.ts';

const text = readFileSync(join(import.meta.dirname, '..', '..', 'testdata', 'crd-fields.txt'), 'utf8');

/** The sections of the table by their first line. */
const sections = new Map(
  text
    .split('\n\n')
    .slice(1)
    .map((section) => {
      const [head = '', ...lines] = section.trim().split('\n');
      return [head.split(' ').slice(0, 2).join(' '), { head, lines }] as const;
    }),
);

/** A field of the table, or of a schema, in one spelling. */
type Field = { readonly path: string; readonly type: string; readonly constraints: Readonly<Record<string, unknown>> };

function expected(section: string): Field[] {
  return (sections.get(section)?.lines ?? [])
    .filter((line) => !line.startsWith('column '))
    .flatMap((line) => {
      const [, path = '', type = '', shared, constraints = '{}'] =
        /^(\S+) (\S+)(?: = (\S+))?(?: (\{.*\}))?$/.exec(line) ?? [];
      const field = { path, type, constraints: JSON.parse(constraints) as Record<string, unknown> };
      const below = shared === undefined ? [] : expected(`type ${shared}`);
      return [field, ...below.map((inner) => ({ ...inner, path: `${path}.${inner.path}` }))];
    });
}

const SPELLING: Readonly<Record<string, string>> = {
  'x-kubernetes-preserve-unknown-fields': 'preserve',
  'x-kubernetes-map-type': 'map-type',
  'x-kubernetes-list-type': 'list-type',
  'x-kubernetes-list-map-keys': 'list-keys',
};
const STRUCTURE = ['type', 'description', 'properties', 'required', 'additionalProperties', 'items', 'anyOf'];

function typeOf(node: SchemaNode): string {
  if (node['x-kubernetes-int-or-string'] === true) return 'int-or-string';
  const inner = node.items ?? node.additionalProperties;
  return inner === undefined ? (node.type ?? 'any') : `${node.type}<${typeOf(inner)}>`;
}

function actual(path: string, node: SchemaNode, isRequired = false): Field[] {
  const constraints = Object.entries(node)
    .filter(([key]) => !STRUCTURE.includes(key) && key !== 'x-kubernetes-int-or-string')
    .map(([key, value]) => [SPELLING[key] ?? key, value] as const);
  const field = { path, type: typeOf(node) + (isRequired ? '!' : ''), constraints: Object.fromEntries(constraints) };
  return [...(path === '' ? [] : [field]), ...below(path, node)];
}

function below(path: string, node: SchemaNode): Field[] {
  const { items, additionalProperties: values, properties = {} } = node;
  return [
    ...(items === undefined || items.type === 'string' ? [] : actual(`${path}[]`, items)),
    ...(values === undefined ? [] : actual(`${path}{*}`, values)),
    ...Object.entries(properties).flatMap(([name, child]) =>
      actual(path === '' ? name : `${path}.${name}`, child, node.required?.includes(name)),
    ),
  ];
}

const byPath = (fields: readonly Field[]) => fields.toSorted((left, right) => (left.path < right.path ? -1 : 1));

function* nodes(node: SchemaNode): Generator<SchemaNode> {
  yield node;
  const children = [...Object.values(node.properties ?? {}), node.items, node.additionalProperties];
  for (const child of children) if (child !== undefined) yield* nodes(child);
}

const kinds: readonly Kind[] = Object.values(carto.kinds);

describe.each(kinds)('the CRD of $kind', (kind) => {
  const { head = '', lines = [] } = sections.get(`kind ${kind.kind}`) ?? {};

  it('has exactly the fields, types, defaults and rules of carto.run/v1alpha1', () => {
    expect(byPath(actual('', rootSchema(kind)))).toEqual(byPath(expected(`kind ${kind.kind}`)));
  });

  it('has the names, scope and subresources of carto.run/v1alpha1', () => {
    const { status, scope, ...names } = JSON.parse(head.split(' ').slice(2).join(' ')) as Record<string, unknown>;
    const spec = crd(kind).spec as Record<string, unknown>;
    expect({ categories: [], ...(spec.names as object) }).toEqual({ ...names, kind: kind.kind });
    expect(spec.scope).toBe(scope);
    expect(getPath(spec, 'versions')).toMatchObject([
      { name: 'v1alpha1', served: true, storage: true, ...(status === true ? { subresources: { status: {} } } : {}) },
    ]);
  });

  it('has the printer columns of carto.run/v1alpha1', () => {
    const columns = lines.filter((line) => line.startsWith('column ')).map((line) => line.split(' ').slice(1));
    expect(kind.columns.map(({ name, type, jsonPath }) => [name, type, jsonPath])).toEqual(columns);
  });

  it('says of every field what it is for', () => {
    const { spec, status } = kind;
    const silent = [spec, status].flatMap((schema) => [...nodes(schema?.node ?? { description: '-' })]);
    expect(silent.filter((node) => (node.description ?? '') === '')).toEqual([]);
  });
});
