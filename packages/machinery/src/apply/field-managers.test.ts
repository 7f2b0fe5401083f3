import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../values/json.ts';
import { fieldManagers, managersOf } from './field-managers.ts';

const entry = (manager: string, fieldsV1: JsonObject, more: JsonObject = {}): JsonObject => {
  return { manager, operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1, ...more };
};
const container = { 'f:containers': { 'k:{"name":"app"}': { '.': {}, 'f:image': {} } } };
const object: JsonObject = {
  metadata: {
    managedFields: [
      entry('ours', { 'f:spec': { ...container, 'f:whole': {}, 'f:tags': { 'v:"a"': {} }, 'f:row': { 'i:1': {} } } }),
      entry('kubectl-edit', { 'f:spec': { 'f:replicas': {} } }, { operation: 'Update', time: '2026-01-01T00:00:00Z' }),
      entry('tool', { 'f:status': { 'f:x': {} } }, { operation: 'Update', subresource: 'status' }),
    ],
  },
  spec: {
    containers: [{ name: 'side' }, { name: 'app', image: 'i' }],
    whole: { a: 1 },
    tags: ['b', 'a'],
    row: [1, 2],
    replicas: 2,
  },
};

describe('the managers of a field', () => {
  test.each<[(string | number)[], string[]]>([
    [['spec', 'replicas'], ['kubectl-edit']],
    [['spec', 'containers', 1, 'image'], ['ours']],
    [['spec', 'containers', 0], []],
    [['spec', 'containers', 5], []],
    [['spec', 'whole', 'a'], ['ours']],
    [['spec', 'tags', 1], ['ours']],
    [['spec', 'tags', 0], []],
    [['spec', 'row', 1], ['ours']],
    [['spec'], ['ours', 'kubectl-edit']],
    [['status', 'x'], ['tool']],
    [['data'], []],
  ])('at %j are %j', (path, managers) => expect(fieldManagers(object, path)).toEqual(managers));

  test('are told with their fields', () => {
    expect(managersOf(object).slice(1)).toEqual([
      {
        manager: 'kubectl-edit',
        operation: 'Update',
        subresource: '',
        time: '2026-01-01T00:00:00Z',
        fields: ['.spec.replicas'],
      },
      { manager: 'tool', operation: 'Update', subresource: 'status', time: undefined, fields: ['.status.x'] },
    ]);
  });

  test.each([[{}], [{ metadata: { managedFields: [{ odd: true }] } }], [{ metadata: { managedFields: 5 } }]])(
    'of %j are nobody',
    (odd) => expect([managersOf(odd), fieldManagers(odd, ['spec'])]).toEqual([[], []]),
  );
});
