import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** What the proxy does with connections and bytes from now on. */
export type ProxyMode =
  | { readonly kind: 'pass' }
  /** Half-open: connections are accepted and stay open, and nothing goes through any more, in either direction. */
  | { readonly kind: 'black-hole' }
  /** Each piece of data waits this long. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** New connections are reset at once. */
  | { readonly kind: 'refuse' };

/** A TCP proxy on loopback that breaks real connections, TLS or not, for tests with real sockets. */
export interface FaultProxy {
  /** Point the client here instead of at the server. */
  readonly port: number;
  setMode(mode: ProxyMode): void;
  /** Resets every open connection (RST). */
  resetAll(): void;
  /** Ends every open connection as if the server had closed it (FIN). */
  endAll(): void;
  /** Leaves every open connection half-open for good: nothing goes through it any more, and new ones are not concerned. */
  freezeAll(): void;
  /** Ends each connection once it has carried this many more bytes to the client: in the middle of a line, say. */
  cutAfterBytes(bytes: number): void;
  readonly openConnections: number;
  /** How many connections there have been. */
  readonly accepted: number;
  close(): Promise<void>;
}

type Link = { readonly client: Socket; readonly server: Socket; bytesLeft: number; frozen: boolean };

/** Starts a {@link FaultProxy} to a server that listens on loopback. */
export async function startFaultProxy(targetPort: number): Promise<FaultProxy> {
  const links = new Set<Link>();
  let mode: ProxyMode = { kind: 'pass' };
  let accepted = 0;

  const isSilent = ({ frozen }: Link): boolean => frozen || mode.kind === 'black-hole';

  const carry = (link: Link, from: Socket, to: Socket, chunk: Buffer): void => {
    if (isSilent(link)) return;
    const send = (): void => {
      if (to.writable) to.write(chunk);
    };
    if (to === link.client && chunk.length >= link.bytesLeft) {
      link.client.end(chunk.subarray(0, link.bytesLeft));
      link.server.destroy();
      return;
    }
    if (to === link.client) link.bytesLeft -= chunk.length;
    if (mode.kind === 'delay') setTimeout(send, mode.ms).unref();
    else send();
    if (to.writableNeedDrain) {
      from.pause();
      to.once('drain', () => from.resume());
    }
  };

  const accept = (client: Socket): void => {
    accepted++;
    if (mode.kind === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const server = connect(targetPort, '127.0.0.1');
    const link: Link = { client, server, bytesLeft: Number.POSITIVE_INFINITY, frozen: false };
    links.add(link);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('data', (chunk: Buffer) => carry(link, from, to, chunk));
      from.on('error', () => to.destroy());
      from.on('end', () => (isSilent(link) ? undefined : to.end()));
      from.on('close', () => {
        links.delete(link);
        if (!isSilent(link)) to.destroy();
      });
    }
  };

  const listener = createServer({ allowHalfOpen: true }, accept);
  const port = await listen(listener);
  const each = (act: (link: Link) => void): void => {
    for (const link of links) act(link);
  };
  return {
    port,
    setMode(next) {
      mode = next;
    },
    resetAll: () =>
      each(({ client, server }) => {
        client.resetAndDestroy();
        server.destroy();
      }),
    endAll: () =>
      each(({ client, server }) => {
        client.end();
        server.destroy();
      }),
    freezeAll: () =>
      each((link) => {
        link.frozen = true;
      }),
    cutAfterBytes: (bytes) =>
      each((link) => {
        link.bytesLeft = bytes;
      }),
    get openConnections() {
      return links.size;
    },
    get accepted() {
      return accepted;
    },
    close() {
      each(({ client, server }) => {
        client.destroy();
        server.destroy();
      });
      return new Promise<void>((resolve) => {
        listener.close(() => resolve());
      });
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}
