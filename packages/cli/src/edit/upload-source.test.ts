import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SECRETS } from '@cartographer/kube';
import { textAt } from '@cartographer/machinery';
import { answerRegistryPush, answerRegistryRequest, createOciLayout, pushedRepository } from '@cartographer/oci';
import { describe, expect, it } from 'vitest';
import { stageEdits } from './testing/edit-stage.ts';

/** A registry on disk, to which anybody may push, and a folder of sources. */
async function stageSources() {
  const root = await mkdtemp(join(tmpdir(), 'edit-'));
  const layout = createOciLayout(join(root, 'registry'));
  let pushes = 0;
  const answer = (request: IncomingMessage, response: ServerResponse): Promise<unknown> => {
    if (pushedRepository(request) === undefined) return answerRegistryRequest(async () => layout, request, response);
    pushes += request.method === 'PUT' ? 1 : 0;
    return answerRegistryPush(layout, { maxBlobBytes: 1e7, maxUploads: 4, kept: 2 }, request, response);
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const source = join(root, 'source');
  await mkdir(source);
  await writeFile(join(source, 'index.html'), 'one');
  return {
    root,
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    pushes: () => pushes,
    edit: () => writeFile(join(source, 'index.html'), 'two'),
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

describe('--local-path', () => {
  it('uploads a folder, to the same place again later, and nothing while it is unchanged', async () => {
    await using at = await stageEdits();
    await using sources = await stageSources();
    const run = (...flags: string[]) =>
      at.run(['workload', 'apply', 'web', '--local-path', 'source', '--yes', ...flags], { cwd: sources.root });
    const image = async () => textAt(await at.workload(), 'spec', 'source', 'image');
    const first = await run('--source-image', `${sources.host}/team/web`, '--sub-path', 'app');
    expect(first.code, first.err).toBe(0);
    expect(await image()).toMatch(new RegExp(`^${sources.host}/team/web:latest@sha256:[0-9a-f]{64}$`));
    const [made, pushed] = [await image(), sources.pushes()];
    const same = await run();
    expect([same.code, same.out.split('\n')[0], sources.pushes()]).toEqual([
      0,
      'workload default/web is unchanged',
      pushed,
    ]);
    await sources.edit();
    expect((await run()).code).toBe(0);
    expect(await image()).not.toBe(made);
    expect(textAt(await at.workload(), 'spec', 'source', 'subPath')).toBe('app');
  });

  it('uploads nothing in a dry run', async () => {
    await using at = await stageEdits();
    await using sources = await stageSources();
    const argv = ['workload', 'create', 'web', '--local-path', 'source', '--source-image', `${sources.host}/team/web`];
    const { code, out, err } = await at.run([...argv, '--dry-run'], { cwd: sources.root });
    expect([code, err]).toEqual([0, `note: with --dry-run nothing is uploaded to ${sources.host}/team/web\n`]);
    expect(out).toContain(`image: ${sources.host}/team/web`);
    expect(sources.pushes()).toBe(0);
  });

  it('goes to the registry of the carto up that is the target', async () => {
    await using at = await stageEdits();
    await using sources = await stageSources();
    const auths = { [sources.host]: { auth: Buffer.from('me:secret').toString('base64') } };
    const namespaces = { group: '', version: 'v1', kind: 'Namespace', resource: 'namespaces', namespaced: false };
    await at.client.create(namespaces, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'cartographer-system' },
    });
    await at.client.create(SECRETS, {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/dockerconfigjson',
      metadata: {
        namespace: 'cartographer-system',
        name: 'carto-source-registry',
        annotations: { 'carto.run/source-registry': sources.host },
      },
      data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') },
    });
    const { code, err } = await at.run(['workload', 'apply', 'web', '--local-path', 'source', '--yes'], {
      cwd: sources.root,
    });
    expect(code, err).toBe(0);
    expect(textAt(await at.workload(), 'spec', 'source', 'image')).toContain(`${sources.host}/sources/default/web:`);
  });

  it('needs to know where to', async () => {
    await using at = await stageEdits();
    const { code, err } = await at.run(['workload', 'apply', 'web', '--local-path', '.', '--yes']);
    expect([code, err.split('\n').at(-2)]).toEqual([
      1,
      'carto: --source-image: required with --local-path: the registry and repository to push to',
    ]);
  });

  it('names a login that is given without it', async () => {
    await using at = await stageEdits();
    const { code, err } = await at.run(['workload', 'apply', 'web', '--image', 'x', '--registry-username', 'me']);
    expect([code, err]).toEqual([1, 'carto: --registry-username: only used with --local-path\n']);
  });
});
