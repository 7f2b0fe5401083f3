import { rootSchema } from '@cartographer/api';
import { systemClock as clock, createRestMapper } from '@cartographer/kube';
import { type JsonObject, type KubeObject, structuralErrors } from '@cartographer/machinery';
import { type Embedded, startEmbedded } from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONVENTIONS_API_VERSION } from './group.ts';
import { conventionsCrds, conventionsKinds } from './kinds.ts';
import { readConvention, readIntent } from './read.ts';

type KindName = keyof typeof conventionsKinds;

const url = { clientConfig: { url: 'https://conventions.example.com/jvm' } };
const service = { namespace: 'team', name: 'jvm' };
const rules = [{ name: 'labels', apply: { metadata: { labels: { a: 'b' } } } }];
const containers = [{ name: 'app', image: 'registry.example.com/app' }];
const template = { spec: { containers } };
const CONVENTION = 'ClusterPodConvention';

const ACCEPTED: readonly (readonly [KindName, JsonObject])[] = [
  [CONVENTION, { webhook: url }],
  [CONVENTION, { rules }],
  [CONVENTION, { webhook: { clientConfig: { service } } }],
  [CONVENTION, { webhook: { clientConfig: { service: { ...service, path: '/a/b', port: 8443 }, caBundle: 'YQ==' } } }],
  [CONVENTION, { webhook: { ...url, certificate: service } }],
  [CONVENTION, { webhook: { ...url, caFrom: { configMapRef: service }, timeoutSeconds: 60, include: ['config'] } }],
  [CONVENTION, { webhook: url, priority: 'Early', selectorTarget: 'PodIntent', selectors: [{}] }],
  [
    CONVENTION,
    {
      webhook: url,
      selectors: [
        { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'c', operator: 'NotIn', values: ['d'] }] },
        {
          matchExpressions: [
            { key: 'e', operator: 'DoesNotExist' },
            { key: 'f', operator: 'Exists', values: [] },
          ],
        },
      ],
    },
  ],
  ['PodIntent', { template }],
  ['PodIntent', { template, serviceAccountName: 'builder', imagePullSecrets: [{ name: 'login' }] }],
  [
    'PodIntent',
    { template: { metadata: { labels: { a: 'b' } }, spec: { containers, initContainers: containers, newField: [1] } } },
  ],
];
const both = { clientConfig: { ...url.clientConfig, service } };
const REFUSED: readonly (readonly [KindName, JsonObject, string])[] = [
  [CONVENTION, {}, 'expected exactly one of webhook and rules'],
  [CONVENTION, { webhook: url, rules }, 'expected exactly one of webhook and rules'],
  [CONVENTION, { rules: [] }, 'spec.rules'],
  [CONVENTION, { webhook: {} }, 'spec.webhook.clientConfig: Required value'],
  [CONVENTION, { webhook: both }, 'expected exactly one, got both: [url, service]'],
  [CONVENTION, { webhook: { clientConfig: {} } }, 'expected exactly one, got neither: [url, service]'],
  ...['http://a.example.com', 'https://', 'https://u@a.example.com', 'https://a.example.com/?x', 'https://a/#f'].map(
    (bad) => [CONVENTION, { webhook: { clientConfig: { url: bad } } }, 'spec.webhook.clientConfig.url'] as const,
  ),
  [CONVENTION, { webhook: { clientConfig: { service: { name: 'a' } } } }, 'service.namespace: Required value'],
  [CONVENTION, { webhook: { clientConfig: { service: { ...service, path: 'a' } } } }, 'service.path'],
  [CONVENTION, { webhook: { clientConfig: { service: { ...service, port: 0 } } } }, 'service.port'],
  [CONVENTION, { webhook: { ...url, certificate: { name: 'a' } } }, 'certificate.namespace: Required value'],
  [CONVENTION, { webhook: { ...url, caFrom: {} } }, 'exactly one of secretRef and configMapRef'],
  [
    CONVENTION,
    { webhook: { ...url, certificate: service, caFrom: { secretRef: service } } },
    'at most one of certificate and caFrom',
  ],
  [CONVENTION, { webhook: { ...url, timeoutSeconds: 61 } }, 'timeoutSeconds'],
  [CONVENTION, { webhook: url, priority: 'First' }, 'supported values: "Early", "Normal", "Late"'],
  [CONVENTION, { webhook: url, selectorTarget: 'Pod' }, 'supported values: "PodTemplateSpec", "PodIntent"'],
  [CONVENTION, { webhook: url, selectors: [{ matchExpressions: [{ key: 'a', operator: 'Is' }] }] }, 'operator'],
  [
    CONVENTION,
    { webhook: url, selectors: [{ matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] }] },
    'values are for In and NotIn',
  ],
  [
    CONVENTION,
    { webhook: url, selectors: [{ matchExpressions: [{ key: 'a', operator: 'In' }] }] },
    'values are for In and NotIn',
  ],
  ['PodIntent', {}, 'spec.template: Required value'],
  ['PodIntent', { template: {} }, 'spec.template.spec: Required value'],
  ['PodIntent', { template: { spec: {} } }, 'spec.template.spec.containers: Required value'],
  ['PodIntent', { template: { spec: { containers: [{ image: 1 }] } } }, 'containers[0].image'],
  ['PodIntent', { template, imagePullSecrets: [{}] }, 'imagePullSecrets[0].name: Required value'],
];

