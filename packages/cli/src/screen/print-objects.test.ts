import type { KubeObject } from '@cartographer/machinery';
import { expect, it } from 'vitest';
import { parseFormat, printObject, printObjects } from './print-objects.ts';

const web: KubeObject = {
  apiVersion: 'carto.run/v1alpha1',
  kind: 'Workload',
  metadata: { name: 'web', namespace: 'shop', managedFields: [{ manager: 'x', operation: 'Apply' }] },
  spec: { image: 'a\u001b[2J' },
};
const account: KubeObject = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };

const print = (format: string, ...objects: readonly KubeObject[]): string => {
  const parsed = parseFormat(format);
  if (parsed === undefined) throw new Error(`${format} is for the command`);
  const [only] = objects;
  return objects.length === 1 && only !== undefined ? printObject(only, parsed) : printObjects(objects, parsed);
};

it('names are as kubectl prints them, one a line', () => {
  expect(print('name', web, account)).toBe('workload.carto.run/web\nserviceaccount/default\n');
});

it('several objects are a List that kubectl takes, none an empty one', () => {
  expect(JSON.parse(print('json', web, account))).toMatchObject({
    apiVersion: 'v1',
    kind: 'List',
    items: [{ kind: 'Workload' }, { kind: 'ServiceAccount' }],
  });
  expect(print('yaml')).toContain('items: []');
});

it('nobody is shown who wrote which field', () => {
  for (const format of ['json', 'yaml', 'ndjson']) expect(print(format, web)).not.toContain('managedFields');
});

it.each([
  ['jsonpath={.metadata.name}', 'web\n'],
  ['jsonpath=.metadata.name', 'web\n'],
  ['jsonpath=metadata.name', 'web\n'],
  ['jsonpath={.metadata.namespace}/{.metadata.name}', 'shop/web\n'],
  ['jsonpath={.spec.nothing}', '\n'],
  ['jsonpath={.spec.image}', 'a\\x1b[2J\n'],
])('%s gives %j', (format, printed) => {
  expect(print(format, web)).toBe(printed);
});

it.each(['jsonpath={.a', 'xml', 'jsonpath', ''])('%j is an error of the flag', (format) => {
  expect(() => print(format, web)).toThrow(expect.objectContaining({ code: 'CARTO_USAGE' }) as Error);
});

it('wide and none are the screens of the command', () => {
  expect([parseFormat('wide'), parseFormat(undefined)]).toEqual([undefined, undefined]);
});
