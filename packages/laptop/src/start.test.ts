import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@cartographer/kube';
import { getPath, type KubeObject, type Log, silentLog } from '@cartographer/machinery';
import { type Embedded, portToComeBackTo, startEmbedded } from '@cartographer/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gitRepositoryType } from './git/kind/git-repository.ts';
import { makeTempFolder, RepositoryFixture } from './git/testing/repository.ts';
import { type Laptop, laptopCrds, startLaptop } from './start.ts';

let temp: Awaited<ReturnType<typeof makeTempFolder>>;
let embedded: Embedded;
let laptop: Laptop;
let repository: RepositoryFixture;
const key = { namespace: 'default', name: 'app' };

const start = (log: Log = silentLog): Promise<Laptop> =>
  startLaptop({ client: embedded.client, clock: systemClock, log, dataDir: temp.path });

beforeEach(async () => {
  temp = await makeTempFolder();
  repository = await RepositoryFixture.create(join(temp.path, 'app'));
  embedded = await startEmbedded({ crds: laptopCrds() });
  await mkdir(join(temp.path, 'git'));
  await writeFile(join(temp.path, 'git', 'artifact-server.port'), String(await portToComeBackTo()));
  laptop = await start();
});
afterEach(async () => {
  await laptop.stop();
  await embedded.close();
  await temp.remove();
});

async function create(): Promise<void> {
  await embedded.client.create(gitRepositoryType, {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: key,
    // An hour: whatever happens in a test is not the interval's doing.
    spec: { url: repository.path, ref: { branch: 'main' }, interval: '1h' },
  });
}

/** The object as soon as it is as wanted. */
async function until(isWanted: (object: KubeObject) => boolean): Promise<KubeObject> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const object = await embedded.client.get(gitRepositoryType, key);
    if (isWanted(object)) return object;
    if (Date.now() > deadline) throw new Error(`not in time: ${JSON.stringify(object['status'])}`);
    await systemClock.sleep(5);
  }
}
const revision = (object: KubeObject): unknown => getPath(object, 'status', 'artifact', 'revision');

describe('the laptop on an API server', () => {
  it('follows commits to a local repository at once', async () => {
    const first = await repository.commit('x', { a: '1' });
    await create();
    await until((object) => revision(object) === `main@sha1:${first}`);
    const second = await repository.commit('y', { a: '2' });
    const object = await until((found) => revision(found) === `main@sha1:${second}`);
    expect(object.metadata.finalizers).toEqual(['finalizers.fluxcd.io']);
  });

  it('writes nothing after a restart, and serves at the same address', async () => {
    await repository.commit('x', { a: '1' });
    await create();
    const before = await until((object) => revision(object) !== undefined);
    await laptop.stop();
    const { promise: reconciled, resolve } = Promise.withResolvers<void>();
    const log: Log = {
      ...silentLog,
      debug: (_, text) => text === 'source reconciled' && resolve(),
      child: () => log,
    };
    laptop = await start(log);
    await reconciled;
    const after = await embedded.client.get(gitRepositoryType, key);
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    const url = getPath(after, 'status', 'artifact', 'url');
    expect((await fetch(typeof url === 'string' ? url : '')).status).toBe(200);
  });

  it('takes a vanished repository up again as soon as it is back', async () => {
    await repository.commit('x', { a: '1' });
    await create();
    await until((object) => revision(object) !== undefined);
    await rename(repository.path, `${repository.path}.away`);
    const ready = (object: KubeObject): unknown => {
      const conditions = getPath(object, 'status', 'conditions') as
        | readonly { type: string; status: string }[]
        | undefined;
      return conditions?.find(({ type }) => type === 'Ready')?.status;
    };
    await until((object) => ready(object) === 'False');
    await rename(`${repository.path}.away`, repository.path);
    await until((object) => ready(object) === 'True');
  });

  it('lets a deleted object go, and makes a new one of its name', async () => {
    await repository.commit('x', { a: '1' });
    await create();
    await until((object) => revision(object) !== undefined);
    await embedded.client.delete(gitRepositoryType, key);
    const isThere = (): Promise<boolean> =>
      embedded.client.get(gitRepositoryType, key).then(
        () => true,
        () => false,
      );
    while (await isThere()) await systemClock.sleep(5);
    await create();
    await until((object) => revision(object) !== undefined);
  });
});
