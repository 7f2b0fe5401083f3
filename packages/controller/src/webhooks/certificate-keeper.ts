import { type Client, createInformer, createTroubleLog, getIfThere } from '@cartographer/kube';
import {
  type Clock,
  type Json,
  type JsonObject,
  type KubeObject,
  type Log,
  type ResourceType,
} from '@cartographer/machinery';
import type { Runnable } from '@cartographer/runtime';
import { certificateOf, SECRETS, type SecretKey, secretOf } from './certificate-secret.ts';
import { bundleOf, type IssuedCertificate, issueCertificate, whyReplace } from './serving-certificate.ts';

export const WEBHOOK_CONFIGURATIONS: ResourceType = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  resource: 'validatingwebhookconfigurations',
  namespaced: false,
};

/** What {@link certificateKeeper} needs. */
export type CertificateKeeperOptions = {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  readonly secret: SecretKey;
  /** The Service that the API server calls. */
  readonly service: string;
  /** Name of the ValidatingWebhookConfiguration whose trust is kept in step. */
  readonly configuration: string;
};

const CHECK_MS = 60 * 60 * 1_000;
const RETRY_MS = 10_000;
/** API servers hear of a changed configuration by a watch; they have this long before the new certificate is served. */
const TRUST_FIRST_MS = 5_000;
/** Left by an installation that had cert-manager do this: its injector would put its own authority back for ever. */
const INJECT_ANNOTATION = 'cert-manager.io/inject-ca-from';
const FIELD_MANAGER = 'cartographer-webhook';

/**
 * Keeps the certificate of the webhooks good for as long as it runs, on the leader only: makes it, replaces it in time,
 * and has the API server trust the authority before a certificate of it is served. The old authority stays trusted until
 * it expires, so no moment of a replacement has a certificate that nobody trusts.
 */
export function certificateKeeper(options: CertificateKeeperOptions): Runnable {
  const { client, clock, log } = options;
  const trouble = createTroubleLog({ clock, log, text: 'webhook certificate could not be kept up' });
  let wake = (): void => undefined;

  return {
    name: 'webhook certificate keeper',
    trouble: trouble.current,
    async run(signal) {
      const watch = watchBoth(options, () => wake(), signal);
      while (!signal.aborted) {
        const woken = new AbortController();
        wake = () => woken.abort();
        const waitMs = await keep(options, signal).then(
          () => {
            trouble.worked();
            return CHECK_MS;
          },
          (error: unknown) => {
            if (!signal.aborted) trouble.failed(error);
            return RETRY_MS;
          },
        );
        await clock.sleep(waitMs, AbortSignal.any([signal, woken.signal])).catch(() => undefined);
      }
      await watch;
    },
  };

  function watchBoth({ secret, configuration }: CertificateKeeperOptions, changed: () => void, signal: AbortSignal) {
    const of = (type: ResourceType, namespace: string | undefined, name: string): Promise<void> => {
      const fieldSelector = `metadata.name=${name}`;
      const informer = createInformer({ client, clock, log, type, fieldSelector, ...(namespace && { namespace }) });
      informer.onEvent(changed);
      return informer.run(signal);
    };
    return Promise.allSettled([
      of(SECRETS, secret.namespace, secret.name),
      of(WEBHOOK_CONFIGURATIONS, undefined, configuration),
    ]);
  }
}

/** One look: replaces the certificate if it has to be, and sees to it that the API server trusts the one in use. */
async function keep(options: CertificateKeeperOptions, signal: AbortSignal): Promise<void> {
  const { client, clock, log, secret, service } = options;
  const stored = await getIfThere(client, SECRETS, secret, { signal });
  const held = certificateOf(stored);
  const names = dnsNames(service, secret.namespace);
  const why = whyReplace(held, names, clock.now());
  if (why === undefined) return trust(options, held.caPem ?? '', signal);

  const issued = await issueCertificate(names, clock.now());
  const caPem = bundleOf([issued.caPem, held.caPem ?? ''], clock.now());
  await trust(options, caPem, signal);
  if (stored !== undefined && held.certPem !== undefined) await clock.sleep(TRUST_FIRST_MS, signal);
  await store(options, stored, { ...issued, caPem }, signal);
  log.info({ secret, why }, 'webhook certificate made');
}

function dnsNames(service: string, namespace: string): readonly string[] {
  return [`${service}.${namespace}.svc`, `${service}.${namespace}.svc.cluster.local`];
}

/** Another replica that was leader a moment ago may have written: then this look ends, and the next one sees it. */
async function store(
  { client, secret }: CertificateKeeperOptions,
  stored: KubeObject | undefined,
  certificate: IssuedCertificate,
  signal: AbortSignal,
): Promise<void> {
  const wanted = secretOf(secret, certificate);
  const how = { fieldManager: FIELD_MANAGER, signal };
  if (stored === undefined) {
    await client.create(SECRETS, wanted, how);
    return;
  }
  const { labels } = stored.metadata;
  await client.update(SECRETS, { ...wanted, type: stored['type'], metadata: { ...stored.metadata, labels } }, how);
}

/** Puts the authorities into each webhook of the configuration that calls our service; others' are left alone. */
async function trust(options: CertificateKeeperOptions, caPem: string, signal: AbortSignal): Promise<void> {
  const { client, log, configuration } = options;
  const live = await getIfThere(client, WEBHOOK_CONFIGURATIONS, { name: configuration }, { signal });
  if (live === undefined) {
    log.debug({ configuration }, 'there is no webhook configuration to put an authority into');
    return;
  }
  const caBundle = Buffer.from(caPem).toString('base64');
  const changes: JsonObject[] = webhooksOf(live).flatMap(({ clientConfig }, index) =>
    isOurs(clientConfig, options) && clientConfig?.caBundle !== caBundle
      ? [{ op: 'add', path: `/webhooks/${index}/clientConfig/caBundle`, value: caBundle }]
      : [],
  );
  const injected = Object.hasOwn(live.metadata.annotations ?? {}, INJECT_ANNOTATION);
  if (injected) changes.push({ op: 'remove', path: `/metadata/annotations/${INJECT_ANNOTATION.replace('/', '~1')}` });
  if (changes.length === 0) return;
  const test = { op: 'test', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion ?? '' };
  const body: Json = [test, ...changes];
  await client.patch(
    WEBHOOK_CONFIGURATIONS,
    { name: configuration },
    { kind: 'json', body, fieldManager: FIELD_MANAGER, signal },
  );
  log.info({ configuration, webhooks: changes.length }, 'API server told which authority to trust for webhooks');
}

type ClientConfig = {
  readonly service?: { readonly name?: string; readonly namespace?: string };
  readonly caBundle?: string;
};

function webhooksOf(configuration: KubeObject): readonly { readonly clientConfig?: ClientConfig }[] {
  const webhooks = configuration['webhooks'];
  return Array.isArray(webhooks) ? webhooks : [];
}

function isOurs(config: ClientConfig | undefined, { service, secret }: CertificateKeeperOptions): boolean {
  return config?.service?.name === service && config.service.namespace === secret.namespace;
}
