import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { beforeAll, expect, test } from 'vitest';

import { StatusError } from '../../status-error.ts';
import { createTestCore, plain, type TestCore } from '../testing/core.ts';

/*
 * The same object created by POST and by server-side apply, as kube-apiserver 1.34 was recorded answering. NAME stands
 * for the object's name. `warn` means that a Warning header came with the answer.
 */
let t: TestCore;

const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const definition = (plural: string, kind: string, schema: JsonObject): JsonObject => ({
  metadata: { name: `${plural}.golden.test` },
  spec: {
    group: 'golden.test',
    scope: 'Namespaced',
    names: { plural, kind },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
  },
});

beforeAll(async () => {
  t = await createTestCore();
  const spec = {
    type: 'object',
    required: ['count'],
    properties: { count: { type: 'integer', minimum: 1 }, size: { type: 'string', enum: ['small', 'large'] } },
  };
  const strict = { type: 'object', required: ['spec'], properties: { spec } };
  await t.create('customresourcedefinitions', definition('stricts', 'Strict', strict));
  const thing = { type: 'object', properties: { spec: open, status: open } };
  await t.create('customresourcedefinitions', definition('things', 'Thing', thing));
});

const cm = (body: JsonObject, metadata: JsonObject = {}) => ({
  resource: 'configmaps',
  apiVersion: 'v1',
  kind: 'ConfigMap',
  body,
  metadata,
});
const strict = (body: JsonObject) => ({
  resource: 'stricts',
  apiVersion: 'golden.test/v1',
  kind: 'Strict',
  body,
  metadata: {},
});
const thing = (body: JsonObject) => ({
  resource: 'things',
  apiVersion: 'golden.test/v1',
  kind: 'Thing',
  body,
  metadata: {},
});
const deployment = (container: JsonObject, spec: JsonObject = {}) => ({
  resource: 'deployments',
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {},
  body: {
    spec: {
      replicas: 1,
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i', ...container }] } },
      ...spec,
    },
  },
});
const service = (...ports: readonly JsonObject[]) => ({
  resource: 'services',
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {},
  body: { spec: { ports } },
});

