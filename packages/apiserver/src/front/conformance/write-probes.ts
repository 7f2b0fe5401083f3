import { APPLY, gadget, gadgetDefinition, JSON_PATCH, MERGE, type Probe, probe, STRATEGIC } from './probe.ts';

const yaml = { 'content-type': 'application/yaml' };

/** Creating objects, and what schemas make of them. */
export const createProbes: readonly Probe[] = [
  probe('_ns', 'POST', '/api/v1/namespaces', { metadata: { name: '$NS' } }),
  probe('crd-create', 'POST', '$CRD', gadgetDefinition),
  probe('crd-get-after', 'GET', '$CRD/gadgets.probe.test'),
  probe('create', 'POST', '$W', gadget('g1', { n: 1 })),
  probe('create-exists', 'POST', '$W', gadget('g1', { n: 1 })),
  probe('create-with-rv', 'POST', '$W', gadget('g2', {}, { resourceVersion: '1' })),
  probe(
    'create-with-uid-generation-ignored',
    'POST',
    '$W',
    gadget(
      'gx',
      {},
      {
        uid: 'abc',
        generation: 7,
        creationTimestamp: '2000-01-01T00:00:00Z',
        deletionTimestamp: '2000-01-01T00:00:00Z',
        selfLink: '/x',
      },
    ),
  ),
  probe('create-wrong-ns', 'POST', '$W', gadget('g2', {}, { namespace: 'other' })),
  probe('create-no-name', 'POST', '$W', { apiVersion: 'probe.test/v1', kind: 'Gadget', metadata: {} }),
  probe('create-genname', 'POST', '$W', {
    apiVersion: 'probe.test/v1',
    kind: 'Gadget',
    metadata: { generateName: 'gn-' },
  }),
  probe('create-bad-name', 'POST', '$W', gadget('Bad_Name', {})),
  probe('create-missing-ns', 'POST', '/apis/probe.test/v1/namespaces/nope/gadgets', gadget('g2', {})),
  probe('create-wrong-kind', 'POST', '$W', { ...gadget('g2', {}), kind: 'Other' }),
  probe('create-wrong-apiversion', 'POST', '$W', { ...gadget('g2', {}), apiVersion: 'probe.test/v9' }),
  probe('create-no-kind', 'POST', '$W', { metadata: { name: 'g2' } }),
  probe('create-no-kind-builtin', 'POST', '$CM', { metadata: { name: 'cmk' } }),
  probe('create-bad-json', 'POST', '$W', '{"a":'),
  probe('create-yaml', 'POST', '$W', 'apiVersion: probe.test/v1\nkind: Gadget\nmetadata: {name: gy}\n', yaml),
  probe('create-unsupported-ct', 'POST', '$W', 'x', { 'content-type': 'text/plain' }),
  probe(
    'create-dup-field-strict',
    'POST',
    '$W?fieldValidation=Strict',
    '{"apiVersion":"probe.test/v1","kind":"Gadget","metadata":{"name":"gd"},"spec":{"n":1,"n":2}}',
  ),
  probe('create-unknown-warn-default', 'POST', '$W', gadget('gu', { zzz: 1 })),
  probe('create-unknown-meta-strict', 'POST', '$W?fieldValidation=Strict', gadget('gum', {}, { bogus: 1 })),
  probe('create-bad-fieldValidation', 'POST', '$W?fieldValidation=Foo', gadget('gfv', {})),
  probe('create-with-status-dropped', 'POST', '$W', { ...gadget('gs', { n: 1 }), status: { a: 1 } }),
  probe('create-bad-label', 'POST', '$W', gadget('gl', {}, { labels: { 'a b': 'c' } })),
  probe('create-dryrun', 'POST', '$W?dryRun=All', gadget('gdr', {})),
  probe('create-dryrun-get', 'GET', '$W/gdr'),
  probe('create-dryrun-bad', 'POST', '$W?dryRun=Foo', gadget('gdr', {})),
  probe('create-deprecated-version', 'POST', '/apis/probe.test/v2/namespaces/$NS/gadgets', {
    ...gadget('gv2', { n: 3 }),
    apiVersion: 'probe.test/v2',
  }),
  probe('get-other-version', 'GET', '/apis/probe.test/v2/namespaces/$NS/gadgets/g1'),
  probe('type-error', 'POST', '$W', gadget('te', { n: 'x' })),
  probe('null-default', 'POST', '$W', gadget('nd', { nd: null, nul: null, s: null })),
  probe('int-or-string-bad', 'POST', '$W', gadget('ib', { ios: 1.5 })),
  probe('int-or-string', 'POST', '$W', gadget('io', { ios: '50%' })),
  probe('embedded-bad', 'POST', '$W', gadget('eb', { emb: { foo: 1 } })),
  probe(
    'embedded-ok',
    'POST',
    '$W',
    gadget('eo', { emb: { apiVersion: 'v1', kind: 'X', metadata: { name: 'a', bogus: 1 }, foo: 1 } }),
  ),
  probe('preserve-unknown', 'POST', '$W', gadget('pu', { pu: { a: { b: [1, null] } } })),
  probe('set-dup', 'POST', '$W', gadget('sd', { ls: ['a', 'a'] })),
  probe('map-dup', 'POST', '$W', gadget('md', { lm: [{ k: 'a' }, { k: 'a' }] })),
  probe('map-missing-key', 'POST', '$W', gadget('mm', { lm: [{ v: 'a' }] })),
  probe('date-bad', 'POST', '$W', gadget('db', { dt: 'nope' })),
  probe(
    'float-int',
    'POST',
    '$W',
    '{"apiVersion":"probe.test/v1","kind":"Gadget","metadata":{"name":"fi"},"spec":{"n":3.0,"num":2}}',
  ),
  probe(
    'bigint',
    'POST',
    '$W',
    '{"apiVersion":"probe.test/v1","kind":"Gadget","metadata":{"name":"bi"},"spec":{"n":9007199254740993}}',
  ),
  probe('cel-transition-create', 'POST', '$W', gadget('ct', { imm: 'a' })),
  probe('cel-transition-update', 'PATCH', '$W/ct', { spec: { imm: 'b' } }, MERGE),
  probe('root-extra', 'POST', '$W', { ...gadget('re', {}), extra: 1 }),
];

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/$NS/leases';

