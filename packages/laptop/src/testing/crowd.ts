import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Connections of others, who say nothing. */
export type Crowd = {
  /** How many of them the server has ended. */
  readonly closed: () => number;
  leave(): void;
};

/** Opens connections to `HOST:PORT`, one after the other. */
export async function muteConnections(address: string, count: number): Promise<Crowd> {
  const [host, port] = address.split(':');
  const sockets: Socket[] = [];
  for (let at = 0; at < count; at += 1) {
    const socket = connect(Number(port), host);
    socket.on('error', () => undefined).resume();
    await once(socket, 'connect');
    sockets.push(socket);
  }
  return {
    closed: () => sockets.filter((socket) => socket.closed).length,
    leave() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
