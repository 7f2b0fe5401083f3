import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { carto as api } from '@cartographer/api';
import { systemClock } from '@cartographer/kube';
import { getPath, type KubeObject, type ResourceType } from '@cartographer/machinery';
import { applyObjects, readObjects } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { commitMessage, startCarto, until } from './carto-process.ts';

const EXAMPLE = join(import.meta.dirname, '../examples/flux-tekton');
const CONFIG_MAPS: ResourceType = {
  group: '',
  version: 'v1',
  resource: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
};
const run = promisify(execFile);

/** A repository with an app whose test passes. */
async function makeRepository(folder: string): Promise<void> {
  await mkdir(folder);
  await run('git', ['init', '--quiet', '--initial-branch', 'main', folder]);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'app', scripts: { test: 'echo tested' } }));
  await writeFile(join(folder, 'message.txt'), '');
  await run('git', ['-C', folder, 'add', '--all']);
}

/** The example as it is, with the workload's repository on this machine. */
function exampleObjects(repository: string): readonly KubeObject[] {
  return readObjects(EXAMPLE).map((object) =>
    object.kind === 'Workload'
      ? { ...object, spec: { source: { git: { url: repository, ref: { branch: 'main' } } } } }
      : object,
  );
}

describe('the example for Flux and Tekton', () => {
  it('runs without a cluster as it is: a Runnable stamps a PipelineRun, whose results come back', {
    timeout: 240_000,
  }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'carto-flux-tekton-'));
    const repository = join(folder, 'app');
    await makeRepository(repository);
    const commit = await commitMessage(repository, 'One');
    const carto = await startCarto(join(folder, 'data'), ['--no-example']);
    try {
      await applyObjects(carto.client, systemClock, exampleObjects(repository));
      let release: KubeObject | undefined;
      await until('the tested commit is released', async () => {
        release = await carto.client
          .get(CONFIG_MAPS, { namespace: 'default', name: 'app-release' })
          .catch(() => undefined);
        return release !== undefined;
      });
      expect(getPath(release?.['data'], 'revision')).toBe(`main@sha1:${commit}`);
      const runnable = await carto.client.get(api.kinds.Runnable, { namespace: 'default', name: 'app-test' });
      expect(getPath(runnable['status'], 'outputs', 'report')).toBe('passed');
    } finally {
      await carto.end('SIGINT');
      await rm(folder, { recursive: true, force: true });
    }
  });
});