const cases: readonly [string, ReturnType<typeof cm>, string, string][] = [
  ['a null value', cm({ data: { a: null, b: 'x' } }), '201 {"data":{"a":"","b":"x"}}', '201 {"data":{"a":"","b":"x"}}'],
  ['null data', cm({ data: null }), '201 {}', '201 {}'],
  [
    'a number value',
    cm({ data: { a: 5 } }),
    '400 ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
    '500 failed to create typed patch object (/NAME; /v1, Kind=ConfigMap): .data.a: expected string, got &value.valueUnstructured{Value:5}',
  ],
  [
    'a bool value',
    cm({ data: { a: true } }),
    '400 ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal bool into Go struct field ConfigMap.data of type string',
    '500 failed to create typed patch object (/NAME; /v1, Kind=ConfigMap): .data.a: expected string, got &value.valueUnstructured{Value:true}',
  ],
  [
    'an object value',
    cm({ data: { a: { b: 1 } } }),
    '400 ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal object into Go struct field ConfigMap.data of type string',
    '500 failed to create typed patch object (/NAME; /v1, Kind=ConfigMap): .data.a: expected string, got &value.valueUnstructured{Value:map[string]interface {}{"b":1}}',
  ],
  [
    'a number as label',
    cm({ data: { a: 'x' } }, { labels: { n: 5 } }),
    '400 ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
    '500 failed to create typed patch object (/NAME; /v1, Kind=ConfigMap): .metadata.labels.n: expected string, got &value.valueUnstructured{Value:5}',
  ],
  [
    'a null label',
    cm({ data: { a: 'x' } }, { labels: { m: 'y', n: null } }),
    '201 {"data":{"a":"x"},"labels":{"m":"y","n":""}}',
    '201 {"data":{"a":"x"},"labels":{"m":"y","n":""}}',
  ],
  [
    'an unknown field',
    cm({ data: { a: 'x' }, extra: 1 }),
    '201 {"data":{"a":"x"}} warn',
    '500 failed to create typed patch object (/NAME; /v1, Kind=ConfigMap): .extra: field not declared in schema',
  ],
  [
    'an unknown metadata field',
    cm({ data: { a: 'x' } }, { bogus: 1 }),
    '201 {"data":{"a":"x"}} warn',
    '500 failed to create typed patch object (/NAME; /v1, Kind=ConfigMap): .metadata.bogus: field not declared in schema',
  ],
  ['what the schema wants', strict({ spec: { count: 1 } }), '201 {"spec":{"count":1}}', '201 {"spec":{"count":1}}'],
  [
    'a wrong type',
    strict({ spec: { count: 'x' } }),
    '422 Strict.golden.test "NAME" is invalid: spec.count: Invalid value: "string": spec.count in body must be of type integer: "string"',
    '500 failed to create typed patch object (/NAME; golden.test/v1, Kind=Strict): .spec.count: expected numeric (int or float), got string',
  ],
  [
    'null for a required field',
    strict({ spec: { count: null } }),
    '422 Strict.golden.test "NAME" is invalid: spec.count: Required value',
    '422 Strict.golden.test "NAME" is invalid: spec.count: Invalid value: "null": spec.count in body must be of type integer: "null"',
  ],
  [
    'too small a number',
    strict({ spec: { count: -1 } }),
    '422 Strict.golden.test "NAME" is invalid: spec.count: Invalid value: -1: spec.count in body should be greater than or equal to 1',
    '422 Strict.golden.test "NAME" is invalid: spec.count: Invalid value: -1: spec.count in body should be greater than or equal to 1',
  ],
  [
    'a value outside the enum',
    strict({ spec: { count: 1, size: 'huge' } }),
    '422 Strict.golden.test "NAME" is invalid: spec.size: Unsupported value: "huge": supported values: "small", "large"',
    '422 Strict.golden.test "NAME" is invalid: spec.size: Unsupported value: "huge": supported values: "small", "large"',
  ],
  [
    'a field that the schema lacks',
    strict({ spec: { count: 1, nope: 1 } }),
    '201 {"spec":{"count":1}} warn',
    '500 failed to create typed patch object (/NAME; golden.test/v1, Kind=Strict): .spec.nope: field not declared in schema',
  ],
  [
    'null for an optional field',
    strict({ spec: { count: 1, size: null } }),
    '201 {"spec":{"count":1}}',
    '422 Strict.golden.test "NAME" is invalid: [spec.size: Invalid value: "null": spec.size in body must be of type string: "null", spec.size: Unsupported value: null: supported values: "small", "large"]',
  ],
  [
    'a fraction for an integer',
    strict({ spec: { count: 1.5 } }),
    '422 Strict.golden.test "NAME" is invalid: spec.count: Invalid value: "number": spec.count in body must be of type integer: "number"',
    '422 Strict.golden.test "NAME" is invalid: spec.count: Invalid value: "number": spec.count in body must be of type integer: "number"',
  ],
  [
    'no spec',
    strict({}),
    '422 Strict.golden.test "NAME" is invalid: spec: Required value',
    '422 Strict.golden.test "NAME" is invalid: spec: Required value',
  ],
  [
    'null in unknown fields',
    thing({ spec: { a: null, b: [null, 1], c: { d: null } } }),
    '201 {"spec":{"a":null,"b":[null,1],"c":{"d":null}}}',
    '201 {"spec":{"a":null,"b":[null,1],"c":{"d":null}}}',
  ],
  [
    'null for spec',
    thing({ spec: null }),
    '201 {}',
    '422 Thing.golden.test "NAME" is invalid: spec: Invalid value: "null": spec in body must be of type object: "null"',
  ],
  [
    'a status',
    thing({ spec: { a: 1 }, status: { url: 'u' } }),
    '201 {"spec":{"a":1},"status":{"url":"u"}}',
    '201 {"spec":{"a":1},"status":{"url":"u"}}',
  ],
  ['empty lists', thing({ spec: { a: [], b: {} } }), '201 {"spec":{"a":[],"b":{}}}', '201 {"spec":{"a":[],"b":{}}}'],
  [
    'a quantity in another notation',
    deployment({ resources: { limits: { cpu: '1000m', memory: '1Gi' } } }),
    '201 limits {"cpu":"1","memory":"1Gi"}',
    '201 limits {"cpu":"1","memory":"1Gi"}',
  ],
  [
    'an unknown field of a container',
    deployment({ immage: 'x' }),
    '201 warn',
    '500 failed to create typed patch object (/NAME; apps/v1, Kind=Deployment): .spec.template.spec.containers[name="c"].immage: field not declared in schema',
  ],
  ['null for env', deployment({ env: null }), '201', '201'],
  [
    'a number in env',
    deployment({ env: [{ name: 'A', value: 1 }] }),
    '400 Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string',
    '500 failed to create typed patch object (/NAME; apps/v1, Kind=Deployment): .spec.template.spec.containers[name="c"].env[name="A"].value: expected string, got &value.valueUnstructured{Value:1}',
  ],
  [
    'two variables of one name',
    deployment({
      env: [
        { name: 'A', value: '1' },
        { name: 'A', value: '2' },
      ],
    }),
    '201 warn',
    '500 failed to create typed patch object (/NAME; apps/v1, Kind=Deployment): .spec.template.spec.containers[name="c"].env: duplicate entries for key [name="A"]',
  ],
  [
    'replicas as text',
    deployment({}, { replicas: '1' }),
    '400 Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    '500 failed to create typed patch object (/NAME; apps/v1, Kind=Deployment): .spec.replicas: expected numeric (int or float), got string',
  ],
  [
    'two nameless ports of one number',
    service({ port: 80 }, { port: 80 }),
    '422 Service "NAME" is invalid: [spec.ports[0].name: Required value, spec.ports[1].name: Required value, spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}]',
    '500 failed to create typed patch object (/NAME; /v1, Kind=Service): .spec.ports: duplicate entries for key [port=80,protocol="TCP"]',
  ],
];