/** PUT, and the split between spec and status. */
export const updateProbes: readonly Probe[] = [
  probe('_g', 'GET', '$W/g1'),
  probe('put-noop', 'PUT', '$W/g1', (get) => get('_g')),
  probe('put-ok-gen-bump', 'PUT', '$W/g1', (get) => ({
    ...get('_g'),
    spec: { ...(get('_g')['spec'] as object), n: 2 },
  })),
  probe('put-stale', 'PUT', '$W/g1', (get) => ({ ...get('_g'), spec: { n: 3 } })),
  probe('put-no-rv-cr', 'PUT', '$W/g1', gadget('g1', { n: 4 })),
  probe('put-notfound-cr', 'PUT', '$W/zzz', gadget('zzz', { n: 4 })),
  probe('put-notfound-with-rv', 'PUT', '$W/zzz', gadget('zzz', { n: 4 }, { resourceVersion: '5' })),
  probe('put-name-mismatch', 'PUT', '$W/g1', gadget('other', { n: 4 })),
  probe('_g', 'GET', '$W/g1'),
  probe('put-uid-mismatch', 'PUT', '$W/g1', (get) => withMetadata(get('_g'), { uid: 'nope' })),
  probe('put-label-no-gen-bump', 'PUT', '$W/g1', (get) => withMetadata(get('_g'), { labels: { a: 'b' } })),
  probe('_g', 'GET', '$W/g1'),
  probe('put-status-via-main-ignored', 'PUT', '$W/g1', (get) => ({ ...get('_g'), status: { x: 1 } })),
  probe('put-status', 'PUT', '$W/g1/status', (get) => ({
    ...withMetadata(get('_g'), { labels: { ignored: 'yes' } }),
    spec: { n: 99 },
    status: { x: 1 },
  })),
  probe(
    'patch-status-metadata',
    'PATCH',
    '$W/g1/status',
    { metadata: { annotations: { viaStatus: 'y' } }, spec: { n: 77 }, status: { y: 2 } },
    MERGE,
  ),
  probe('_g', 'GET', '$W/g1'),
  probe('put-empty-managedfields-resets', 'PUT', '$W/g1', (get) => withMetadata(get('_g'), { managedFields: [] })),
  probe('patch-mf-reset-[{}]', 'PATCH', '$W/g1', { metadata: { managedFields: [{}] } }, MERGE),
  probe('cm-create', 'POST', '$CM', { metadata: { name: 'c1' }, data: { a: '1' } }),
  probe('cm-put-no-rv', 'PUT', '$CM/c1', { metadata: { name: 'c1' }, data: { a: '2' } }),
  probe('cm-put-notfound', 'PUT', '$CM/nope', { metadata: { name: 'nope' } }),
  probe('lease-put-create', 'PUT', `${LEASES}/l1`, { metadata: { name: 'l1' }, spec: { holderIdentity: 'me' } }),
  probe('cm-immutable', 'PATCH', '$CM/c1', { immutable: true }, MERGE),
  probe('cm-immutable-change', 'PATCH', '$CM/c1', { data: { a: '9' } }, MERGE),
];

