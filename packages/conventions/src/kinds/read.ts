import { mapped, type Read, readSpec } from '@cartographer/api';
import type { PodTemplateSpec } from '@cartographer/convention-sdk';
import { type KubeObject, textAt } from '@cartographer/machinery';
import {
  type ClusterPodConventionSpec,
  clusterPodConventionKind,
  DEFAULT_TIMEOUT_SECONDS,
  INCLUDES,
  type Include,
  type WebhookSpec,
} from './cluster-pod-convention.ts';
import { INJECT_CA_ANNOTATION, REVISION_ANNOTATION } from './group.ts';
import { normalTemplate } from './normal-template.ts';
import { DEFAULT_SERVICE_ACCOUNT, type PodIntentSpec, podIntentKind } from './pod-intent.ts';
import type { RuleSpec } from './rule-spec.ts';

type Place = { readonly namespace: string; readonly name: string };

/** What a PodIntent asks for, with its defaults. */
export type IntentRequest = Place & {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly serviceAccountName: string;
  /** Names of further pull secrets. */
  readonly pullSecrets: readonly string[];
  readonly template: PodTemplateSpec;
};

/** Reads a PodIntent. A null in its template says nothing, as in a pod. */
export function readIntent(object: KubeObject): Read<IntentRequest> {
  return mapped(readSpec<PodIntentSpec>(podIntentKind, object), (spec) => ({
    namespace: textAt(object, 'metadata', 'namespace'),
    name: textAt(object, 'metadata', 'name'),
    labels: object.metadata.labels ?? {},
    annotations: object.metadata.annotations ?? {},
    serviceAccountName: spec.serviceAccountName || DEFAULT_SERVICE_ACCOUNT,
    pullSecrets: (spec.imagePullSecrets ?? []).map(({ name }) => name),
    template: normalTemplate(spec.template),
  }));
}

/** Where the certificates are that the server of a convention is trusted by. */
export type CaSource =
  | { readonly kind: 'system' }
  /** PEM as base64, as the convention has it. */
  | { readonly kind: 'bundle'; readonly caBundle: string }
  | ({ readonly kind: 'certificate' } & Place)
  | ({ readonly kind: 'secret' | 'configMap'; readonly key: string } & Place);

/** How a convention is applied by a server. */
export type Webhook = {
  readonly clientConfig: WebhookSpec['clientConfig'];
  readonly ca: CaSource;
  readonly timeoutMs: number;
  readonly include: readonly Include[];
};

/** What a ClusterPodConvention says, with its defaults. */
export type ConventionSpec = Pick<ClusterPodConventionSpec, 'selectors'> & {
  readonly selectorTarget: NonNullable<ClusterPodConventionSpec['selectorTarget']>;
  readonly priority: NonNullable<ClusterPodConventionSpec['priority']>;
  readonly does: { readonly webhook: Webhook } | { readonly rules: readonly RuleSpec[] };
};

/** Reads a ClusterPodConvention. */
export function readConvention(object: KubeObject): Read<ConventionSpec> {
  const read = readSpec<ClusterPodConventionSpec>(clusterPodConventionKind, object);
  return mapped(read, ({ selectors, selectorTarget, priority, webhook, rules }) => ({
    ...(selectors === undefined ? {} : { selectors }),
    selectorTarget: selectorTarget ?? 'PodTemplateSpec',
    priority: priority ?? 'Normal',
    does: webhook === undefined ? { rules: rules ?? [] } : { webhook: webhookOf(webhook, object) },
  }));
}

function webhookOf(webhook: WebhookSpec, object: KubeObject): Webhook {
  const { clientConfig, timeoutSeconds = DEFAULT_TIMEOUT_SECONDS, include = INCLUDES } = webhook;
  return { clientConfig, ca: caSourceOf(webhook, object), timeoutMs: timeoutSeconds * 1000, include };
}

function caSourceOf({ certificate, caFrom, clientConfig }: WebhookSpec, { metadata }: KubeObject): CaSource {
  const { secretRef, configMapRef } = caFrom ?? {};
  if (certificate !== undefined) return { kind: 'certificate', ...certificate };
  if (secretRef !== undefined) return { kind: 'secret', ...secretRef, key: secretRef.key ?? 'ca.crt' };
  if (configMapRef !== undefined) return { kind: 'configMap', ...configMapRef, key: configMapRef.key ?? 'ca.crt' };
  const [, namespace, name] = /^([^/]+)\/([^/]+)$/.exec(metadata.annotations?.[INJECT_CA_ANNOTATION] ?? '') ?? [];
  if (namespace !== undefined && name !== undefined) return { kind: 'certificate', namespace, name };
  const { caBundle } = clientConfig;
  return caBundle === undefined ? { kind: 'system' } : { kind: 'bundle', caBundle };
}

/** Another text as soon as a convention has to be applied anew, though what it makes may be the same. */
export function conventionVersion({ metadata }: KubeObject): string {
  const { uid, generation, annotations = {} } = metadata;
  return JSON.stringify([uid, generation, annotations[REVISION_ANNOTATION], annotations[INJECT_CA_ANNOTATION]]);
}
