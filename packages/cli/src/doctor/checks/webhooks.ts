import { INSTALL_NAMES, WEBHOOK_CONFIGURATIONS, webhookConfiguration } from '@cartographer/controller';
import { getIfThere } from '@cartographer/kube';
import { type Json, type KubeObject, listAt, type ResourceType, textAt } from '@cartographer/machinery';
import type { Session } from '../../frame/session.ts';
import { allOf } from '../../read/pages.ts';
import { counted } from '../../read/some.ts';
import { look } from '../look.ts';
import { type CheckReport, type Finding, finding, reportOf, type Seen } from '../report.ts';
import type { Server } from '../server.ts';
import { authoritiesIn, remainingMs, servingCertificate } from '../serving-certificate.ts';

const ENDPOINT_SLICES: ResourceType = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  resource: 'endpointslices',
  namespaced: true,
};

/** Looks whether the API server asks the webhooks, trusts them and can reach them. */
export async function checkWebhooks(session: Session, server: Server, namespace: string): Promise<CheckReport> {
  const name = INSTALL_NAMES.webhookConfiguration;
  const { client, signal } = session;
  const looked = await look(session, () => getIfThere(client, WEBHOOK_CONFIGURATIONS, { name }, { signal }));
  if (looked.kind === 'unseen') {
    return reportOf('webhooks', { says: 'not seen', notLooked: [`the configuration ${name}: ${looked.why}`] });
  }
  if (looked.value !== undefined) return reportOf('webhooks', await ofConfiguration(session, looked.value, namespace));
  if (server.isEmbedded)
    return reportOf('webhooks', { says: 'not needed: the server of carto up has the rules inside' });
  const message = `there is no ValidatingWebhookConfiguration ${name}`;
  return reportOf('webhooks', { says: 'none', findings: [finding('WebhookMissing', message)] });
}

async function ofConfiguration(session: Session, live: KubeObject, namespace: string): Promise<Seen> {
  const webhooks = listAt(live, 'webhooks');
  const names = new Set(webhooks.map((webhook) => textAt(webhook, 'name')));
  const wanted = listAt(webhookConfiguration(namespace), 'webhooks').map((webhook) => textAt(webhook, 'name'));
  const missing = wanted.filter((name) => !names.has(name));
  const ours = webhooks.filter(isOfService(namespace));
  const [trust, reach] =
    ours.length === 0 ? [] : [await trustOf(session, ours, namespace), await reachOf(session, namespace)];
  const says =
    ours.length === webhooks.length
      ? `${webhooks.length} webhooks`
      : `${webhooks.length} webhooks, ${ours.length} by the Service`;
  return {
    says: [says, reach?.says ?? ''].filter(Boolean).join(', '),
    findings: [
      ...(missing.length === 0 ? [] : [finding('WebhookMissing', `not configured: ${missing.join(', ')}`)]),
      ...(trust?.findings ?? []),
      ...(reach?.findings ?? []),
    ],
    notLooked: [...(trust?.notLooked ?? []), ...(reach?.notLooked ?? [])],
  };
}

function isOfService(namespace: string): (webhook: Json) => boolean {
  const { webhookService } = INSTALL_NAMES;
  return (webhook) =>
    textAt(webhook, 'clientConfig', 'service', 'name') === webhookService &&
    textAt(webhook, 'clientConfig', 'service', 'namespace') === namespace;
}

/** Whether the authorities that the API server is told signed what is served. */
async function trustOf(session: Session, webhooks: readonly Json[], namespace: string): Promise<Seen> {
  const key = { namespace, name: INSTALL_NAMES.webhookSecret };
  const looked = await look(session, () => servingCertificate(session, key));
  const served = looked.kind === 'seen' && typeof looked.value === 'object' ? looked.value : undefined;
  const reasons = webhooks.map((webhook) => {
    const bundle = textAt(webhook, 'clientConfig', 'caBundle');
    if (bundle === '') return 'no authority is told (caBundle)';
    const authorities = authoritiesIn(Buffer.from(bundle, 'base64').toString('utf8'));
    if (authorities.length === 0) return 'the authority that is told (caBundle) cannot be read';
    const current = authorities.filter((authority) => remainingMs(authority, session.clock.now()) > 0);
    if (current.length === 0) return 'the authority that is told (caBundle) has run out';
    if (served === undefined || current.some((authority) => served.verify(authority.publicKey))) return '';
    return `the authority that is told (caBundle) did not sign the certificate in Secret ${namespace}/${key.name}`;
  });
  const findings = [...Map.groupBy(reasons.filter(Boolean), (reason) => reason)].map(([reason, some]): Finding => {
    return finding('WebhookUntrusted', `${some.length} of ${webhooks.length} webhooks: ${reason}`);
  });
  const unseen = looked.kind === 'unseen' ? [`whether the certificate of the webhooks is trusted: ${looked.why}`] : [];
  return { says: '', findings, notLooked: unseen };
}

/** Whether somebody stands behind the Service. */
async function reachOf(session: Session, namespace: string): Promise<Seen> {
  const { client, signal } = session;
  const service = INSTALL_NAMES.webhookService;
  const labelSelector = `kubernetes.io/service-name=${service}`;
  const looked = await look(session, () => allOf(client, ENDPOINT_SLICES, { namespace, labelSelector, signal }));
  if (looked.kind === 'unseen') return { says: '', notLooked: [`who is behind Service ${service}: ${looked.why}`] };
  const ready = looked.value
    .flatMap((slice) => listAt(slice, 'endpoints'))
    .filter((endpoint) => isReady(endpoint)).length;
  const says = counted(ready, 'endpoint');
  if (ready > 0) return { says };
  return {
    says,
    findings: [finding('WebhookUnreachable', `Service ${namespace}/${service} has no endpoint that is ready`)],
  };
}

/** A condition that is not there counts as true, as Kubernetes has it. */
function isReady(endpoint: Json): boolean {
  const { conditions } = endpoint as { readonly conditions?: { readonly ready?: boolean } };
  return conditions?.ready !== false;
}
