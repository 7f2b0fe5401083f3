import { isNotFound } from '@cartographer/kube';
import { laptopCrds, serviceType } from '@cartographer/laptop';
import type { KubeObject } from '@cartographer/machinery';
import { type Embedded, startEmbedded } from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { knativeAdmission } from './admission.ts';

const service = (name: string, container: object = {}, template: object = {}): KubeObject => ({
  apiVersion: 'serving.knative.dev/v1',
  kind: 'Service',
  metadata: { namespace: 'default', name },
  spec: { template: { ...template, spec: { containers: [{ image: '127.0.0.1:5000/a', ...container }] } } },
});

describe('a Service that Knative refuses', () => {
  let embedded: Embedded;
  beforeAll(async () => {
    embedded = await startEmbedded({ crds: laptopCrds(), admission: [knativeAdmission] });
  });
  afterAll(() => embedded.close());

  it.each([
    [
      service('hello', {}, { metadata: { name: 'v1' } }),
      'admission webhook "validation.webhook.serving.knative.dev" denied the request: validation failed: invalid value: "v1" must have prefix "hello-": spec.template.metadata.name',
      400,
    ],
    [
      service('hello', { env: [{ name: 'PORT', value: '1' }] }),
      'admission webhook "validation.webhook.serving.knative.dev" denied the request: validation failed: "PORT" is a reserved environment variable: spec.template.spec.containers[0].env[0].name',
      400,
    ],
    [
      service('hello', { env: [{ name: 5, value: true }] }),
      'spec.template.spec.containers[0].env[0].name in body must be of type string: "integer"',
      422,
    ],
  ])('is not stored', async (object, message, code) => {
    const { client } = embedded;
    await expect(client.create(serviceType, object)).rejects.toMatchObject({
      message: expect.stringContaining(message),
      status: { code },
    });
    await expect(
      client.apply(serviceType, object, { fieldManager: 'cartographer', force: true }),
    ).rejects.toMatchObject({ message: expect.stringContaining(code === 400 ? message : 'env') });
    await expect(client.get(serviceType, { namespace: 'default', name: 'hello' })).rejects.toSatisfy(isNotFound);
  });

  it('does not keep others out, nor a status nor the end of what is there', async () => {
    const { client } = embedded;
    const good = await client.create(serviceType, service('good', { env: null }));
    await client.updateStatus(serviceType, { ...good, status: { url: 'http://127.0.0.1:1' } });
    await client.delete(serviceType, { namespace: 'default', name: 'good' });
  });
});