const object = (kind: KindName, spec: JsonObject, name = 'one'): KubeObject => ({
  apiVersion: CONVENTIONS_API_VERSION,
  kind,
  metadata: conventionsKinds[kind].namespaced ? { name, namespace: 'default' } : { name },
  spec,
});

describe('the kinds of conventions', () => {
  let embedded: Embedded;
  beforeAll(async () => {
    embedded = await startEmbedded({ crds: conventionsCrds() });
  });
  afterAll(() => embedded.close());

  const create = async (given: KubeObject): Promise<KubeObject> => {
    const mapper = createRestMapper({ client: embedded.client, clock });
    return embedded.client.create(await mapper.resourceFor(given), given);
  };

  it.each(Object.values(conventionsKinds))('$kind has a structural schema', (kind) => {
    expect(structuralErrors(rootSchema(kind))).toEqual([]);
  });

  it.each(ACCEPTED.map(([kind, spec], index) => [kind, JSON.stringify(spec), index] as const))(
    'a %s with %s is accepted, and read',
    async (kind, spec, index) => {
      const created = await create(object(kind, JSON.parse(spec) as JsonObject, `accepted-${index}`));
      expect((kind === 'PodIntent' ? readIntent : readConvention)(created).kind).toBe('read');
    },
  );

  it.each(REFUSED.map(([kind, spec, text]) => [kind, JSON.stringify(spec), text] as const))(
    'a %s with %s is refused: %s',
    async (kind, spec, text) => {
      await expect(create(object(kind, JSON.parse(spec) as JsonObject))).rejects.toThrow(text);
    },
  );

  it('what may be left out is filled in', async () => {
    const convention = await create(object(CONVENTION, { webhook: { clientConfig: { service } } }, 'defaults'));
    expect(convention['spec']).toMatchObject({
      priority: 'Normal',
      selectorTarget: 'PodTemplateSpec',
      webhook: { timeoutSeconds: 30, clientConfig: { service: { port: 443 } } },
    });
    const intent = await create(object('PodIntent', { template }, 'defaults'));
    expect(intent['spec']).toMatchObject({ serviceAccountName: 'default' });
  });

  it('what Kubernetes knows of pods stays in a template, and of its metadata what is kept of it', async () => {
    const spec = { containers, tolerations: [{ key: 'a' }], somethingNew: { deep: [null, 1] } };
    const metadata = { labels: { a: 'b' }, finalizers: ['x'], creationTimestamp: null };
    const made = await create(object('PodIntent', { template: { metadata, spec } }, 'kept'));
    expect(made['spec']).toMatchObject({ template: { spec } });
    expect((made['spec'] as { template: JsonObject }).template['metadata']).toEqual({ labels: { a: 'b' } });
  });

  it('both are found among conventions, and intents as what Knative calls podspecable', () => {
    const [convention, intent] = conventionsCrds();
    const names = { names: { categories: ['conventions'] } };
    expect([convention?.['spec'], intent?.['spec']]).toMatchObject([names, names]);
    expect(intent?.metadata.labels).toEqual({ 'duck.knative.dev/podspecable': 'true' });
    const columns = {
      versions: [{ additionalPrinterColumns: [{ name: 'Ready' }, { name: 'Reason' }, { name: 'Age' }] }],
    };
    expect(intent?.['spec']).toMatchObject(columns);
  });
});

describe('a convention that is read', () => {
  const read = (spec: JsonObject, annotations = {}) => {
    const given = object(CONVENTION, spec);
    return readConvention({ ...given, metadata: { ...given.metadata, annotations } });
  };
  const certificate = { namespace: 'team', name: 'jvm' };
  const inject = { 'conventions.carto.run/inject-ca-from': 'team/jvm' };
  const bundled = { clientConfig: { ...url.clientConfig, caBundle: 'YQ==' } };

  it.each([
    ['the system', url, {}, { kind: 'system' }],
    ['its bundle', bundled, {}, { kind: 'bundle', caBundle: 'YQ==' }],
    ['whoever issued its certificate', { ...bundled, certificate }, {}, { kind: 'certificate', ...certificate }],
    ['whoever issued that of the annotation', bundled, inject, { kind: 'certificate', ...certificate }],
    ['a Secret', { ...bundled, caFrom: { secretRef: service } }, inject, { kind: 'secret', key: 'ca.crt', ...service }],
    [
      'a ConfigMap',
      { ...url, caFrom: { configMapRef: { ...service, key: 'x' } } },
      {},
      { kind: 'configMap', key: 'x', ...service },
    ],
  ])('trusts %s', (_what, webhook, annotations, ca) => {
    expect(read({ webhook }, annotations)).toMatchObject({ kind: 'read', value: { does: { webhook: { ca } } } });
  });
});
