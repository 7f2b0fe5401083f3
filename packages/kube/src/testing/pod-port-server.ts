import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Plays the API server and the kubelet for `pods/portforward` by WebSocket, as the kubelet's own server does it. */
export type PodPortServer = AsyncDisposable & {
  readonly url: string;
  /** What was asked for: path with query, and the `Authorization` header. */
  readonly asked: readonly { readonly path: string; readonly authorization: string | undefined }[];
};

/** How a {@link PodPortServer} answers. */
export type PodPortServerOptions = {
  /** The port on 127.0.0.1 that stands for that of the pod. */
  readonly port: number;
  /** Answers the upgrade with this code instead. */
  readonly refuse?: number;
  /** Answers all other requests. */
  readonly others?: RequestListener;
  /** Says this on the channel of errors instead of forwarding. */
  readonly fail?: string;
};

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const BINARY = 0x82;

/** Starts it on a free port of this machine. */
export async function servePodPort({ port, refuse, fail, others }: PodPortServerOptions): Promise<PodPortServer> {
  const asked: { path: string; authorization: string | undefined }[] = [];
  const sockets = new Set<Duplex>();
  const server = createServer(others);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    const { url = '', headers } = request;
    asked.push({ path: url, authorization: headers.authorization });
    if (refuse !== undefined) {
      socket.end(`HTTP/1.1 ${refuse} Refused\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
      return;
    }
    const accept = createHash('sha1').update(`${headers['sec-websocket-key']}${GUID}`).digest('base64');
    const lines = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`];
    const protocol = `Sec-WebSocket-Protocol: ${headers['sec-websocket-protocol']}`;
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${[...lines, protocol].join('\r\n')}\r\n\r\n`);
    const named = Buffer.alloc(2);
    named.writeUInt16LE(Number(new URL(url, 'http://api').searchParams.get('ports')));
    for (const channel of [0, 1]) socket.write(frame(channel, named));
    if (fail === undefined) forward(socket, connect({ host: '127.0.0.1', port }));
    else socket.write(frame(1, Buffer.from(fail)));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

function forward(socket: Duplex, pod: Socket): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (let next = read(rest); next !== undefined; next = read(rest)) {
      rest = rest.subarray(next.end);
      if (next.opcode === 8) pod.end();
      else pod.write(next.content.subarray(1));
    }
  });
  socket.on('close', () => pod.destroy());
  pod.on('error', () => socket.end());
  pod.on('data', (chunk: Buffer) => void socket.write(frame(0, chunk)));
  pod.on('close', () => socket.end(Buffer.of(0x88, 0)));
}

/** A frame to the client: binary, in one piece, not masked. RFC 6455, section 5.2. */
function frame(channel: number, content: Buffer): Buffer {
  const length = content.length + 1;
  if (length < 126) return Buffer.concat([Buffer.of(BINARY, length, channel), content]);
  const head = Buffer.alloc(10);
  head[0] = BINARY;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, Buffer.of(channel), content]);
}

/** The first frame of a client, which is masked. */
function read(bytes: Buffer): { readonly opcode: number; readonly content: Buffer; readonly end: number } | undefined {
  if (bytes.length < 2) return undefined;
  const short = (bytes[1] ?? 0) & 0x7f;
  const size = short === 126 ? 2 : short === 127 ? 8 : 0;
  if (bytes.length < 6 + size) return undefined;
  const length = size === 2 ? bytes.readUInt16BE(2) : size === 8 ? Number(bytes.readBigUInt64BE(2)) : short;
  const begin = 6 + size;
  if (bytes.length < begin + length) return undefined;
  const mask = bytes.subarray(2 + size, begin);
  const content = Buffer.from(bytes.subarray(begin, begin + length).map((byte, at) => byte ^ (mask[at % 4] ?? 0)));
  return { opcode: (bytes[0] ?? 0) & 0x0f, content, end: begin + length };
}
