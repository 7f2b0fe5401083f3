import type { KubeObject } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { API_VERSION, validate } from '../index.ts';

type Fields = Readonly<Record<string, unknown>>;

const step = (name: string, kind: string, more: Fields = {}) => ({ name, templateRef: { kind, name: 't' }, ...more });

const withOptions = (kind: string, ...options: readonly Fields[]) => ({
  name: 'pick',
  templateRef: { kind, options },
});

const option = (name: string, more: Fields = {}) => ({ name, selector: { matchLabels: { [name]: 'yes' } }, ...more });

const blueprint = (kind: string, name: string, spec: Fields): KubeObject => ({
  apiVersion: API_VERSION,
  kind,
  metadata: { name },
  spec: { selector: { app: 'web' }, resources: [], ...spec },
});

const chain = (spec: Fields) => blueprint('ClusterSupplyChain', 'chain', spec);
const delivery = (spec: Fields) => blueprint('ClusterDelivery', 'way', spec);

const CHAIN = 'error validating clustersupplychain [chain]: ';
const DELIVERY = 'error validating clusterdelivery [way]: ';

type Row = readonly [title: string, spec: Fields, error: string];

const shared: readonly Row[] = [
  [
    'no selector',
    { selector: {}, selectorMatchFields: [] },
    'at least one selector, selectorMatchExpression, selectorMatchField must be specified',
  ],
  [
    'a param with value and default',
    { params: [{ name: 'p', value: 1, default: 2 }] },
    'param [p] is invalid: must set exactly one of value and default',
  ],
  [
    'a param of a step with neither',
    { resources: [step('s', 'ClusterSourceTemplate', { params: [{ name: 'p' }] })] },
    'resource [s] is invalid: param [p] is invalid: must set exactly one of value and default',
  ],
  [
    'an expression with an unknown operator',
    { selectorMatchExpressions: [{ key: 'k', operator: 'Foo' }] },
    'selectorMatchExpressions are not valid: "Foo" is not a valid label selector operator',
  ],
  [
    'an In expression without values',
    { selectorMatchExpressions: [{ key: 'k', operator: 'In' }] },
    "selectorMatchExpressions are not valid: values: Invalid value: []string(nil): for 'in', 'notin' operators, values set can't be empty",
  ],
  [
    'values beside Exists',
    { selectorMatchFields: [{ key: 'spec.source', operator: 'Exists', values: ['x'] }] },
    'cannot specify values with operator [Exists]',
  ],
  [
    'In without values',
    { selectorMatchFields: [{ key: 'spec.source', operator: 'In' }] },
    'must specify values with operator [In]',
  ],
  [
    'an unknown operator',
    { selectorMatchFields: [{ key: 'spec.source', operator: 'Near' }] },
    'operator [Near] is invalid',
  ],
  [
    'a key that no owner has',
    { selectorMatchFields: [{ key: 'workload.spec.source', operator: 'Exists' }] },
    'requirement key [workload.spec.source] is not a valid path',
  ],
  [
    'a key that does not parse',
    { selectorMatchFields: [{ key: 'spec.params[0].{{}}', operator: 'Exists' }] },
    "invalid jsonpath for key [spec.params[0].{{}}]: unrecognized character in action: U+007B '{'",
  ],
  [
    'two options of one name',
    { resources: [withOptions('ClusterSourceTemplate', option('a'), option('a'))] },
    'duplicate template name [a] found in options for resource [pick]',
  ],
  [
    'a template and options',
    {
      resources: [
        { name: 's', templateRef: { kind: 'ClusterSourceTemplate', name: 't', options: [option('a'), option('b')] } },
      ],
    },
    'error validating resource [s]: exactly one of templateRef.Name or templateRef.Options must be specified, found both',
  ],
  [
    'neither template nor options',
    { resources: [{ name: 's', templateRef: { kind: 'ClusterSourceTemplate' } }] },
    'error validating resource [s]: exactly one of templateRef.Name or templateRef.Options must be specified, found neither',
  ],
  [
    'a single option',
    { resources: [withOptions('ClusterSourceTemplate', option('a'))] },
    'error validating resource [pick]: templateRef.Options must have more than one option',
  ],
  [
    'an option that names a template and passes through',
    { resources: [withOptions('ClusterSourceTemplate', option('a', { passThrough: 'in' }), option('b'))] },
    'error validating resource [pick]: exactly one of option.Name or option.PassThrough must be specified, found both',
  ],
  [
    'an option that does neither',
    { resources: [withOptions('ClusterSourceTemplate', { selector: { matchLabels: { a: 'b' } } }, option('b'))] },
    'error validating resource [pick]: exactly one of option.Name or option.PassThrough must be specified, found neither',
  ],
  [
    'an option with an empty selector',
    { resources: [withOptions('ClusterSourceTemplate', option('a', { selector: {} }), option('b'))] },
    'error validating resource [pick]: error validating option [a] selector: at least one of matchLabels, matchExpressions or MatchFields must be specified',
  ],
  [
    'an option with a faulty field requirement',
    {
      resources: [
        withOptions(
          'ClusterSourceTemplate',
          option('a', { selector: { matchFields: [{ key: 'status', operator: 'Exists' }] } }),
          option('b'),
        ),
      ],
    },
    'error validating resource [pick]: error validating option [a] selector: requirement key [status] is not a valid path',
  ],
  [
    'two options with one selector',
    {
      resources: [
        withOptions('ClusterSourceTemplate', option('z'), option('a', { selector: { matchLabels: { x: 'y' } } }), {
          passThrough: 'in',
          selector: { matchLabels: { x: 'y' } },
        }),
      ],
    },
    'error validating resource [pick]: duplicate selector found in options [a, passThrough]',
  ],
  [
    'pass-through where nothing is handed on',
    { resources: [withOptions('ClusterTemplate', option('a'), { passThrough: 'in', selector: option('p').selector })] },
    'error validating resource [pick]: TemplateRef.Kind [ClusterTemplate] is not a known type',
  ],
  [
    'pass-through of an input that is not there',
    {
      resources: [
        withOptions('ClusterConfigTemplate', option('a'), { passThrough: 'in', selector: option('p').selector }),
      ],
    },
    'error validating resource [pick]: pass through [in] does not refer to a known input',
  ],
];

