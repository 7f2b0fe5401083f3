import { goJsonValue, goMap } from '@cartographer/api';
import { describe, expect, test } from 'vitest';
import { typedView } from '../paths/typed-view.ts';
import { ownerView } from '../select/owner-view.ts';
import { workload } from '../testing/builders.ts';
import { renderTemplate } from './template-program.ts';

const owner = workload('app', {
  params: [
    { name: 'p', value: 1 },
    { name: 'q', value: 'two' },
  ],
});

function contextOf(params: Record<string, unknown> = {}): unknown {
  const view = ownerView({
    ...owner,
    metadata: { ...owner.metadata, generation: 1, labels: { app: 'web', 'a.b/c': 'dotted' } },
  });
  return {
    workload: view,
    deliverable: view,
    params: typedView(goMap(goJsonValue), params as never),
    sources: {},
    deployment: null,
  };
}

function render(tag: unknown, params: Record<string, unknown> = {}): unknown {
  const result = renderTemplate({ spec: { tag: [tag] } } as never, contextOf(params));
  return result.kind === 'rendered' ? (result.value as { spec: { tag: unknown[] } }).spec.tag[0] : result.message;
}

const place = 'failed to recursively evaluate template: failed to interpolate template at path [spec.tag.[0]]: ';

describe('a tag', () => {
  // Scenario 17 of the recordings, in its order.
  test.each([
    [
      '$(workload.spec.nothing)$',
      'evaluate tag $(workload.spec.nothing)$: jsonpath returned empty list: workload.spec.nothing',
    ],
    [
      'x-$(workload.spec.nothing)$',
      'interpolate tag: evaluate jsonpath: jsonpath returned empty list: workload.spec.nothing',
    ],
    ['$()$', 'evaluate tag $()$: empty jsonpath not allowed'],
    [
      '$(workload[)$',
      "evaluate tag $(workload[)$: evaluate: failed to parse jsonpath '{.workload[}': unterminated array",
    ],
    [
      '$( workload.metadata.name)$',
      'evaluate tag $( workload.metadata.name)$: evaluate: failed to find results: unrecognized identifier workload',
    ],
    [
      '$(a.$(workload.metadata.name)$)$',
      "interpolate tag: evaluate jsonpath: evaluate: failed to parse jsonpath '{.a.$(workload.metadata.name}': unrecognized character in action: U+0028 '('",
    ],
    ['$(nowhere.at.all)$', 'evaluate tag $(nowhere.at.all)$: jsonpath returned empty list: nowhere.at.all'],
    [
      '$(workload.spec.env[0].name)$',
      'evaluate tag $(workload.spec.env[0].name)$: evaluate: failed to find results: array index out of bounds: index 0, length 0',
    ],
    [
      '$(workload.spec.params[*].value)$',
      'evaluate tag $(workload.spec.params[*].value)$: too many results for the query: workload.spec.params[*].value',
    ],
    [
      '$(workload.spec.params[5].value)$',
      'evaluate tag $(workload.spec.params[5].value)$: evaluate: failed to find results: array index out of bounds: index 5, length 2',
    ],
    [
      '$(workload.metadata.name.first)$',
      'evaluate tag $(workload.metadata.name.first)$: jsonpath returned empty list: workload.metadata.name.first',
    ],
    [
      '$(workload.spec.source.git.url)$',
      'evaluate tag $(workload.spec.source.git.url)$: jsonpath returned empty list: workload.spec.source.git.url',
    ],
    [
      "$(workload.metadata.labels['a.b/c'])$",
      "evaluate tag $(workload.metadata.labels['a.b/c'])$: jsonpath returned empty list: workload.metadata.labels['a.b/c']",
    ],
    [
      '$({.workload.metadata.name}{.workload.kind})$',
      'evaluate tag $({.workload.metadata.name}{.workload.kind})$: evaluate: more queries than expected: [[app] [Workload]]',
    ],
    [
      '$(workload.spec.params[?(@.nam=="p")].value)$',
      'evaluate tag $(workload.spec.params[?(@.nam=="p")].value)$: jsonpath returned empty list: workload.spec.params[?(@.nam=="p")].value',
    ],
    ['env: $(workload.spec.env)$', 'interpolate tag: tag must not point to nil value: workload.spec.env'],
  ])('%s is refused as recorded', (tag, message) => {
    expect(render(tag)).toBe(place + message);
  });

  test.each([
    ['$(workload.)$', { apiVersion: 'carto.run/v1alpha1', kind: 'Workload' }],
    ['$(workload.metadata.name', '$(workload.metadata.name'],
    ['a $(workload.metadata.name)$ $(open', 'a app $(open'],
    ['$(.workload.metadata.name)$', 'app'],
    ['${workload.metadata.name}', '${workload.metadata.name}'],
    ['$({.workload.metadata.name})$', 'app'],
    ["$(workload.metadata.labels['a\\.b/c'])$", 'dotted'],
    ['$(workload.kind)$/$(workload.apiVersion)$', 'Workload/carto.run/v1alpha1'],
    ['$(workload.spec.params[?(@.name=="p")].value)$', 1],
  ])('%s gives %j', (tag, value) => {
    expect(render(tag)).toEqual(value);
  });

  // Scenario 18: declared fields that are not set.
  test.each([
    ['env', null],
    ['source', null],
    ['image', null],
    ['serviceAccountName', ''],
    ['build', {}],
    ['build.env', null],
    ['resources', null],
    ['serviceClaims', null],
  ])('of the unset field spec.%s gives its zero value', (field, value) => {
    expect(render(`$(workload.spec.${field})$`)).toEqual(value);
  });

  test('in a larger text shows structured values as JSON, with keys sorted and HTML escaped', () => {
    expect(render('b=$(workload.spec.build)$ gen=$(workload.metadata.generation)$')).toBe('b={} gen=1');
    expect(render('$(params.a)$$(params.a)$', { a: 5 })).toBe('55');
    expect(render('[$(params.a)$]', { a: { b: '<', a: 1 } })).toBe('[{"a":1,"b":"\\u003c"}]');
  });

  test('alone keeps the type, and integers exact', () => {
    expect(render('$(params.n)$', { n: 9007199254740993n })).toBe(9007199254740993n);
    expect(render('n=$(params.n)$', { n: 9007199254740993n })).toBe('n=9007199254740993');
    expect(render('$(params)$', { a: [1] })).toEqual({ a: [1] });
  });

  test('reaches nothing inside a param', () => {
    expect(render('$(params.obj.a)$', { obj: { a: 1 } })).toBe(
      `${place}evaluate tag $(params.obj.a)$: jsonpath returned empty list: params.obj.a`,
    );
    expect(render('$(params.list[0])$', { list: [1] })).toBe(
      `${place}evaluate tag $(params.list[0])$: evaluate: failed to find results: v1.JSON is not array or slice`,
    );
  });
});

