import type { Clock } from './ports.ts';

/** What is asked of a socket. Nothing here opens one. */
type Socket = {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  destroy(): unknown;
  once(event: 'close', listener: () => void): unknown;
};

/** A server of Node's: TCP, TLS, HTTP or HTTPS. */
type ConnectionSource = { on(event: 'connection' | 'secureConnection', listener: (socket: Socket) => void): unknown };

/** Why a connection was ended: others needed its place, or its TLS handshake took too long. */
export type DropReason = 'limit' | 'handshake';

/** What connections are held to. */
export type ConnectionBounds = {
  readonly max: number;
  /** The time for a TLS handshake; leave it out where there is none. */
  readonly handshake?: { readonly ms: number; readonly clock: Clock };
  readonly onDrop: (reason: DropReason) => void;
};

/** The connections of one server. */
export interface Connections {
  /**
   * Says that a connection is in use until `end` is closed: its request is there and an answer is due, or under way.
   * Until then, and afterwards, it may have to go for another one.
   */
  use(socket: Pick<Socket, 'remoteAddress' | 'remotePort'>, end: Pick<Socket, 'once'>): void;
  readonly size: number;
}

type Connection = { readonly key: string; readonly socket: Socket; uses: number; cancel: () => void };

/**
 * Bounds the connections of a server. At the bound a new one takes the place of the one that has waited the longest:
 * first of those that have never sent a whole request (mute ones, half a TLS handshake, half a body), then of those
 * between two requests. Only when every other one is in use the new one goes: whoever opens connections to no end
 * pushes out himself.
 */
export function boundConnections(server: ConnectionSource, { max, handshake, onDrop }: ConnectionBounds): Connections {
  const known = new Map<string, Connection>();
  const fresh = new Set<Connection>();
  const idle = new Set<Connection>();

  function forget(connection: Connection): void {
    if (known.get(connection.key) === connection) known.delete(connection.key);
    fresh.delete(connection);
    idle.delete(connection);
    connection.cancel();
  }

  function drop(connection: Connection, reason: DropReason): void {
    forget(connection);
    connection.socket.destroy();
    onDrop(reason);
  }

  server.on('connection', (socket) => {
    const key = keyOf(socket);
    const connection: Connection = { key, socket, uses: 0, cancel: () => undefined };
    if (handshake !== undefined) {
      connection.cancel = handshake.clock.schedule(handshake.ms, () => drop(connection, 'handshake'));
    }
    known.set(key, connection);
    fresh.add(connection);
    socket.once('close', () => forget(connection));
    if (known.size <= max) return;
    const [longest = connection] = fresh.size > 1 ? fresh : idle;
    drop(longest, 'limit');
  });
  server.on('secureConnection', (socket) => known.get(keyOf(socket))?.cancel());

  return {
    get size() {
      return known.size;
    },
    use(socket, end) {
      const connection = known.get(keyOf(socket));
      if (connection === undefined) return;
      connection.uses += 1;
      fresh.delete(connection);
      idle.delete(connection);
      end.once('close', () => {
        connection.uses -= 1;
        if (connection.uses === 0 && known.get(connection.key) === connection) idle.add(connection);
      });
    },
  };
}

/** A TLS socket and the TCP socket below it are two objects with the same peer. */
function keyOf({ remoteAddress = '', remotePort = 0 }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string {
  return `${remoteAddress} ${remotePort}`;
}
