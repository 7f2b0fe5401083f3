import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getPath, type ResourceType, textAt } from '@cartographer/machinery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, type CartoProcess, startCarto, until } from './carto-process.ts';

const MAIN = join(import.meta.dirname, '../packages/cli/src/main.ts');
const APP = join(import.meta.dirname, '../examples/hello/app');
const SERVICES = type('serving.knative.dev', 'v1', 'services');
const SOURCES = type('source.toolkit.fluxcd.io', 'v1', 'ocirepositories');
const WORKLOADS = type('carto.run', 'v1alpha1', 'workloads');
const key = { namespace: 'default', name: 'shop' };

function type(group: string, version: string, resource: string): ResourceType {
  return { group, version, resource, kind: '', namespaced: true };
}

describe('a folder of sources, applied to carto up with --live', () => {
  let root: string;
  let app: string;
  let carto: CartoProcess;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'carto-local-'));
    app = join(root, 'app');
    await cp(APP, app, { recursive: true });
    await writeFile(join(app, '.cartoignore'), '*.log\n');
    carto = await startCarto(join(root, '.carto'));
  });
  afterAll(async () => {
    await carto.end('SIGTERM');
    await rm(root, { recursive: true, force: true });
  });

  async function revision(): Promise<string> {
    const source = await carto.client.get(SOURCES, key);
    return textAt(source['status'], 'artifact', 'revision');
  }
  async function untilAnswers(text: string): Promise<void> {
    await until(`the app answers "${text}"`, async () => {
      const service = await carto.client.get(SERVICES, key).catch(() => undefined);
      const url = getPath(service?.['status'], 'url');
      return (await answerOf(typeof url === 'string' ? url : undefined))?.startsWith(text) === true;
    });
  }

  it('is live after each save, without a commit; what changes nothing moves nothing', {
    timeout: 600_000,
  }, async () => {
    const args = ['workload', 'apply', 'shop', '--local-path', 'app', '--type', 'web', '--live', '--yes'];
    const env = { ...process.env, HOME: root, KUBECONFIG: carto.kubeconfig, NO_COLOR: '1' };
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await until('it follows', () => {
      expect(child.exitCode, text).toBeNull();
      return text.includes(`following ${app}`);
    });
    await untilAnswers('Hello from the first commit');
    const workload = await carto.client.get(WORKLOADS, key);

    await writeFile(join(app, 'message.txt'), 'Saved\n');
    await untilAnswers('Saved');

    const before = await revision();
    const published = (): number => text.split('published ').length - 1;
    const times = published();
    await writeFile(join(app, 'message.txt'), 'Saved\n');
    await writeFile(join(app, 'debug.log'), 'noise');
    await writeFile(join(app, 'message.txt'), 'Saved again\n');
    await untilAnswers('Saved again');
    expect(await revision()).not.toBe(before);
    expect(published()).toBe(times + 1);
    expect((await carto.client.get(WORKLOADS, key)).metadata.generation).toBe(workload.metadata.generation);

    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([130, null]);
  });
});