function withMetadata(object: ReturnType<typeof gadget>, metadata: object): ReturnType<typeof gadget> {
  return { ...object, metadata: { ...(object['metadata'] as object), ...metadata } };
}

/** The three kinds of patches. */
export const patchProbes: readonly Probe[] = [
  probe('merge-ok', 'PATCH', '$W/g1', { spec: { s: 'x', m: { a: '1' } } }, MERGE),
  probe('merge-null-delete', 'PATCH', '$W/g1', { spec: { s: null } }, MERGE),
  probe('merge-rv-stale', 'PATCH', '$W/g1', { metadata: { resourceVersion: '1' }, spec: { s: 'y' } }, MERGE),
  probe('merge-uid-mismatch', 'PATCH', '$W/g1', { metadata: { uid: 'nope' } }, MERGE),
  probe('merge-name-change', 'PATCH', '$W/g1', { metadata: { name: 'other' } }, MERGE),
  probe('merge-notobject', 'PATCH', '$W/g1', '[1]', MERGE),
  probe('merge-badjson', 'PATCH', '$W/g1', '{', MERGE),
  probe('merge-notfound', 'PATCH', '$W/nope', {}, MERGE),
  probe('json-test-fail', 'PATCH', '$W/g1', [{ op: 'test', path: '/spec/n', value: 12345 }], JSON_PATCH),
  probe('json-missing-path', 'PATCH', '$W/g1', [{ op: 'remove', path: '/spec/nope' }], JSON_PATCH),
  probe('json-replace-missing', 'PATCH', '$W/g1', [{ op: 'replace', path: '/spec/nope', value: 1 }], JSON_PATCH),
  probe('json-add-deep-missing', 'PATCH', '$W/g1', [{ op: 'add', path: '/spec/q/r', value: 1 }], JSON_PATCH),
  probe('json-bad-op', 'PATCH', '$W/g1', [{ op: 'zap', path: '/spec/n' }], JSON_PATCH),
  probe('json-not-array', 'PATCH', '$W/g1', '{}', JSON_PATCH),
  probe(
    'json-strict-unknown',
    'PATCH',
    '$W/g1?fieldValidation=Strict',
    [{ op: 'add', path: '/spec/bogus', value: 1 }],
    JSON_PATCH,
  ),
  probe('strategic-on-cr', 'PATCH', '$W/g1', {}, STRATEGIC),
  probe('patch-no-ct', 'PATCH', '$W/g1', '{}', { 'content-type': 'application/json' }),
  probe('strategic-bad-directive', 'PATCH', '$CM/c1', { data: { $patch: 'zap' } }, STRATEGIC),
  probe('force-with-merge', 'PATCH', '$W/g1?force=true', {}, MERGE),
];

function apply(
  name: string,
  object: string,
  spec: object | undefined,
  query = 'fieldManager=m1',
  metadata = {},
): Probe {
  const { spec: _spec, ...bare } = gadget(object, {}, metadata);
  const body = spec === undefined ? bare : { ...bare, spec };
  return probe(name, 'PATCH', `$W/${object}?${query}`, body as Probe['body'], APPLY);
}

