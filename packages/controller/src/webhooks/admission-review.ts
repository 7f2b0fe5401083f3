import { API_VERSION, carto, type KindName, validate } from '@cartographer/api';
import { getKey, isObject, type Json, type JsonObject, type KubeObject } from '@cartographer/machinery';

const GROUP = 'admission.k8s.io';
/** An API server that knows both versions sends the one that stands first in the webhook's configuration. */
const VERSIONS: readonly string[] = [`${GROUP}/v1`, `${GROUP}/v1beta1`];
const PREFIX = `/validate-${API_VERSION.replaceAll(/[./]/g, '-')}-`;

const KINDS: ReadonlyMap<string, KindName> = new Map(
  (Object.keys(carto.kinds) as KindName[]).map((kind) => [`${PREFIX}${kind.toLowerCase()}`, kind]),
);

/** The path at which a kind is validated: `/validate-carto-run-v1alpha1-workload`. */
export function webhookPath(kind: KindName): string {
  return `${PREFIX}${kind.toLowerCase()}`;
}

/** The kind that is validated at a path. */
export function kindAtPath(path: string): KindName | undefined {
  return KINDS.get(path);
}

/**
 * The answer to an AdmissionReview, in the version that was asked in. The object must have passed its schema, as it has
 * when an API server asks; one that has not is refused with 400.
 */
export function answerReview(body: Json, kind: KindName): JsonObject {
  const request = isObject(body) ? getKey(body, 'request') : undefined;
  const version = isObject(body) ? getKey(body, 'apiVersion') : undefined;
  const known = typeof version === 'string' && VERSIONS.includes(version);
  const apiVersion = known ? version : `${GROUP}/v1`;
  const uid = isObject(request) ? getKey(request, 'uid') : undefined;
  const response =
    known && isObject(request) ? review(request, kind) : refused(400, 'the body is not an AdmissionReview request');
  return {
    apiVersion,
    kind: 'AdmissionReview',
    response: { uid: typeof uid === 'string' ? uid : '', ...response },
  };
}

function review(request: JsonObject, kind: KindName): JsonObject {
  const operation = getKey(request, 'operation');
  if (operation !== 'CREATE' && operation !== 'UPDATE') return { allowed: true };
  if (getKey(request, 'subResource')) return { allowed: true };
  const object = getKey(request, 'object');
  if (!isObject(object) || getKey(object, 'kind') !== kind || getKey(object, 'apiVersion') !== API_VERSION) {
    return refused(400, `the object to review is no ${kind} of ${API_VERSION}`);
  }
  const first = firstError(object);
  return first === undefined ? { allowed: true } : first;
}

/** The rules read fields as the schema has them; where it was not applied, they may meet anything. */
function firstError(object: JsonObject): JsonObject | undefined {
  try {
    const [message] = validate(object as KubeObject);
    return message === undefined ? undefined : refused(403, message, 'Forbidden');
  } catch (error) {
    if (error instanceof TypeError) return refused(400, `the object does not match its schema: ${error.message}`);
    throw error;
  }
}

/** A refusal in controller-runtime's shape; the client reads `admission webhook "…" denied the request: <message>`. */
function refused(code: number, message: string, reason = 'BadRequest'): JsonObject {
  return { allowed: false, status: { code, reason, message } };
}
