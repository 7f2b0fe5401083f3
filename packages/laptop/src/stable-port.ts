import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { dirname } from 'node:path';
import { CartoError, type Log } from '@cartographer/machinery';

/**
 * Lets a server listen on loopback, on the port that it had the last time: the port is part of URLs that others have
 * written down. A port that is taken by now is replaced by another one.
 *
 * @throws CartoError `CARTO_PORT` when no port on loopback can be had.
 */
export async function listenOnStablePort(
  server: Server,
  options: { readonly portFile: string; readonly log: Log; readonly what: string },
): Promise<number> {
  const { portFile, log, what } = options;
  const remembered = Number(await readFile(portFile, 'utf8').catch(() => '0'));
  const wanted = Number.isInteger(remembered) && remembered > 1023 && remembered < 65_536 ? remembered : 0;
  const port = await listen(server, wanted)
    .catch((error: NodeJS.ErrnoException) => {
      if (wanted === 0 || (error.code !== 'EADDRINUSE' && error.code !== 'EACCES')) throw error;
      log.warn({ port: wanted, what }, 'the port that was used before is taken; another one is used');
      return listen(server, 0);
    })
    .catch((cause: Error) => {
      const message = `${what} cannot listen on 127.0.0.1: ${cause.message}`;
      throw new CartoError('CARTO_PORT', message, { cause });
    });
  // A connection that cannot be taken, for want of file handles say, is one lost caller and no reason to end.
  server.on('error', (error) => log.warn({ err: error, what }, 'a connection could not be taken'));
  if (port !== wanted) {
    await mkdir(dirname(portFile), { recursive: true, mode: 0o700 });
    await writeFile(`${portFile}.new`, String(port), { mode: 0o600 });
    await rename(`${portFile}.new`, portFile);
  }
  return port;
}

/** A port on loopback that nobody uses right now. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
