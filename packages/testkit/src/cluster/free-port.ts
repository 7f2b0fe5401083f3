import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/** Systems give connections, and servers that name no port, one of 32,768 and above. */
const [LOWEST, BEYOND] = [10_000, 32_768];

/** A port for a server that goes and comes back: nobody is given it meanwhile by the system, as they may be one of {@link freePorts}. */
export async function portToComeBackTo(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, BEYOND);
    const server = await listening(port).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') return undefined;
      throw error;
    });
    if (server === undefined) continue;
    await closed(server);
    return port;
  }
}

/** Ports on which nobody listens now, all different. Another process may be quicker to take one: the caller tries again. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listening(0)));
  const ports = servers.map((server) => (server.address() as { readonly port: number }).port);
  await Promise.all(servers.map(closed));
  return ports;
}

async function listening(port: number): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}

function closed(server: Server): Promise<unknown> {
  return new Promise((resolve) => server.close(resolve));
}
