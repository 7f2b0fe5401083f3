import { createHash } from 'node:crypto';
import type { Client } from '@cartographer/kube';
import {
  BoundedMap,
  type Clock,
  getPath,
  type JsonObject,
  type KubeObject,
  type ResourceType,
  textAt,
} from '@cartographer/machinery';
import { scanningKinds } from '../kinds/kinds.ts';
import type { ScanKind } from '../scanner/scan-request.ts';

/** Who asks: what the API server says of a token. */
export type Asker = { readonly user: JsonObject };

/** What the API server says about askers. */
export interface QuestionAccess {
  /** Whose token it is; undefined where it is nobody's. Throws what the API server says when it cannot tell. */
  who(token: string, signal: AbortSignal): Promise<Asker | undefined>;
  /** Whether somebody may `get` scans of a kind: of a namespace, or of all where none is given. */
  may(
    asker: Asker,
    what: { readonly kind: ScanKind; readonly namespace?: string; readonly name?: string },
    signal: AbortSignal,
  ): Promise<boolean>;
}

const TOKEN_REVIEWS = review('authentication.k8s.io', 'TokenReview', 'tokenreviews');
const ACCESS_REVIEWS = review('authorization.k8s.io', 'SubjectAccessReview', 'subjectaccessreviews');
/** An answer of the API server counts so long: a right that was taken away ends by then. */
const ANSWERED_MS = 10_000;
const MOST_ANSWERS = 20_000;

/** Asks the API server by TokenReview and SubjectAccessReview, each question once in a while. */
export function createQuestionAccess(client: Pick<Client, 'create'>, clock: Clock): QuestionAccess {
  const known = new BoundedMap<{ readonly answer: Promise<KubeObject>; readonly untilMs: number }>(MOST_ANSWERS);

  function ask(type: ResourceType, spec: JsonObject, signal: AbortSignal): Promise<KubeObject> {
    const key = createHash('sha256')
      .update(JSON.stringify([type.kind, spec]))
      .digest('hex');
    const found = known.get(key);
    if (found !== undefined && clock.monotonicMs() < found.untilMs) return found.answer;
    const object = { apiVersion: `${type.group}/${type.version}`, kind: type.kind, metadata: {}, spec };
    const answer = client.create(type, object, { signal });
    known.set(key, { answer, untilMs: clock.monotonicMs() + ANSWERED_MS });
    // What failed is asked again.
    answer.catch(() => known.delete(key));
    return answer;
  }

  return {
    async who(token, signal) {
      const { status } = await ask(TOKEN_REVIEWS, { token }, signal);
      const user = getPath(status, 'user');
      if (getPath(status, 'authenticated') !== true || textAt(user, 'username') === '') return undefined;
      return { user: user as JsonObject };
    },
    async may({ user }, { kind, namespace, name }, signal) {
      const { group, resource } = scanningKinds[kind];
      const { username, uid, groups, extra } = user;
      const asker = { user: username ?? '', ...(uid && { uid }), ...(groups && { groups }), ...(extra && { extra }) };
      const wanted = { group, resource, verb: 'get', ...(namespace && { namespace }), ...(name && { name }) };
      const { status } = await ask(ACCESS_REVIEWS, { ...asker, resourceAttributes: wanted }, signal);
      return getPath(status, 'allowed') === true;
    },
  };
}

function review(group: string, kind: string, resource: string): ResourceType {
  return { group, version: 'v1', kind, resource, namespaced: false };
}
