import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { expect, test } from 'vitest';

import { createTestCore, plain, refusal, type TestCore } from '../testing/core.ts';
import { scalarText } from './scalar-text.ts';

const about = { kind: 'Gadget', name: 'g', namespace: 'default' };
const event = (name: string, more: JsonObject = {}): JsonObject => ({
  metadata: { name },
  involvedObject: about,
  reason: 'Made',
  message: 'made it',
  type: 'Normal',
  ...more,
});

test('both versions of Events show one store', async () => {
  const t = await createTestCore();
  await t.create('events', event('old', { count: 2, source: { component: 'c' } }));
  expect(plain(t.get('events.events.k8s.io', 'old'))).toEqual({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: 'old', namespace: 'default' },
    regarding: about,
    note: 'made it',
    reason: 'Made',
    type: 'Normal',
    deprecatedCount: 2,
    deprecatedSource: { component: 'c' },
  });
  const eventTime = '2026-01-01T00:00:00.000000Z';
  await t.create('events.events.k8s.io', {
    metadata: { name: 'new' },
    regarding: about,
    note: 'n',
    eventTime,
    reportingController: 'r',
    type: 'Normal',
  });
  expect(t.get('events', 'new')).toMatchObject({
    apiVersion: 'v1',
    message: 'n',
    eventTime,
    reportingComponent: 'r',
    involvedObject: about,
  });
  await t.patch('events.events.k8s.io', 'new', 'merge', { note: 'changed' });
  expect(t.get('events', 'new')).toMatchObject({ message: 'changed', reportingComponent: 'r' });
  const list = await t.core.list(t.info('events'), { fieldSelector: 'involvedObject.name=g,reason=Made,source=c' });
  expect(list.items.map(({ metadata }) => metadata.name)).toEqual(['old']);
  const same = await t.core.list(t.info('events.events.k8s.io'), { fieldSelector: 'regarding.name=g,type=Normal' });
  expect(same.items).toHaveLength(2);
  const watch = t.watch('events.events.k8s.io');
  expect(await watch.seen()).toEqual(['ADDED:new', 'ADDED:old']);
  expect(watch.events[0]?.object).toMatchObject({ apiVersion: 'events.k8s.io/v1', note: 'changed' });
});

test('an Event must be in the namespace of what it is about', async () => {
  const t = await createTestCore();
  const body = event('e', { involvedObject: { ...about, namespace: 'other' } });
  expect(await refusal(t.create('events', body))).toBe('422 Invalid FieldValueInvalid@involvedObject.namespace');
});

test('Events are forgotten an hour after they were last touched', async () => {
  const t = await createTestCore();
  await t.create('events', event('e'));
  await t.clock.advance(59 * 60_000);
  expect(await t.names('events')).toEqual(['e']);
  await t.clock.advance(3 * 60_000);
  expect(await t.names('events')).toEqual([]);
});

test('PUT makes Leases, Events and Endpoints that are missing, but no ConfigMap', async () => {
  const t = await createTestCore();
  await t.update('leases', { metadata: { name: 'l' }, spec: { holderIdentity: 'me' } });
  expect(t.has('leases', 'l')).toBe(true);
  expect(await refusal(t.update('configmaps', { metadata: { name: 'c' } }))).toBe('404 NotFound');
});

test('the times of a Lease have microseconds', async () => {
  const t = await createTestCore();
  const lease = (renewTime: string) => t.create('leases', { metadata: { name: 'l' }, spec: { renewTime } });
  expect(await refusal(lease('2026-01-01T00:00:00Z'))).toBe('400 BadRequest');
  expect(await lease('2026-01-01T00:00:00.000000Z')).toMatchObject({
    spec: { renewTime: '2026-01-01T00:00:00.000000Z' },
  });
});

test('stringData of a Secret becomes data, its type stays', async () => {
  const t = await createTestCore();
  const made = await t.create('secrets', { metadata: { name: 's' }, data: { a: 'YQ==' }, stringData: { b: 'b' } });
  expect(plain(made)).toMatchObject({ data: { a: 'YQ==', b: 'Yg==' }, type: 'Opaque' });
  expect(made).not.toHaveProperty('stringData');
  expect(await refusal(t.patch('secrets', 's', 'merge', { type: 'other' }))).toBe('422 Invalid FieldValueInvalid@type');
  expect(await refusal(t.patch('secrets', 's', 'merge', { data: { a: 'not base64!' } }))).toBe('400 BadRequest');
});

test('the role of a binding stays what it was', async () => {
  const t = await createTestCore();
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' };
  await t.create('rolebindings', { metadata: { name: 'system:b' }, roleRef, subjects: [{ kind: 'User', name: 'u' }] });
  expect(t.get('rolebindings', 'system:b')).toMatchObject({ subjects: [{ apiGroup: 'rbac.authorization.k8s.io' }] });
  expect(await refusal(t.patch('rolebindings', 'system:b', 'merge', { roleRef: { name: 'x' } }))).toBe(
    '422 Invalid FieldValueInvalid@roleRef',
  );
});

const pod = { containers: [{ name: 'c', image: 'registry:5000/i:v1', ports: [{ containerPort: 80 }] }] };
const template = { metadata: { labels: { a: 'b' } }, spec: pod };

