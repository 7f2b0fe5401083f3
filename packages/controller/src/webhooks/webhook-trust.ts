import { type Client, getIfThere } from '@cartographer/kube';
import type { Json, JsonObject, KubeObject, Log, ResourceType } from '@cartographer/machinery';
import type { TrustPlace } from './certificate-keeper.ts';

export const WEBHOOK_CONFIGURATIONS: ResourceType = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  resource: 'validatingwebhookconfigurations',
  namespaced: false,
};

/** Left by an installation that had cert-manager do this: its injector would put its own authority back for ever. */
const INJECT_ANNOTATION = 'cert-manager.io/inject-ca-from';
const FIELD_MANAGER = 'cartographer-webhook';

/** What {@link webhookTrust} needs. */
export type WebhookTrustOptions = {
  readonly client: Client;
  readonly log: Log;
  /** Name of the ValidatingWebhookConfiguration whose trust is kept in step. */
  readonly configuration: string;
  /** The Service that the API server calls. */
  readonly service: string;
  readonly namespace: string;
};

/** Has the API server trust the authority of webhooks, by their configuration. */
export function webhookTrust(options: WebhookTrustOptions): TrustPlace {
  return {
    type: WEBHOOK_CONFIGURATIONS,
    name: options.configuration,
    put: (caPem, signal) => trust(options, caPem, signal),
  };
}

/** Puts the authorities into each webhook of the configuration that calls our service; others' are left alone. */
async function trust(options: WebhookTrustOptions, caPem: string, signal: AbortSignal): Promise<void> {
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

function isOurs(config: ClientConfig | undefined, { service, namespace }: WebhookTrustOptions): boolean {
  return config?.service?.name === service && config.service.namespace === namespace;
}
