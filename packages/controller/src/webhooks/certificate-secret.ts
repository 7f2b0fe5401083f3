import { type Client, createInformer, SECRETS } from '@cartographer/kube';
import type { Clock, KubeObject, Log } from '@cartographer/machinery';
import type { KeyPair, Runnable } from '@cartographer/runtime';
import { type IssuedCertificate, isUsable, WEBHOOK_CERTIFICATE } from './serving-certificate.ts';

/** Names the Secret that replicas share a certificate by. */
export type SecretKey = { readonly namespace: string; readonly name: string };

/** The parts of a certificate that a Secret holds; what is missing or not text is left out. */
export function certificateOf(secret: KubeObject | undefined): Partial<IssuedCertificate> {
  const data = (secret?.['data'] ?? {}) as Readonly<Record<string, unknown>>;
  const part = (name: string): string | undefined => {
    const value = data[name];
    return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : undefined;
  };
  const [certPem, keyPem, caPem] = [part('tls.crt'), part('tls.key'), part('ca.crt')];
  return {
    ...(certPem === undefined ? {} : { certPem }),
    ...(keyPem === undefined ? {} : { keyPem }),
    ...(caPem === undefined ? {} : { caPem }),
  };
}

/** The Secret that holds a certificate, in the form of `kubernetes.io/tls`. */
export function secretOf(key: SecretKey, { certPem, keyPem, caPem }: IssuedCertificate): KubeObject {
  const encoded = (text: string): string => Buffer.from(text).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...key, labels: { 'app.kubernetes.io/component': 'cartographer' } },
    type: 'kubernetes.io/tls',
    data: { 'ca.crt': encoded(caPem), 'tls.crt': encoded(certPem), 'tls.key': encoded(keyPem) },
  };
}

/** What {@link certificateSecret} needs. */
export type CertificateSecretOptions = {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  readonly key: SecretKey;
  /** What it is called in logs and metrics. */
  readonly what?: string;
  readonly use: (pair: KeyPair) => void;
};

/** Serves with what the Secret holds, on every replica, and changes over when the leader replaces it. */
export function certificateSecret(options: CertificateSecretOptions): Runnable {
  const { client, clock, log, key, use, what = WEBHOOK_CERTIFICATE } = options;
  const { namespace } = key;
  const informer = createInformer({
    client,
    clock,
    log,
    type: SECRETS,
    namespace,
    fieldSelector: `metadata.name=${key.name}`,
  });
  let current = '';
  informer.onEvent(({ type, object }) => {
    const { certPem, keyPem } = certificateOf(object);
    if (type === 'deleted' || certPem === undefined || keyPem === undefined || `${certPem}${keyPem}` === current)
      return;
    if (!isUsable({ certPem, keyPem })) {
      log.warn({ secret: key }, `${what} cannot be used`);
      return;
    }
    use({ certPem, keyPem });
    current = `${certPem}${keyPem}`;
    log.info({ secret: key }, 'serving with the certificate of the secret');
  });
  return {
    name: what,
    run: (signal) => informer.run(signal),
    trouble: () => informer.state().trouble,
  };
}