test('a Deployment gets the defaults of a real server, and its generation counts the spec', async () => {
  const t = await createTestCore();
  const spec = { selector: { matchLabels: { a: 'b' } }, template };
  const made = await t.create('deployments', { metadata: { name: 'd' }, spec, status: { replicas: 5 } });
  expect(plain(made)).toMatchObject({
    metadata: { generation: 1 },
    spec: {
      replicas: 1,
      progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: {
        spec: {
          restartPolicy: 'Always',
          dnsPolicy: 'ClusterFirst',
          containers: [
            { imagePullPolicy: 'IfNotPresent', terminationMessagePolicy: 'File', ports: [{ protocol: 'TCP' }] },
          ],
        },
      },
    },
  });
  expect(made).not.toHaveProperty('status');
  await t.patch('deployments', 'd', 'merge', { status: { replicas: 1 } }, { subresource: 'status' });
  expect(t.get('deployments', 'd')).toMatchObject({ metadata: { generation: 1 }, status: { replicas: 1 } });
  const image = {
    spec: {
      template: {
        spec: {
          containers: [
            { name: 'c', image: 'i2' },
            { name: 'd', image: 'd' },
          ],
        },
      },
    },
  };
  expect(await t.patch('deployments', 'd', 'strategic', image)).toMatchObject({
    metadata: { generation: 2 },
    spec: {
      template: {
        spec: {
          containers: expect.arrayContaining([
            expect.objectContaining({ name: 'c', image: 'i2', ports: [{ containerPort: 80, protocol: 'TCP' }] }),
          ]),
        },
      },
    },
  });
});

test.each([
  ['deployments', { spec: { template } }, '422 Invalid FieldValueRequired@spec.selector'],
  [
    'deployments',
    { spec: { selector: { matchLabels: { a: 'x' } }, template } },
    '422 Invalid FieldValueInvalid@spec.template.metadata.labels',
  ],
  ['jobs', { spec: { template } }, '422 Invalid FieldValueNotSupported@spec.template.spec.restartPolicy'],
  ['pods', { spec: {} }, '422 Invalid FieldValueRequired@spec.containers'],
  [
    'pods',
    { spec: { containers: [{}] } },
    '422 Invalid FieldValueRequired@spec.containers[0].name FieldValueRequired@spec.containers[0].image',
  ],
  ['services', { spec: {} }, '422 Invalid FieldValueRequired@spec.ports'],
  [
    'persistentvolumeclaims',
    { spec: {} },
    '422 Invalid FieldValueRequired@spec.accessModes FieldValueRequired@spec.resources[storage]',
  ],
])('%s %# without what they need are refused', async (resource, body, answer) => {
  const t = await createTestCore();
  expect(await refusal(t.create(resource, { metadata: { name: 'x' }, ...(body as JsonObject) }))).toBe(answer);
});

test('a Job selects its pods by its uid', async () => {
  const t = await createTestCore();
  const spec = { template: { spec: { ...pod, restartPolicy: 'Never' } } };
  const made = await t.create('jobs', { metadata: { name: 'j' }, spec });
  const label = { 'batch.kubernetes.io/controller-uid': made.metadata.uid };
  expect(made).toMatchObject({ spec: { selector: { matchLabels: label }, template: { metadata: { labels: label } } } });
});

const columnsOf = (t: TestCore, resource: string, object: KubeObject) =>
  t
    .info(resource)
    .printerColumns.map(({ name, cell }) => `${name}=${scalarText(cell(object, t.clock.now() + 200_000))}`);

test('columns say what kubectl shows', async () => {
  const t = await createTestCore();
  const cm = await t.create('configmaps', { metadata: { name: 'c' }, data: { a: '1' }, binaryData: { b: 'YQ==' } });
  expect(columnsOf(t, 'configmaps', cm)).toEqual(['Name=c', 'Data=2', 'Age=3m20s']);
  const made = await t.create('events', event('e', { count: 3, source: { component: 's', host: 'h' } }));
  expect(columnsOf(t, 'events', made)).toEqual([
    'Last Seen=<unknown>',
    'Type=Normal',
    'Reason=Made',
    'Object=gadget/g',
    'Subobject=',
    'Source=s, h',
    'Message=made it',
    'First Seen=<unknown>',
    'Count=3',
    'Name=e',
  ]);
  const ports = [{ port: 80 }];
  const service = await t.create('services', {
    metadata: { name: 's' },
    spec: { ports, selector: { b: '2', a: '1' } },
  });
  expect(columnsOf(t, 'services', service)).toEqual([
    'Name=s',
    'Type=ClusterIP',
    'Cluster-IP=<none>',
    'External-IP=<none>',
    'Port(s)=80/TCP',
    'Age=3m20s',
    'Selector=a=1,b=2',
  ]);
});

test('every kind can be made, listed and removed', async () => {
  const t = await createTestCore();
  expect(t.core.registry.all().length).toBeGreaterThan(25);
  for (const info of t.core.registry.all()) {
    expect(info.printerColumns.length).toBeGreaterThan(1);
    expect(await t.core.list(info, {})).toMatchObject({ kind: `${info.kind}List` });
  }
});