const applied = { n: 1, m: { a: '1' }, lm: [{ k: 'a', v: '1' }], ls: ['x'], la: ['p'], at: { a: '1' } };
const bare = { apiVersion: 'probe.test/v1', kind: 'Gadget' };

/** Server-side apply. */
export const applyProbes: readonly Probe[] = [
  apply('ssa-create', 's1', applied),
  apply('ssa-noop', 's1', applied),
  apply('ssa-conflict-many', 's1', { n: 2, la: ['q'], at: { b: '2' }, lm: [{ k: 'a', v: '2' }] }, 'fieldManager=m2'),
  apply('ssa-shared', 's1', { n: 1, lm: [{ k: 'b', v: '1' }], ls: ['y'], m: { b: '2' } }, 'fieldManager=m2'),
  apply('ssa-remove-owned', 's1', { n: 1, lm: [{ k: 'a' }] }),
  apply('ssa-force', 's1', { n: 5 }, 'fieldManager=m3&force=true'),
  apply('ssa-null-value', 's1', { s: null, n: 5 }, 'fieldManager=m3'),
  apply('ssa-no-fieldmanager', 's1', {}, 'x=y'),
  apply('ssa-unknown-strict', 's1', { zzz: 1 }, 'fieldManager=m4&fieldValidation=Strict'),
  apply('ssa-unknown-ignore', 's1', { zzz: 1 }, 'fieldManager=m4&fieldValidation=Ignore'),
  apply('ssa-type-err', 's1', { n: 'x' }, 'fieldManager=m4'),
  apply('ssa-dup-mapkey', 's1', { lm: [{ k: 'a' }, { k: 'a' }] }, 'fieldManager=m4'),
  apply('ssa-set-managedfields', 's1', {}, 'fieldManager=m4', { managedFields: [{ manager: 'x' }] }),
  apply('ssa-with-stale-rv', 's1', { n: 9 }, 'fieldManager=m5&force=true', { resourceVersion: '1' }),
  apply('ssa-with-uid-on-create', 's9', { n: 9 }, 'fieldManager=m5&force=true', { uid: 'aaa' }),
  probe('ssa-name-mismatch', 'PATCH', '$W/s1?fieldManager=m1', { ...bare, metadata: { name: 'zz' } }, APPLY),
  probe('ssa-no-name-in-body', 'PATCH', '$W/s1?fieldManager=m7', { ...bare, metadata: {} }, APPLY),
  probe('ssa-no-gvk', 'PATCH', '$W/s1?fieldManager=m1', { metadata: { name: 's1' } }, APPLY),
  probe('ssa-wrong-kind', 'PATCH', '$W/s1?fieldManager=m1', { ...bare, kind: 'Zed', metadata: { name: 's1' } }, APPLY),
  probe(
    'ssa-status',
    'PATCH',
    '$W/s1/status?fieldManager=st&force=true',
    { ...bare, metadata: { name: 's1', labels: { q: 'r' } }, spec: { n: 1 }, status: { ok: true } },
    APPLY,
  ),
  probe(
    'ssa-status-notfound',
    'PATCH',
    '$W/nnn/status?fieldManager=st',
    { ...bare, metadata: { name: 'nnn' }, status: { ok: true } },
    APPLY,
  ),
  probe('update-steals', 'PATCH', '$W/s1?fieldManager=upd', { spec: { n: 6 } }, MERGE),
  apply('ssa-empty-releases-all', 's1', undefined, 'fieldManager=m2'),
  apply('ssa-fieldmanager-too-long', 's1', undefined, `fieldManager=${'x'.repeat(130)}`),
  apply('ssa-finalizers-1', 's2', {}, 'fieldManager=m1', { finalizers: ['a.b/c'] }),
  apply('ssa-finalizers-2', 's2', {}, 'fieldManager=m2', { finalizers: ['d.e/f'] }),
  apply('ssa-ownerrefs', 's2', {}, 'fieldManager=m1', {
    finalizers: [],
    ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'c1', uid: 'u-1' }],
  }),
];
