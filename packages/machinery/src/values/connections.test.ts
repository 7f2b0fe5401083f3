import { EventEmitter } from 'node:events';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { boundConnections, type ConnectionBounds } from './connections.ts';

class Socket extends EventEmitter {
  readonly remoteAddress = '127.0.0.1';
  readonly remotePort: number;
  destroyed = false;
  constructor(port: number) {
    super();
    this.remotePort = port;
  }
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

/** A server for three connections, and what is left of those that were made. */
function serverFor(max: number, more: Partial<ConnectionBounds> = {}) {
  const server = new EventEmitter();
  let drops = 0;
  const connections = boundConnections(server, { max, onDrop: () => (drops += 1), ...more });
  const sockets: Socket[] = [];
  return {
    server,
    connections,
    connect(): Socket {
      const socket = new Socket(sockets.push(new Socket(0)));
      sockets[sockets.length - 1] = socket;
      server.emit('connection', socket);
      return socket;
    },
    use(socket: Socket): EventEmitter {
      const answer = new EventEmitter();
      connections.use({ remoteAddress: socket.remoteAddress, remotePort: socket.remotePort }, answer);
      return answer;
    },
    gone: () => sockets.flatMap((socket, index) => (socket.destroyed ? [index] : [])),
    drops: () => drops,
  };
}

describe('the connections of a server', () => {
  it('are as many as was said; the one that has said nothing for longest goes for a new one', () => {
    const at = serverFor(3);
    for (let i = 0; i < 3; i += 1) at.connect();
    expect(at.gone()).toEqual([]);
    at.connect();
    at.connect();
    expect([at.gone(), at.drops(), at.connections.size]).toEqual([[0, 1], 2, 3]);
  });

  it('that are in use stay, and so do idle ones that have been used, as long as there are mute ones', () => {
    const at = serverFor(3);
    at.use(at.connect());
    at.use(at.connect()).emit('close');
    for (let i = 0; i < 5; i += 1) at.connect();
    expect(at.gone()).toEqual([2, 3, 4, 5]);
  });

  it('between two requests go, longest idle first, when no mute one is left', () => {
    const at = serverFor(3);
    const [first, second] = [at.connect(), at.connect()].map((socket) => at.use(socket));
    at.use(at.connect());
    second?.emit('close');
    first?.emit('close');
    at.use(at.connect());
    expect(at.gone()).toEqual([1]);
    at.use(at.connect());
    expect(at.gone()).toEqual([0, 1]);
  });

  it('that are in use go, longest first, only when all of them are', () => {
    const at = serverFor(2);
    const one = at.connect();
    const answers = [at.use(one), at.use(one), at.use(at.connect())];
    at.connect();
    expect(at.gone()).toEqual([0]);
    at.connect();
    expect(at.gone()).toEqual([0, 2]);
    for (const answer of answers) answer.emit('close');
    at.connect();
    expect([at.gone(), at.connections.size]).toEqual([[0, 2, 3], 2]);
  });

  it('have a time for their handshake', async () => {
    const clock = createFakeClock();
    const at = serverFor(9, { handshake: { ms: 100, clock } });
    at.connect();
    at.server.emit('secureConnection', at.connect());
    at.connect().destroy();
    await clock.advance(99);
    expect(at.gone()).toEqual([2]);
    await clock.advance(1);
    expect([at.gone(), at.drops(), clock.pending]).toEqual([[0, 2], 1, 0]);
  });

  it('end with the server, all of them', () => {
    const at = serverFor(9);
    at.connect();
    at.use(at.connect());
    at.use(at.connect()).emit('close');
    at.connections.closeAll();
    expect([at.gone(), at.connections.size, at.drops()]).toEqual([[0, 1, 2], 0, 0]);
  });

  it('are forgotten when they end by themselves', () => {
    const at = serverFor(2);
    const socket = at.connect();
    const answer = at.use(socket);
    socket.destroy();
    answer.emit('close');
    at.connect();
    at.connect();
    expect([at.drops(), at.connections.size]).toEqual([0, 2]);
  });
});