describe.each([
  ['a supply chain', chain, CHAIN],
  ['a delivery', delivery, DELIVERY],
] as const)('%s is refused for', (_kind, build, prefix) => {
  it.each(shared)('%s', (_title, spec, error) => {
    expect(validate(build(spec))[0]).toBe(prefix + error);
  });
});

describe('a supply chain is refused for', () => {
  const image = step('image', 'ClusterImageTemplate', { sources: [{ name: 'src', resource: 'source' }] });
  it.each<Row>([
    [
      'two steps of one name',
      { resources: [step('s', 'ClusterSourceTemplate'), step('s', 'ClusterSourceTemplate')] },
      'duplicate resource name [s] found',
    ],
    [
      'two nameless options, by their name',
      {
        resources: [
          withOptions(
            'ClusterSourceTemplate',
            { passThrough: 'in', selector: option('p').selector },
            { passThrough: 'on', selector: option('q').selector },
          ),
        ],
      },
      'duplicate template name [] found in options for resource [pick]',
    ],
    [
      'a reference to no step',
      { resources: [image] },
      'invalid sources for resource [image]: [src] is provided by unknown resource [source]',
    ],
    [
      'a reference to a step of another kind',
      { resources: [step('source', 'ClusterTemplate'), image] },
      'invalid sources for resource [image]: resource [source] providing [src] must reference a ClusterSourceTemplate',
    ],
    [
      'a key with a brace that does not parse',
      { selectorMatchFields: [{ key: 'spec.env[0].{{}}', operator: 'Exists' }] },
      "invalid jsonpath for key [spec.env[0].{{}}]: unrecognized character in action: U+007B '{'",
    ],
  ])('%s', (_title, spec, error) => {
    expect(validate(chain(spec))[0]).toBe(CHAIN + error);
  });

  it('more than one pass-through option, once their names are told apart', () => {
    const resources = [
      withOptions('ClusterSourceTemplate', option('a', { passThrough: 'in' }), option('b', { passThrough: 'in' })),
    ];
    expect(validate(chain({ resources }))[0]).toBe(
      `${CHAIN}error validating resource [pick]: cannot have more than one pass through option, found 2`,
    );
  });
});

describe('a delivery is refused for', () => {
  const deploy = (more: Fields) => step('deploy', 'ClusterDeploymentTemplate', more);
  it.each<Row>([
    [
      'two steps of one name',
      { resources: [step('s', 'ClusterSourceTemplate'), step('s', 'ClusterSourceTemplate')] },
      'spec.resources[1].name "s" cannot appear twice',
    ],
    [
      'a deployment template without deployment',
      { resources: [deploy({})] },
      'spec.resources[deploy] is a ClusterDeploymentTemplate and must receive a deployment',
    ],
    [
      'a deployment elsewhere',
      { resources: [step('s', 'ClusterTemplate', { deployment: { resource: 'x' } })] },
      'spec.resources[s] receives a deployment but is not a ClusterDeploymentTemplate',
    ],
    [
      'configs of a deployment template, even an empty list',
      { resources: [deploy({ deployment: { resource: 'x' }, configs: [] })] },
      'spec.resources[deploy] is a ClusterDeploymentTemplate and must not receive config',
    ],
    [
      'a field that only workloads have',
      { selectorMatchFields: [{ key: 'spec.env', operator: 'Exists' }] },
      'requirement key [spec.env] is not a valid path',
    ],
  ])('%s', (_title, spec, error) => {
    expect(validate(delivery(spec))[0]).toBe(DELIVERY + error);
  });
});

describe('what upstream does not check is accepted', () => {
  it('a supply chain with no steps, and one with cycles and later producers', () => {
    const a = step('a', 'ClusterSourceTemplate', { sources: [{ name: 'in', resource: 'b' }] });
    const b = step('b', 'ClusterSourceTemplate', { sources: [{ name: 'in', resource: 'a' }] });
    expect(validate(chain({}))).toEqual([]);
    expect(validate(chain({ resources: [a, b] }))).toEqual([]);
  });

  it('a delivery whose references lead nowhere', () => {
    const resources = [step('s', 'ClusterTemplate', { sources: [{ name: 'in', resource: 'nowhere' }] })];
    expect(validate(delivery({ resources }))).toEqual([]);
  });

  it('a key that only begins like a known one', () => {
    expect(validate(chain({ selectorMatchFields: [{ key: 'spec.envFoo', operator: 'Exists' }] }))).toEqual([]);
  });
});

it('every error of an object is told, the one that upstream tells first', () => {
  const errors = validate(chain({ selector: {}, params: [{ name: 'p' }, { name: 'q' }] }));
  expect(errors).toHaveLength(3);
  expect(errors[0]).toContain('at least one selector');
});

it('an object with very many errors is reported up to a limit', () => {
  const params = Array.from({ length: 10_000 }, (_, i) => ({ name: `p${i}` }));
  expect(validate(chain({ params }))).toHaveLength(100);
});
