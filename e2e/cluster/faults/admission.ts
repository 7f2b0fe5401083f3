import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { systemClock } from '@cartographer/kube';
import { type KubeObject, parseJson } from '@cartographer/machinery';
import { applyObjects, type TestCluster } from '@cartographer/testkit';

/** What the webhook does with the writes of ConfigMaps. */
type Verdict =
  | { readonly kind: 'allow'; readonly afterMs?: number }
  | { readonly kind: 'deny'; readonly code: number; readonly message: string }
  /** Sets `data.value`. */
  | { readonly kind: 'set'; readonly value: string };

/** An admission webhook for the ConfigMaps of one namespace. */
export interface Admission extends AsyncDisposable {
  /** From now on. */
  decide(verdict: Verdict): void;
  /** How many writes it was asked about. */
  readonly reviews: number;
}

type Review = { readonly request: { readonly uid: string } };

/** Starts the webhook with the certificate of the server itself, which is good for 127.0.0.1, and registers it. */
export async function startAdmission(
  cluster: TestCluster,
  namespace: string,
  kind: 'Validating' | 'Mutating' = 'Validating',
): Promise<Admission> {
  let verdict: Verdict = { kind: 'allow' };
  let reviews = 0;
  const cert = readFileSync(cluster.caFile);
  const key = readFileSync(join(dirname(cluster.caFile), 'apiserver.key'));
  const server = createServer({ cert, key }, (request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      reviews += 1;
      const { uid } = (parseJson(text) as Review).request;
      const body = {
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        response: { uid, ...answer(verdict) },
      };
      const send = (): void => void response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
      if (verdict.kind === 'allow' && verdict.afterMs !== undefined) systemClock.schedule(verdict.afterMs, send);
      else send();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/review`;
  await applyObjects(cluster.client, systemClock, [configuration(kind, namespace, url, cert.toString('base64'))]);
  const type = {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    kind: `${kind}WebhookConfiguration`,
    resource: `${kind.toLowerCase()}webhookconfigurations`,
    namespaced: false,
  };
  return {
    decide: (next) => void (verdict = next),
    get reviews() {
      return reviews;
    },
    async [Symbol.asyncDispose]() {
      await cluster.client.delete(type, { name: `test-${namespace}` });
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

function answer(verdict: Verdict): object {
  switch (verdict.kind) {
    case 'allow':
      return { allowed: true };
    case 'deny':
      return { allowed: false, status: { code: verdict.code, message: verdict.message } };
    case 'set': {
      const patch = Buffer.from(JSON.stringify([{ op: 'add', path: '/data/value', value: verdict.value }]));
      return { allowed: true, patchType: 'JSONPatch', patch: patch.toString('base64') };
    }
  }
}

function configuration(kind: string, namespace: string, url: string, caBundle: string): KubeObject {
  const webhook = {
    name: `configmaps.${namespace}.test`,
    clientConfig: { url, caBundle },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] }],
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    failurePolicy: 'Fail',
    timeoutSeconds: 2,
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
  };
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: `${kind}WebhookConfiguration`,
    metadata: { name: `test-${namespace}` },
    webhooks: [webhook],
  };
}
