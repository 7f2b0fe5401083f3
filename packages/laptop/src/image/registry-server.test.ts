import { join } from 'node:path';
import { silentLog } from '@cartographer/machinery';
import { expect, it } from 'vitest';
import { makeTempFolder } from '../git/testing/repository.ts';
import { openPushedSources } from '../oci/pushed-sources.ts';
import { muteConnections } from '../testing/crowd.ts';
import { startRegistryServer } from './registry-server.ts';

it('the registry answers while others hold connections and say nothing', async () => {
  const temp = await makeTempFolder();
  const server = await startRegistryServer({
    layoutOf: () => Promise.resolve(undefined),
    push: await openPushedSources(temp.path),
    portFile: join(temp.path, 'port'),
    log: silentLog,
    maxConnections: 3,
  });
  const crowd = await muteConnections(server.host, 10);
  expect((await fetch(`http://${server.host}/v2/`)).status).toBe(200);
  await expect.poll(crowd.closed).toBe(8);
  crowd.leave();
  await server.close();
  await temp.remove();
});
