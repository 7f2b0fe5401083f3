import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { carto as kinds } from '@cartographer/api';
import { getPath, isList, type KubeObject, type ResourceType, textAt } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { type CartoProcess, commitMessage, startCarto, until } from './carto-process.ts';

const IMAGES: ResourceType = {
  group: 'kpack.io',
  version: 'v1alpha2',
  resource: 'images',
  kind: 'Image',
  namespaced: true,
};
const HELLO = { namespace: 'default', name: 'hello' };

/** What the workload says of itself. */
async function ready({ client }: CartoProcess): Promise<{ readonly status: string; readonly message: string }> {
  const { status } = await client.get(kinds.kinds.Workload, HELLO);
  const conditions = getPath(status, 'conditions');
  const found = isList(conditions) ? conditions.find((one) => getPath(one, 'type') === 'Ready') : undefined;
  return { status: textAt(found, 'status'), message: textAt(found, 'message') };
}

async function untilReady(carto: CartoProcess, sourceOf: (image: KubeObject) => boolean): Promise<KubeObject> {
  let image: KubeObject | undefined;
  await until('the workload is ready', async () => {
    image = await carto.client.get(IMAGES, HELLO).catch(() => undefined);
    return image !== undefined && sourceOf(image) && (await ready(carto)).status === 'True';
  });
  return image as KubeObject;
}

/** The tries of each run of the tests, by its name. */
async function testTries(dataDir: string): Promise<readonly number[]> {
  const runs = join(dataDir, 'laptop/tekton/runs/default');
  return await Promise.all((await readdir(runs)).map(async (run) => (await readdir(join(runs, run, 'logs'))).length));
}

const builds = (image: KubeObject): unknown => getPath(image['status'], 'buildCounter');
const builtFrom = (image: KubeObject): string => textAt(image['spec'], 'source', 'blob', 'url');

describe('the test step of the example', () => {
  it('stops a commit whose tests fail and says which line, once, and goes on with the commit that mends it', {
    timeout: 240_000,
  }, async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'carto-test-step-'));
    const carto = await startCarto(dataDir);
    try {
      const good = await untilReady(carto, () => true);
      const broken = await commitMessage(carto.repository, '');
      await until('the workload says that a test failed', async () => (await ready(carto)).status === 'False');
      const { message } = await ready(carto);
      expect(message).toMatch(
        /^"step-test" exited with code 1: Error; at test\.js:11; last lines: .*message\.txt is empty/,
      );
      expect(message).toContain('step-test.log');
      const image = await carto.client.get(IMAGES, HELLO);
      expect([builtFrom(image), builds(image)]).toEqual([builtFrom(good), 1]);
      expect(builtFrom(image)).not.toContain(broken);

      const mended = await commitMessage(carto.repository, 'Mended');
      await untilReady(carto, (one) => builtFrom(one).includes(mended) && builds(one) === 2);
      expect(await testTries(dataDir), 'tries of the three commits').toEqual([1, 1, 1]);
    } finally {
      await carto.end('SIGINT');
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});
