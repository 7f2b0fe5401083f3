import { failure } from '@cartographer/machinery';

import { badRequest, StatusError } from '../../status-error.ts';
import { type Authorizer, forbiddenSentence } from './authorizer.ts';
import type { AccessAttributes } from './policy-rule.ts';
import { AUTHENTICATED, anonymous, parseServiceAccountUser, UNAUTHENTICATED, type User } from './user.ts';

type Headers = Readonly<Record<string, string>>;
type ResourceAccess = Extract<AccessAttributes, { kind: 'resource' }>;

const USER = 'impersonate-user';
const GROUP = 'impersonate-group';
const UID = 'impersonate-uid';
const EXTRA = 'impersonate-extra-';
const MAX_REMEMBERED = 256;

/** Makes the function that swaps the user of a request for the one it impersonates, if it may. */
export function createImpersonation(authorizer: Authorizer): (user: User, headers: Headers) => User {
  const remembered = new Map<string, User>();
  return (user, headers) => {
    const wanted = requestedUser(headers);
    if (wanted === undefined) return user;
    for (const access of rightsFor(wanted)) requireRight(authorizer, user, access);
    // One object per identity: the authoriser remembers decisions by it.
    const key = JSON.stringify(wanted);
    const known = remembered.get(key);
    if (known !== undefined) return known;
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(key, withDefaultGroups(wanted));
    return remembered.get(key) ?? wanted;
  };
}

function requestedUser(headers: Headers): User | undefined {
  const name = headers[USER] ?? '';
  const groups = (headers[GROUP] ?? '')
    .split(',')
    .map((group) => group.trim())
    .filter((group) => group !== '');
  const uid = headers[UID] ?? '';
  const extra = extraOf(headers);
  if (name === '') {
    if (groups.length === 0 && uid === '' && extra === undefined) return undefined;
    throw badRequest('the request impersonates a group, a uid or extra fields without impersonating a user');
  }
  return { name, groups, ...(uid === '' ? {} : { uid }), ...(extra === undefined ? {} : { extra }) };
}

function extraOf(headers: Headers): User['extra'] {
  const entries = Object.entries(headers)
    .filter(([header]) => header.startsWith(EXTRA))
    .map(([header, value]): [string, string[]] => [unescapeKey(header.slice(EXTRA.length)), [value]]);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

function rightsFor(wanted: User): readonly ResourceAccess[] {
  const impersonate = { kind: 'resource', verb: 'impersonate' } as const;
  const account = parseServiceAccountUser(wanted.name);
  const authentication = { ...impersonate, group: 'authentication.k8s.io' };
  return [
    account === undefined
      ? { ...impersonate, group: '', resource: 'users', name: wanted.name }
      : { ...impersonate, group: '', resource: 'serviceaccounts', ...account },
    ...wanted.groups.map((name) => ({ ...impersonate, group: '', resource: 'groups', name })),
    ...(wanted.uid === undefined ? [] : [{ ...authentication, resource: 'uids', name: wanted.uid }]),
    ...Object.entries(wanted.extra ?? {}).flatMap(([subresource, values]) =>
      values.map((name) => ({ ...authentication, resource: 'userextras', subresource, name })),
    ),
  ];
}

function requireRight(authorizer: Authorizer, user: User, access: ResourceAccess): void {
  const { allowed, reason } = authorizer.authorize(user, access);
  if (allowed) return;
  const { name = '', group, resource } = access;
  const subject = `${group === '' ? resource : `${resource}.${group}`} ${JSON.stringify(name)}`;
  throw new StatusError(
    failure(403, 'Forbidden', `${subject} is forbidden: ${forbiddenSentence(user, access, reason)}`, {
      name,
      ...(group === '' ? {} : { group }),
      kind: resource,
    }),
  );
}

/** Somebody is authenticated unless they are anonymous, or said to be unauthenticated. */
function withDefaultGroups(wanted: User): User {
  const account = parseServiceAccountUser(wanted.name);
  const own =
    wanted.groups.length === 0 && account !== undefined
      ? ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`]
      : wanted.groups;
  const added = wanted.name === anonymous.name ? UNAUTHENTICATED : AUTHENTICATED;
  const isSettled = own.includes(UNAUTHENTICATED) || own.includes(added);
  return { ...wanted, groups: isSettled ? own : [...own, added] };
}
