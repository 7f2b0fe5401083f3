import { type Clock, getPath, isObject, type KubeObject, type Log } from '@cartographer/machinery';

import type { Core } from '../../core-api.ts';
import { StatusError } from '../../status-error.ts';
import { findObject } from '../auth/find-object.ts';
import { followResource } from '../auth/follow-resource.ts';
import { ISSUER, type ServiceAccountTokens } from '../auth/service-account-tokens.ts';
import { systemCaller } from './rbac-feed.ts';

const TYPE = 'kubernetes.io/service-account-token';
const NAME = 'kubernetes.io/service-account.name';
const UID = 'kubernetes.io/service-account.uid';

/** What fills token Secrets. */
export type TokenSecretsOptions = {
  readonly core: Core;
  readonly tokens: ServiceAccountTokens;
  readonly caPem: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
};

/**
 * Puts a token into every Secret of type service-account-token that has none, once its ServiceAccount exists.
 * A token that is there is never replaced, and a Secret without an account is kept: it may still be coming.
 */
export async function startTokenSecrets(options: TokenSecretsOptions): Promise<{ readonly ended: Promise<unknown> }> {
  const { core, clock, log, signal } = options;
  const secrets = core.registry.find('', 'v1', 'secrets');
  const accounts = core.registry.find('', 'v1', 'serviceaccounts');
  if (secrets === undefined || accounts === undefined) return { ended: Promise.resolve() };
  const waiting = new Map<string, KubeObject>();
  const common = { core, clock, log, signal };

  async function tryFill(secret: KubeObject): Promise<void> {
    const uid = secret.metadata.uid ?? '';
    waiting.delete(uid);
    if (getPath(secret, 'data', 'token') !== undefined || secret.metadata.deletionTimestamp !== undefined) return;
    if (!(await fill(options, secret))) waiting.set(uid, secret);
  }

  const followed = await Promise.all([
    followResource({
      ...common,
      info: secrets,
      fieldSelector: `type=${TYPE}`,
      onObject: tryFill,
      onGone: ({ metadata }) => void waiting.delete(metadata.uid ?? ''),
    }),
    followResource({
      ...common,
      info: accounts,
      onObject: async ({ metadata }) => {
        for (const secret of Array.from(waiting.values())) {
          const isFor = secret.metadata.annotations?.[NAME] === metadata.name;
          if (isFor && secret.metadata.namespace === metadata.namespace) await tryFill(secret);
        }
      },
    }),
  ]);
  return { ended: Promise.all(followed.map(({ ended }) => ended)) };
}

/** False when the account is not there yet. */
async function fill({ core, tokens, caPem }: TokenSecretsOptions, secret: KubeObject): Promise<boolean> {
  const { namespace = '', name = '', annotations = {} } = secret.metadata;
  const account = findObject(core, 'serviceaccounts', namespace, annotations[NAME] ?? '');
  const info = core.registry.find('', 'v1', 'secrets');
  if (info === undefined || account?.metadata.uid === undefined) return false;
  const { uid } = account.metadata;
  const token = await tokens.sign({
    namespace,
    name: account.metadata.name ?? '',
    uid,
    audiences: [ISSUER],
    bound: { kind: 'Secret', name, uid: secret.metadata.uid ?? '' },
  });
  const data = {
    ...(isObject(secret['data']) ? secret['data'] : {}),
    token: base64(token),
    'ca.crt': base64(caPem),
    namespace: base64(namespace),
  };
  const body = { metadata: { annotations: { [UID]: uid } }, data };
  try {
    await core.patch(info, { namespace, name }, { kind: 'merge', body }, {}, systemCaller('kube-controller-manager'));
    return true;
  } catch (error) {
    if (error instanceof StatusError) return true; // changed, gone, or in a namespace that goes: nothing to wait for
    throw error;
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
