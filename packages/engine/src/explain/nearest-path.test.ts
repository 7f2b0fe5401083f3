import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pathExpression } from '../paths/path-expression.ts';
import { nearestPath, schemaHas } from './nearest-path.ts';

const OBJECT = {
  metadata: { name: 'x', labels: { 'app.io/name': 'shop' } },
  status: { latestImage: 'i', artifact: { url: 'u' }, conditions: [{ type: 'Ready' }] },
};

describe('a path that finds nothing', () => {
  test.each([
    ['.status.lastestImage', '.status', '.status.latestImage'],
    ['{.status.image}', '.status', '.status.latestImage'],
    ['status.artifact.URL', '.status.artifact', '.status.artifact.url'],
    ['.status.url', '.status', '.status.artifact.url'],
    ['.status.conditions[3].type', '.status.conditions', '.status.conditions[0].type'],
    ['.metadata.labels.app\\.io/name2', undefined, undefined],
    [".metadata.labels['app.io/nome']", '.metadata.labels', ".metadata.labels['app.io/name']"],
    ['.outputs.zzzzzz', '', undefined],
    ['.status.conditions[?(@.type=="Ready")].status', undefined, undefined],
    ['.status[*].x', undefined, undefined],
    ['', undefined, undefined],
  ])('%s gets as far as %s, and is most like %s', (path, exists, similar) => {
    const found = nearestPath(OBJECT, path);
    expect([found?.exists, found?.similar]).toEqual([exists, similar]);
  });

  test('tells what stands where it ends', () => {
    expect(nearestPath(OBJECT, '.status.nothing')?.keys).toEqual(['latestImage', 'artifact', 'conditions']);
    expect(nearestPath(OBJECT, '.status.conditions[7]')?.keys).toEqual(['[0]']);
  });

  test('names a place that is there, whatever path and object', () => {
    const key = fc.constantFrom('a', 'ab', 'abc', 'status', '__proto__');
    const object = fc.dictionary(
      key,
      fc.oneof(fc.dictionary(key, fc.constant(1)), fc.array(fc.dictionary(key, fc.constant(1)))),
    );
    fc.assert(
      fc.property(
        object,
        fc.oneof(
          fc.array(key, { minLength: 1 }).map((keys) => keys.join('.')),
          fc.string(),
        ),
        (of, path) => {
          const found = nearestPath(of, path);
          for (const place of [found?.exists, found?.similar]) {
            if (place !== undefined && place !== '') expect(pathExpression(place)(of).kind).toBe('found');
          }
        },
      ),
    );
  });
});

describe('a schema', () => {
  const schema = {
    properties: {
      spec: { 'x-kubernetes-preserve-unknown-fields': true },
      status: {
        properties: {
          image: { type: 'string' },
          list: { items: { properties: { a: {} } } },
          map: { additionalProperties: { properties: { b: {} } } },
          any: { additionalProperties: true },
        },
      },
    },
  };
  test.each([
    ['.status.image', 'yes'],
    ['.status.imag', 'no'],
    ['.status.list[0].a', 'yes'],
    ['.status.list[0].b', 'no'],
    ['.status.map.some.b', 'yes'],
    ['.status.map.some.c', 'no'],
    ['.status.any.thing', 'open'],
    ['.spec.any.thing', 'open'],
    ['.metadata.labels', 'open'],
    ['.data', 'no'],
    ['.status[*]', undefined],
  ])('has %s: %s', (path, expected) => expect(schemaHas(schema, path)).toBe(expected));
});
