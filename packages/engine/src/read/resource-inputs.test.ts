import { describe, expect, test } from 'vitest';
import type { Inputs, Outputs, Resource } from './resource-inputs.ts';
import { inputsOf, producersOf, shorthands } from './resource-inputs.ts';
import type { Output } from './resource-outputs.ts';

const source = (url: string): Output => ({ kind: 'source', source: { url, revision: `${url}-rev` } });
const outputs: Outputs = new Map<string, Output>([
  ['src', source('one')],
  ['src2', source('two')],
  ['img', { kind: 'image', image: 'i' }],
  ['img2', { kind: 'image', image: 'j' }],
  ['cfg', { kind: 'config', config: { c: 1 } }],
  ['none', { kind: 'nothing' }],
]);
const resource = (more: Partial<Resource>): Resource => ({
  name: 'r',
  templateRef: { kind: 'ClusterTemplate' },
  ...more,
});
const refs = (...pairs: [string, string][]) => pairs.map(([name, from]) => ({ name, resource: from }));
const NONE: Inputs = { sources: {}, images: {}, configs: {}, deployment: undefined };

test('producers stand in the order of the status: sources, images, deployment, configs', () => {
  const all = resource({
    configs: refs(['c', 'cfg']),
    deployment: { resource: 'dep' },
    images: refs(['i', 'img'], ['j', 'img2']),
    sources: refs(['s', 'src']),
  });
  expect(producersOf(all)).toEqual(['src', 'img', 'img2', 'dep', 'cfg']);
  expect(producersOf(resource({}))).toEqual([]);
});

describe('the inputs of a resource', () => {
  test.each<[string, Partial<Resource>, Partial<Inputs>]>([
    ['none are asked for', {}, {}],
    [
      'sources with url, revision and name',
      { sources: refs(['a', 'src'], ['b', 'src2']) },
      {
        sources: {
          a: { url: 'one', revision: 'one-rev', name: 'a' },
          b: { url: 'two', revision: 'two-rev', name: 'b' },
        },
      },
    ],
    ['images', { images: refs(['a', 'img']) }, { images: { a: { image: 'i', name: 'a' } } }],
    ['configs', { configs: refs(['a', 'cfg']) }, { configs: { a: { config: { c: 1 }, name: 'a' } } }],
    ['a deployment', { deployment: { resource: 'src' } }, { deployment: { url: 'one', revision: 'one-rev' } }],
    ['a deployment that is not there', { deployment: { resource: 'gone' } }, {}],
    ['a deployment of what is no source', { deployment: { resource: 'img' } }, {}],
    [
      'those that are there, without those that are not',
      { images: refs(['a', 'gone'], ['b', 'img']) },
      { images: { b: { image: 'i', name: 'b' } } },
    ],
    ['none of a producer that gives out nothing', { images: refs(['a', 'none']) }, {}],
    ['no image of a source', { images: refs(['a', 'src']) }, {}],
    ['no source of an image', { sources: refs(['a', 'img']) }, {}],
    ['no config of an image', { configs: refs(['a', 'img']) }, {}],
    [
      'the last of two with one name',
      { images: refs(['a', 'img'], ['a', 'img2']) },
      { images: { a: { image: 'j', name: 'a' } } },
    ],
  ])('%s', (_name, more, expected) => {
    expect(inputsOf(resource(more), outputs)).toEqual({ ...NONE, ...expected });
  });

  test('may have the name of an internal of objects', () => {
    const { images } = inputsOf(resource({ images: refs(['__proto__', 'img']) }), outputs);
    expect(Object.keys(images)).toEqual(['__proto__']);
  });

  test('a deployment is the very source of its producer', () => {
    const producer = outputs.get('src');
    expect(inputsOf(resource({ deployment: { resource: 'src' } }), outputs).deployment).toBe(
      producer?.kind === 'source' && producer.source,
    );
  });
});

describe('the shorthands', () => {
  const one = { a: { image: 'i', name: 'a' } };
  test.each<[string, Partial<Inputs>, object]>([
    ['none without inputs', {}, {}],
    [
      'source is the one source',
      { sources: { a: { url: 'u', revision: 'r', name: 'a' } } },
      { source: { url: 'u', revision: 'r', name: 'a' } },
    ],
    ['image is the value of the one image', { images: one }, { image: 'i' }],
    [
      'config is the value of the one config',
      { configs: { a: { config: { c: 1 }, name: 'a' } } },
      { config: { c: 1 } },
    ],
    ['none of two', { images: { ...one, b: { image: 'j', name: 'b' } } }, {}],
    [
      'a second of another kind does not count',
      { images: one, configs: { a: { config: 0, name: 'a' } } },
      { image: 'i', config: 0 },
    ],
  ])('%s', (_name, inputs, expected) => {
    expect(shorthands({ ...NONE, ...inputs })).toEqual(expected);
  });
});
