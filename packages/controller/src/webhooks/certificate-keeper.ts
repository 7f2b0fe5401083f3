import { type Client, createInformer, createTroubleLog, getIfThere, SECRETS } from '@cartographer/kube';
import type { Clock, KubeObject, Log, ResourceType } from '@cartographer/machinery';
import type { Runnable } from '@cartographer/runtime';
import { certificateOf, type SecretKey, secretOf } from './certificate-secret.ts';
import {
  bundleOf,
  type IssuedCertificate,
  issueCertificate,
  WEBHOOK_CERTIFICATE,
  whyReplace,
} from './serving-certificate.ts';

/** Where those who call learn which authority signed the certificate. */
export type TrustPlace = {
  /** The object that says it; each change of it is looked at. */
  readonly type: ResourceType;
  readonly namespace?: string;
  readonly name: string;
  /** Has it say these authorities, where it does not yet. */
  put(caPem: string, signal: AbortSignal): Promise<void>;
};

/** What {@link certificateKeeper} needs. */
export type CertificateKeeperOptions = {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  readonly secret: SecretKey;
  /** The Service that is called. */
  readonly service: string;
  readonly trust: TrustPlace;
  /** What the certificate is called in logs and metrics. */
  readonly what?: string;
};

const CHECK_MS = 60 * 60 * 1_000;
const RETRY_MS = 10_000;
/** Who calls hears of changed trust by a watch; they have this long before the new certificate is served. */
const TRUST_FIRST_MS = 5_000;
const FIELD_MANAGER = 'cartographer-webhook';

/**
 * Keeps a certificate good for as long as it runs, on the leader only: makes it, replaces it in time,
 * and has those who call trust the authority before a certificate of it is served. The old authority stays trusted until
 * it expires, so no moment of a replacement has a certificate that nobody trusts.
 */
export function certificateKeeper(options: CertificateKeeperOptions): Runnable {
  const { client, clock, log, what = WEBHOOK_CERTIFICATE } = options;
  const trouble = createTroubleLog({ clock, log, text: `${what} could not be kept up` });
  let wake = (): void => undefined;

  return {
    name: `${what} keeper`,
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

  function watchBoth({ secret, trust }: CertificateKeeperOptions, changed: () => void, signal: AbortSignal) {
    const of = (type: ResourceType, namespace: string | undefined, name: string): Promise<void> => {
      const fieldSelector = `metadata.name=${name}`;
      const informer = createInformer({ client, clock, log, type, fieldSelector, ...(namespace && { namespace }) });
      informer.onEvent(changed);
      return informer.run(signal);
    };
    return Promise.allSettled([
      of(SECRETS, secret.namespace, secret.name),
      of(trust.type, trust.namespace, trust.name),
    ]);
  }
}

/** One look: replaces the certificate if it has to be, and sees to it that those who call trust the one in use. */
async function keep(options: CertificateKeeperOptions, signal: AbortSignal): Promise<void> {
  const { client, clock, log, secret, service, trust, what = WEBHOOK_CERTIFICATE } = options;
  const stored = await getIfThere(client, SECRETS, secret, { signal });
  const held = certificateOf(stored);
  const names = dnsNames(service, secret.namespace);
  const why = whyReplace(held, names, clock.now());
  if (why === undefined) return trust.put(held.caPem ?? '', signal);

  const issued = await issueCertificate(names, clock.now());
  const caPem = bundleOf([issued.caPem, held.caPem ?? ''], clock.now());
  await trust.put(caPem, signal);
  if (stored !== undefined && held.certPem !== undefined) await clock.sleep(TRUST_FIRST_MS, signal);
  await store(options, stored, { ...issued, caPem }, signal);
  log.info({ secret, why }, `${what} made`);
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
