import {
  allEnded,
  getPath,
  type Json,
  type JsonObject,
  type KubeObject,
  textAt,
  textsAt,
} from '@cartographer/machinery';
import type { Session } from '../frame/session.ts';

/** Something that an account may do or not. */
export type Deed = {
  readonly verb: string;
  readonly group: string;
  /** With its subresource: `pods/log`. */
  readonly resource: string;
  /** Absent: in the whole cluster. */
  readonly namespace?: string;
  readonly name?: string;
};

/** Whom the server takes somebody for. */
export type Identity = { readonly user: string; readonly groups: readonly string[] };

const AUTHORIZATION = 'authorization.k8s.io';
/** Questions that are under way at once: the server is not to notice that somebody looks. */
const AT_ONCE = 16;

/** Whom the server takes us for; undefined when it cannot say, as before Kubernetes 1.28. */
export async function whoAmI(session: Session): Promise<Identity | undefined> {
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const { status, body: answer } = await session.client.raw({ method: 'POST', path, body, signal: session.signal });
  if (status !== 200 && status !== 201) return undefined;
  const info = getPath(answer, 'status', 'userInfo');
  return { user: textAt(info, 'username'), groups: textsAt(info, 'groups') };
}

/** Those of the deeds that we may not do. */
export function deniedToUs(session: Session, deeds: readonly Deed[]): Promise<readonly Deed[]> {
  return denied(session, 'SelfSubjectAccessReview', deeds, {});
}

/** Those of the deeds that a service account may not do; asking takes the right to create SubjectAccessReviews. */
export function deniedTo(
  session: Session,
  account: { readonly namespace: string; readonly name: string },
  deeds: readonly Deed[],
): Promise<readonly Deed[]> {
  const { namespace, name } = account;
  return denied(session, 'SubjectAccessReview', deeds, {
    user: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  });
}

async function denied(
  session: Session,
  kind: string,
  deeds: readonly Deed[],
  subject: JsonObject,
): Promise<readonly Deed[]> {
  const may: boolean[] = [];
  for (let at = 0; at < deeds.length; at += AT_ONCE) {
    const some = deeds.slice(at, at + AT_ONCE);
    may.push(...(await allEnded(some.map((deed) => isAllowed(session, kind, deed, subject)))));
  }
  return deeds.filter((_, index) => may[index] !== true);
}

async function isAllowed(
  { client, signal }: Session,
  kind: string,
  { verb, group, resource, namespace, name }: Deed,
  subject: JsonObject,
): Promise<boolean> {
  const [plural = '', subresource] = resource.split('/');
  const given = { verb, group, resource: plural, subresource, namespace, name };
  const attributes = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const type = { group: AUTHORIZATION, version: 'v1', kind, resource: `${kind.toLowerCase()}s`, namespaced: false };
  const review: KubeObject = {
    apiVersion: `${AUTHORIZATION}/v1`,
    kind,
    metadata: {},
    spec: { ...subject, resourceAttributes: attributes as Record<string, Json> },
  };
  const answer = await client.create(type, review, { signal });
  return getPath(answer, 'status', 'allowed') === true;
}

/** Deeds in words: `create, patch configmaps; get pods/log`. */
export function deedsText(deeds: readonly Deed[]): string {
  const byResource = Map.groupBy(deeds, ({ group, resource, name }) => {
    const full = group === '' || group === '*' ? resource : `${resource}.${group}`;
    return name === undefined ? full : `${full} "${name}"`;
  });
  return [...byResource].map(([resource, some]) => `${some.map(({ verb }) => verb).join(', ')} ${resource}`).join('; ');
}
