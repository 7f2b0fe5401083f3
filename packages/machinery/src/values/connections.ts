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
  /** Says that a connection is in use until `end` is closed: a request is all there, and its answer is due or under way. */
  use(socket: Pick<Socket, 'remoteAddress' | 'remotePort'>, end: Pick<Socket, 'once'>): void;
  /** Ends all of them, those within their handshake too, which an HTTP server of Node's does not know of. */
  closeAll(): void;
  readonly size: number;
}

type Connection = {
  readonly key: string;
  readonly socket: Socket;
  group: Set<Connection>;
  uses: number;
  cancel: () => void;
};

/**
 * Bounds the connections of a server. At the bound a new one takes the place of the one that has waited the longest:
 * first of those that have never sent a whole request (mute ones, half a TLS handshake, half a body), then of those
 * between two requests, at last of those in use. So whoever opens connections to no end pushes out himself, and whoever
 * keeps them in use to no end shuts nobody out. The bound is to be well below the file handles of a
 * process: where those have run out, connections are lost before Node tells of them.
 */
export function boundConnections(server: ConnectionSource, { max, handshake, onDrop }: ConnectionBounds): Connections {
  const known = new Map<string, Connection>();
  const [fresh, idle, used] = [new Set<Connection>(), new Set<Connection>(), new Set<Connection>()];

  function move(connection: Connection, to: Set<Connection>): void {
    if (connection.group === to || known.get(connection.key) !== connection) return;
    connection.group.delete(connection);
    connection.group = to.add(connection);
  }

  function forget(connection: Connection): void {
    if (known.get(connection.key) === connection) known.delete(connection.key);
    connection.group.delete(connection);
    connection.cancel();
  }

  function drop(connection: Connection, reason: DropReason): void {
    forget(connection);
    connection.socket.destroy();
    onDrop(reason);
  }

  server.on('connection', (socket) => {
    const connection: Connection = { key: keyOf(socket), socket, group: fresh, uses: 0, cancel: () => undefined };
    if (handshake !== undefined) {
      connection.cancel = handshake.clock.schedule(handshake.ms, () => drop(connection, 'handshake'));
    }
    socket.once('close', () => forget(connection));
    if (known.size >= max) {
      const [longest = connection] = [...first(fresh), ...first(idle), ...first(used)];
      drop(longest, 'limit');
      if (longest === connection) return;
    }
    known.set(connection.key, connection);
    fresh.add(connection);
  });
  server.on('secureConnection', (socket) => known.get(keyOf(socket))?.cancel());

  return {
    get size() {
      return known.size;
    },
    closeAll() {
      for (const { socket } of known.values()) socket.destroy();
    },
    use(socket, end) {
      const connection = known.get(keyOf(socket));
      if (connection === undefined) return;
      connection.uses += 1;
      move(connection, used);
      end.once('close', () => {
        connection.uses -= 1;
        if (connection.uses === 0) move(connection, idle);
      });
    },
  };
}

function first<T>(all: ReadonlySet<T>): readonly T[] {
  for (const one of all) return [one];
  return [];
}

/** A TLS socket and the TCP socket below it are two objects with the same peer. */
function keyOf({ remoteAddress = '', remotePort = 0 }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string {
  return `${remoteAddress} ${remotePort}`;
}
