import { createServer } from 'node:http';
import { join } from 'node:path';
import { silentLog } from '@cartographer/machinery';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeTempFolder } from './git/testing/repository.ts';
import { listenOnStablePort } from './stable-port.ts';

let temp: Awaited<ReturnType<typeof makeTempFolder>>;
beforeEach(async () => {
  temp = await makeTempFolder();
});
afterEach(() => temp.remove());

it('a server goes on when the system cannot take a connection', async () => {
  const server = createServer((_request, response) => response.end('still here'));
  const port = await listenOnStablePort(server, { portFile: join(temp.path, 'port'), log: silentLog, what: 'a test' });
  try {
    expect(() => server.emit('error', new Error('accept EMFILE'))).not.toThrow();
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('still here');
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
