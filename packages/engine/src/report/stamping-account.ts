import type { Blueprint, Owner } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';
import type { DraftOf } from '../world/condition-list.ts';
import type { AccountAnswer, AccountKey } from '../world/world.ts';

/** The account that stamps for an owner: its own, else the blueprint's, else `default`; empty names count as none. */
export function accountOf(owner: KubeObject, blueprint: KubeObject): AccountKey {
  const namespace = owner.metadata.namespace ?? '';
  const own = (owner as Owner).spec.serviceAccountName ?? '';
  if (own !== '') return { namespace, name: own };
  const { name = '', namespace: elsewhere = '' } = (blueprint as Blueprint).spec.serviceAccountRef ?? {};
  if (name !== '') return { namespace: elsewhere === '' ? namespace : elsewhere, name };
  return { namespace, name: 'default' };
}

/** What the condition of an owner or a Runnable says when there is no account. */
type AccountFailure = Omit<
  DraftOf<'ResourcesSubmitted' | 'RunTemplateReady', 'ServiceAccountError' | 'ServiceAccountTokenError'>,
  'type'
>;

/** Why nothing can be stamped, as a condition without its type. A token that cannot be had may be had in a while. */
export function accountFailure(
  { namespace, name }: AccountKey,
  answer: Exclude<AccountAnswer, { kind: 'found' }>,
): { readonly condition: AccountFailure; readonly retry: string | undefined } {
  if (answer.kind === 'tokenFailed') {
    const condition = { status: 'False', reason: 'ServiceAccountTokenError', message: answer.message } as const;
    return { condition, retry: answer.message };
  }
  const why = answer.kind === 'missing' ? `ServiceAccount "${name}" not found` : answer.message;
  const place = `[${namespace}/${name}]`;
  const message = `failed to get service account object from api server ${place}: failed to get object ${place} from api server: ${why}`;
  const condition = { status: 'False', reason: 'ServiceAccountError', message } as const;
  return { condition, retry: answer.kind === 'missing' ? undefined : why };
}
