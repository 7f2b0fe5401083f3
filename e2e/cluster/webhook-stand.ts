import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { defaultInstallValues, INSTALL_NAMES, installation, issueCertificate } from '@cartographer/controller';
import { systemClock } from '@cartographer/kube';
import type { KubeObject, ResourceType } from '@cartographer/machinery';
import { freePorts, type TestCluster } from '@cartographer/testkit';

const WEBHOOKS: ResourceType = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  resource: 'validatingwebhookconfigurations',
  namespaced: false,
};
const { webhookConfiguration } = INSTALL_NAMES;
type Webhook = { readonly clientConfig: { readonly service: { readonly path: string } } };

/** Webhooks that the API server reaches without a network of Services: at a port of this machine. */
export type WebhookStand = {
  /** For `carto controller`. */
  readonly flags: readonly string[];
  /** Has the API server call our port and trust the certificate that was issued last. */
  callUs(): Promise<void>;
  /** Issues a certificate of another authority and puts it into the folder. */
  replaceCertificate(): Promise<void>;
  /** The serial number of the certificate that is served now. */
  served(): Promise<string>;
};

/** Prepares a folder with a certificate, and the flags of a controller that serves with it. */
export async function prepareWebhooks(cluster: TestCluster): Promise<WebhookStand> {
  const [port = 0] = await freePorts(1);
  const folder = join(cluster.folder, 'webhook-certificate');
  mkdirSync(folder);
  let caPem = '';
  async function replaceCertificate(): Promise<void> {
    const issued = await issueCertificate(['localhost'], systemClock.now());
    caPem = issued.caPem;
    write(folder, 'tls.key', issued.keyPem);
    write(folder, 'tls.crt', issued.certPem);
  }
  await replaceCertificate();
  return {
    flags: ['--webhooks-address', `127.0.0.1:${port}`, '--webhooks-cert-dir', folder],
    replaceCertificate,
    async callUs() {
      const caBundle = Buffer.from(caPem).toString('base64');
      const webhooks = installedWebhooks().map(({ clientConfig, ...rest }) => ({
        ...rest,
        clientConfig: { url: `https://localhost:${port}${clientConfig.service.path}`, caBundle },
      }));
      const patch = { kind: 'merge', body: { webhooks } } as const;
      await cluster.client.patch(WEBHOOKS, { name: webhookConfiguration }, patch);
    },
    served: () => serialAt(port),
  };
}

function write(folder: string, name: string, text: string): void {
  writeFileSync(join(folder, `${name}.new`), text, { mode: 0o600 });
  renameSync(join(folder, `${name}.new`), join(folder, name));
}

function installedWebhooks(): readonly Webhook[] {
  const installed: KubeObject | undefined = installation(defaultInstallValues('0.1.0')).find(
    ({ kind }) => kind === WEBHOOKS.kind,
  );
  return (installed?.['webhooks'] ?? []) as readonly Webhook[];
}

function serialAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    // Only looked at: whether it is trusted is for the API server to say.
    const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.end();
    });
    socket.once('error', reject);
  });
}