describe('a template', () => {
  test('names the first fault in document order, with the path as upstream writes it', () => {
    const result = renderTemplate({ spec: { items: [{ name: '$(x)$' }], z: '$(y)$' } }, contextOf());
    expect(result).toEqual({
      kind: 'faulty',
      message:
        'failed to recursively evaluate template: failed to interpolate template at path [spec.items.[0]name]: evaluate tag $(x)$: jsonpath returned empty list: x',
    });
  });

  test('keeps keys that JavaScript has a meaning for, and never evaluates keys or results', () => {
    const template = JSON.parse('{"__proto__": "$(params.a)$", "$(params.a)$": 1, "constructor": []}');
    const result = renderTemplate(template, contextOf({ a: '$(params.a)$' }));
    expect(result.kind).toBe('rendered');
    const { value } = result as { value: object };
    expect(Object.keys(value)).toEqual(['__proto__', '$(params.a)$', 'constructor']);
    expect(Object.getOwnPropertyDescriptor(value, '__proto__')?.value).toBe('$(params.a)$');
  });

  test('shares parts without tags', () => {
    const template = { a: { b: [1] }, c: '$(params.a)$' };
    const result = renderTemplate(template, contextOf({ a: 1 }));
    expect(result.kind === 'rendered' && result.value['a']).toBe(template.a);
  });
});
