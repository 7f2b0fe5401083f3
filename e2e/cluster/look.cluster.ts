import { join } from 'node:path';
import { carto } from '@cartographer/api';
import { systemClock } from '@cartographer/kube';
import { getPath, listAt, parseJson, textAt } from '@cartographer/machinery';
import { applyObjects, readObjects, startCluster, type TestCluster } from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommandLine } from '../../packages/cli/src/command-line.ts';
import { EXIT } from '../../packages/cli/src/frame/exit-codes.ts';
import { testSurroundings, testTerminal } from '../../packages/cli/src/frame/testing/test-surroundings.ts';
import { installCarto, startCartoController } from './carto.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
  await installCarto(cluster);
  await startCartoController(cluster);
  await applyObjects(cluster.client, systemClock, readObjects(join(import.meta.dirname, 'chain.yaml')));
});
afterAll(() => cluster.stop());

async function runCarto(...argv: readonly string[]) {
  const terminal = testTerminal({ columns: 100 });
  const all = ['node', 'carto', ...argv, '--kubeconfig', cluster.kubeconfig('admin')];
  await runCommandLine(all, testSurroundings({ terminal, home: cluster.folder, cwd: cluster.folder }));
  return { code: terminal.exitCode, out: terminal.written(), err: terminal.told() };
}

describe('looking at owners of a real cluster', () => {
  it('waits until one is ready', async () => {
    const { code, out, err } = await runCarto('workload', 'wait', 'greet', '--timeout', '2m');
    expect([code, out], err).toEqual([EXIT.done, 'workload default/greet is ready\n']);
  });

  it('waits for the generation of a change, and not for what was said before it', async () => {
    const body = { spec: { params: [{ name: 'who', value: 'moon' }] } };
    await cluster.client.patch(carto.kinds.Workload, { namespace: 'default', name: 'greet' }, { kind: 'merge', body });
    const { code, err } = await runCarto('workload', 'wait', 'greet', '--timeout', '2m');
    expect(code, err).toBe(EXIT.done);
    const value = await runCarto(
      'workload',
      'get',
      'greet',
      '-o',
      'jsonpath={.status.resources[0].outputs[0].preview}',
    );
    expect(value.out).toContain('hello moon');
  });

  it('shows it with all of its steps, down to objects', async () => {
    const { code, out, err } = await runCarto('workload', 'get', 'greet', '--tree');
    expect(code, err).toBe(EXIT.done);
    for (const name of ['greet-greeting', 'greet-shouted', 'greet-sent']) {
      expect(out).toContain(`configmaps/${name}`);
      expect(out).toContain(`└─ configmap/${name}`);
    }
    expect(out).toContain('state:      ● ready');
  });

  it('lists it in all namespaces, and by labels that do not fit not', async () => {
    const { out } = await runCarto('workload', 'list', '-A');
    expect(out).toMatch(/^NAMESPACE +NAME +TYPE +APP +READY +AGE\ndefault +greet +.*Ready/);
    const none = await runCarto('workload', 'list', '-l', 'no=such');
    expect([none.code, none.out]).toEqual([EXIT.done, '']);
  });

  it('traces its steps, each made from what the one before hands on now', async () => {
    const { code, out, err } = await runCarto('trace', 'greet', '-o', 'json');
    expect(code, err).toBe(EXIT.done);
    const [owner] = listAt(parseJson(out), 'owners');
    expect(listAt(owner, 'hops').map((hop) => textAt(hop, 'object'))).toEqual([
      'configmap/greet-greeting',
      'configmap/greet-shouted',
      'configmap/greet-sent',
    ]);
    expect(getPath(owner, 'state')).toBe('ready');
  });

  it('ends with 3 for what is not there, and with words for who may not look', async () => {
    const missing = await runCarto('workload', 'get', 'gret');
    expect([missing.code, missing.err]).toEqual([EXIT.notFound, expect.stringContaining('did you mean greet?')]);
    const namespace = await runCarto('workload', 'get', 'greet', '-n', 'nowhere');
    expect([namespace.code, namespace.err]).toEqual([
      EXIT.notFound,
      expect.stringContaining('there is no namespace "nowhere"'),
    ]);
    const stranger = await runCarto('workload', 'get', 'greet', '--as', 'stranger');
    expect(stranger.code).toBe(EXIT.failed);
    expect(stranger.err).toContain('ask who runs the cluster for that right');
    const nothing = await runCarto('trace', '--commit', 'abcdef1', '-A');
    expect(nothing.code).toBe(EXIT.notFound);
  });
});