let count = 0;

async function answer(work: (warnings: string[]) => Promise<KubeObject>, name: string): Promise<string> {
  const warnings: string[] = [];
  try {
    return shown(plain(await work(warnings)), warnings.length > 0);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return `${error.status.code} ${error.status.message.replaceAll(name, 'NAME')}`;
  }
}

function shown({ metadata, kind, apiVersion: _version, ...rest }: JsonObject, warned: boolean): string {
  const warn = warned ? ' warn' : '';
  if (kind === 'Deployment') {
    const limits = (rest as { spec: { template: { spec: { containers: { resources: { limits?: object } }[] } } } }).spec
      .template.spec.containers[0]?.resources.limits;
    return `201${limits === undefined ? '' : ` limits ${JSON.stringify(limits)}`}${warn}`;
  }
  const { labels } = metadata as { labels?: JsonObject };
  return `201 ${JSON.stringify({ ...rest, ...(labels === undefined ? {} : { labels }) })}${warn}`;
}

test.each(cases)(
  '%s is answered to POST and apply as a real server does',
  async (_name, { resource, kind, apiVersion, body, metadata }, posted, applied) => {
    const name = `o${count++}`;
    const post = { apiVersion, kind, metadata: { name: `post-${name}`, ...metadata }, ...body };
    const apply = { apiVersion, kind, metadata: { name: `ssa-${name}`, ...metadata }, ...body };
    expect(await answer((warnings) => t.create(resource, post, { warnings }), `post-${name}`)).toBe(posted);
    expect(await answer((warnings) => t.apply(resource, apply, { warnings, force: true }), `ssa-${name}`)).toBe(
      applied,
    );
  },
);
