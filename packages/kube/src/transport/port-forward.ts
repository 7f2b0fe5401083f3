import { Duplex } from 'node:stream';
import { Agent, WebSocket } from 'undici';
import { TransportError } from './api-error.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { tlsOptions } from './connection-pools.ts';

/** A port of a pod. */
export type PodPort = { readonly namespace: string; readonly pod: string; readonly port: number };

/** The sub-protocol of the kubelet: of each port one channel of data and one of errors, binary. */
const PROTOCOL = 'v4.channel.k8s.io';
const DATA = 0;
const ERROR = 1;
/** The first message of each channel says which port it is. */
const PORT_BYTES = 2;
const CONNECT_TIMEOUT_MS = 10_000;
/** A WebSocket cannot be told to wait: who reads slower than this much is given up. */
const MOST_UNREAD_BYTES = 64 * 1024 * 1024;

/**
 * Opens one connection to a port of a pod through the API server and the kubelet, as `kubectl port-forward` does for each
 * connection that it takes. Needs the right to `get` `pods/portforward`, on servers from 1.35 on that to `create` it.
 *
 * @throws TransportError `CARTO_CONNECT_FAILED` when the API server or the kubelet does not open it.
 */
export async function forwardPort(access: ClusterAccess, to: PodPort, signal: AbortSignal): Promise<Duplex> {
  const { authorization, certificate } = await access.credentials.current(signal);
  const dispatcher = new Agent({
    allowH2: false,
    connect: { timeout: CONNECT_TIMEOUT_MS, ...tlsOptions(access, certificate) },
  });
  const socket = new WebSocket(addressOf(access, to), {
    protocols: [PROTOCOL],
    dispatcher,
    ...(authorization === undefined ? {} : { headers: { authorization: authorization.reveal() } }),
  });
  socket.binaryType = 'arraybuffer';
  const stream = streamOf(socket, to, () => void dispatcher.destroy().catch(() => undefined));
  const opened = Promise.withResolvers<Duplex>();
  const stop = (): void => void stream.destroy(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  socket.addEventListener('open', () => opened.resolve(stream));
  stream.once('error', opened.reject);
  stream.once('close', () => {
    signal.removeEventListener('abort', stop);
    opened.reject(closedEarly(to));
  });
  if (signal.aborted) stop();
  return opened.promise;
}

function addressOf({ server }: ClusterAccess, { namespace, pod, port }: PodPort): string {
  const base = server.replace(/^http/, 'ws').replace(/\/+$/, '');
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/portforward`;
  return `${base}${path}?ports=${port}`;
}

function streamOf(socket: WebSocket, to: PodPort, release: () => void): Duplex {
  const begun = new Set<number>();
  const stream = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      socket.send(Buffer.concat([Buffer.of(DATA), chunk]));
      done();
    },
    final(done) {
      socket.close();
      done();
    },
    destroy(error, done) {
      socket.close();
      release();
      done(error);
    },
  });
  const fail = (why: string, cause?: unknown): void => {
    const { namespace, pod, port } = to;
    stream.destroy(
      new TransportError(
        'CARTO_CONNECT_FAILED',
        `port ${port} of pod ${namespace}/${pod} cannot be reached: ${why}`,
        cause,
      ),
    );
  };
  socket.addEventListener('message', ({ data }) => {
    const bytes = Buffer.from(data as ArrayBuffer);
    const [channel = DATA] = bytes;
    const isPort = !begun.has(channel);
    begun.add(channel);
    const content = bytes.subarray(isPort ? 1 + PORT_BYTES : 1);
    if (content.length === 0 || stream.destroyed) return;
    if (channel === ERROR) fail(content.toString('utf8'));
    else if (stream.readableLength > MOST_UNREAD_BYTES) fail('more came than was read');
    else stream.push(content);
  });
  socket.addEventListener('error', ({ error, message }) => fail(message || 'the API server did not open it', error));
  socket.addEventListener('close', () => {
    if (!stream.destroyed) stream.push(null);
  });
  return stream;
}

function closedEarly({ namespace, pod, port }: PodPort): TransportError {
  return new TransportError('CARTO_CONNECT_FAILED', `the way to port ${port} of pod ${namespace}/${pod} was closed`);
}
