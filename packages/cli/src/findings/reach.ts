import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { INSTALL_NAMES } from '@cartographer/controller';
import { CONFIG_MAPS, forwardPort, getIfThere, isForbidden, type PodPort } from '@cartographer/kube';
import { getPath, isObject, type KubeObject, listAt, type ResourceType, textAt } from '@cartographer/machinery';
import { SCANNER_NAMES } from '@cartographer/scanning';
import type { Session } from '../frame/session.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import type { Run } from '../running/running.ts';

/** A way to whoever answers questions about scans, or why there is none. */
export type Reach =
  | {
      readonly kind: 'open';
      /** The asker's `Authorization` header. */
      readonly authorization: string;
      /** Opens a connection to the scanner, whose certificate is checked. */
      readonly connect: () => Promise<TLSSocket>;
    }
  | { readonly kind: 'closed'; readonly why: string };

const PODS = core('Pod', 'pods');
const SERVICES = core('Service', 'services');
const ACCESS_REVIEWS: ResourceType = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectAccessReview',
  resource: 'selfsubjectaccessreviews',
  namespaced: false,
};
const { namespace } = INSTALL_NAMES;
const { questionsService, questionsAuthority } = SCANNER_NAMES;
const INSTALLED = `is the scanner installed there? carto install --with scanner does it`;

/**
 * Finds the way: on the laptop a port of this machine, on a cluster a forwarded port, since the API server's own proxy takes
 * the token out of what it passes on. Whatever keeps the asker from it is named, and is no error.
 */
export async function reachScanner(
  session: Session,
  surroundings: Surroundings,
  as: string | undefined,
): Promise<Reach> {
  const { access, client, signal } = session;
  if (as !== undefined) return closed('questions are asked with your own token, and not as another with --as');
  if (access === undefined) return closed('there is no connection that a port could be forwarded on');
  const { authorization } = await access.credentials.current(signal);
  const token = authorization?.reveal() ?? '';
  if (!token.startsWith('Bearer ')) {
    return closed(
      'your credentials are no token, and the scanner can check nothing else; use a kubeconfig with a token',
    );
  }
  const ca = await authority(session);
  if (typeof ca !== 'string') return ca;
  const run = await runOf(session, surroundings);
  if (run?.questions !== undefined) {
    const { hostname: host, port } = new URL(run.questions.url);
    const to = { host, port: Number(port), ca, servername: run.questions.serverName };
    return { kind: 'open', authorization: token, connect: () => secured(to, signal) };
  }
  const missing = await missingRight(session);
  if (missing !== undefined) return closed(missing);
  const to = await findPod(client, signal);
  if ('why' in to) return to;
  const servername = `${questionsService}.${namespace}.svc`;
  const open = async (): Promise<TLSSocket> =>
    secured({ socket: await forwardPort(access, to, signal), ca, servername }, signal);
  return { kind: 'open', authorization: token, connect: open };
}

function closed(why: string): Extract<Reach, { kind: 'closed' }> {
  return { kind: 'closed', why };
}

/** The authority that the scanner publishes. */
async function authority({ client, signal }: Session): Promise<string | Reach> {
  const object = await getIfThere(client, CONFIG_MAPS, { namespace, name: questionsAuthority }, { signal }).catch(
    (error: unknown) => {
      if (isForbidden(error)) return error;
      throw error;
    },
  );
  if (object instanceof Error) return closed(`you may not read configmap ${namespace}/${questionsAuthority}`);
  const ca = textAt(object, 'data', 'ca.crt');
  return ca === '' ? closed(`there is no configmap ${namespace}/${questionsAuthority}: ${INSTALLED}`) : ca;
}

/** The `carto up` that the target is, also where a kubeconfig of it was named. */
async function runOf({ target }: Session, { cwd, findRun }: Surroundings): Promise<Run | undefined> {
  if (target.run !== undefined) return target.run;
  const run = await findRun(cwd);
  return run?.server === target.server ? run : undefined;
}

/** What the asker lacks to forward a port: servers up to 1.34 ask for `get`, later ones for `create`. */
async function missingRight({ client, signal }: Session): Promise<string | undefined> {
  const may = async (verb: string, resource: string, subresource = ''): Promise<boolean> => {
    const resourceAttributes = { verb, resource, subresource, namespace };
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: ACCESS_REVIEWS.kind,
      metadata: {},
      spec: { resourceAttributes },
    };
    const { status } = await client.create(ACCESS_REVIEWS, review, { signal });
    return getPath(status, 'allowed') === true;
  };
  if (!(await may('list', 'pods'))) return `you may not list pods in namespace ${namespace}`;
  const verbs = await Promise.all(['get', 'create'].map((verb) => may(verb, 'pods', 'portforward')));
  return verbs.includes(true) ? undefined : `you may not forward ports of pods in namespace ${namespace}`;
}

/** A pod behind the Service that is ready, with the port that the Service leads to. */
async function findPod(
  client: Session['client'],
  signal: AbortSignal,
): Promise<PodPort | Extract<Reach, { kind: 'closed' }>> {
  const service = await getIfThere(client, SERVICES, { namespace, name: questionsService }, { signal });
  if (service === undefined) return closed(`there is no service ${namespace}/${questionsService}: ${INSTALLED}`);
  const wanted = getPath(service, 'spec', 'selector');
  const selector = Object.entries(isObject(wanted) ? wanted : {});
  const labelSelector = selector.map(([key, value]) => `${key}=${textAt(value)}`).join(',');
  const { items } = await client.list(PODS, { namespace, labelSelector, signal });
  const ready = items.find(isReady);
  const port = ready && portOf(ready, getPath(listAt(service, 'spec', 'ports')[0], 'targetPort'));
  if (ready === undefined || port === undefined)
    return closed(`no pod of the scanner is ready in namespace ${namespace}`);
  return { namespace, pod: ready.metadata.name ?? '', port };
}

function portOf(pod: KubeObject, target: unknown): number | undefined {
  if (typeof target === 'number') return target;
  const ports = listAt(pod, 'spec', 'containers').flatMap((container) => listAt(container, 'ports'));
  const number = getPath(
    ports.find((port) => textAt(port, 'name') === target),
    'containerPort',
  );
  return typeof number === 'number' ? number : undefined;
}

function isReady(pod: KubeObject): boolean {
  const ready = listAt(pod, 'status', 'conditions').find((condition) => textAt(condition, 'type') === 'Ready');
  return textAt(ready, 'status') === 'True';
}

function secured(to: ConnectionOptions, signal: AbortSignal): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const socket = connect(to, () => resolve(socket));
  socket.once('error', reject);
  const stop = (): void => void socket.destroy(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  socket.once('close', () => signal.removeEventListener('abort', stop));
  return promise;
}

function core(kind: string, resource: string): ResourceType {
  return { group: '', version: 'v1', kind, resource, namespaced: true };
}
