import type { Caller } from '../../core-api.ts';

/** Who a request acts as. One object per credential: decisions are cached on its identity. */
export type User = Caller['user'] & { readonly extra?: Readonly<Record<string, readonly string[]>> };

/** Members of this group pass every check, as on a real server. */
export const MASTERS = 'system:masters';
/** Everyone who showed a credential. */
export const AUTHENTICATED = 'system:authenticated';

/** Everyone who did not. */
export const UNAUTHENTICATED = 'system:unauthenticated';

/** A request without credentials. */
export const anonymous: User = { name: 'system:anonymous', groups: [UNAUTHENTICATED] };

/** The server itself, when it installs what it needs. */
export const systemUser: User = { name: 'system:apiserver', groups: [MASTERS, AUTHENTICATED] };

const SERVICE_ACCOUNT = 'system:serviceaccount:';

/** The user that a ServiceAccount's token makes. */
export function serviceAccountUser(namespace: string, name: string, uid: string): User {
  return {
    name: `${SERVICE_ACCOUNT}${namespace}:${name}`,
    uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, AUTHENTICATED],
  };
}

/** The ServiceAccount that a user name stands for, if it has that form. */
export function parseServiceAccountUser(
  name: string,
): { readonly namespace: string; readonly name: string } | undefined {
  if (!name.startsWith(SERVICE_ACCOUNT)) return undefined;
  const parts = name.slice(SERVICE_ACCOUNT.length).split(':');
  const [namespace = '', account = ''] = parts;
  return parts.length === 2 && namespace !== '' && account !== '' ? { namespace, name: account } : undefined;
}
