import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { carto, crds } from '@cartographer/api';
import { createClient, createHttpTransport, loadKubeconfig, systemClock } from '@cartographer/kube';
import { goJson } from '@cartographer/machinery';
import { startCluster, type TestCluster } from '@cartographer/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createKubectl, findKubectl, type Kubectl } from '../../packages/apiserver/src/front/kubectl/testing/runner.ts';
import { runCommandLine } from '../../packages/cli/src/command-line.ts';
import { MADE, MAKERS, type Maker, PLUGIN_AGENT, UPDATES } from '../../packages/cli/src/edit/testing/update-table.ts';
import { testSurroundings, testTerminal } from '../../packages/cli/src/frame/testing/test-surroundings.ts';

const TYPE = carto.kinds.Workload;
const KEY = { namespace: 'default', name: 'web' };

let cluster: TestCluster;
let kubectl: Kubectl;
beforeAll(async () => {
  cluster = await startCluster({ objects: crds(), controllerManager: false, audit: false });
  const folder = join(cluster.folder, 'kubectl');
  mkdirSync(folder);
  kubectl = createKubectl(findKubectl() ?? cluster.programs.pathOf('kubectl'), folder, cluster.kubeconfig());
});
afterAll(() => cluster.stop());
afterEach(async () => void (await cluster.client.delete(TYPE, KEY).catch(() => undefined)));

async function runCarto(argv: readonly string[], input = '') {
  const terminal = testTerminal({ input });
  const all = ['node', 'carto', ...argv, '--kubeconfig', cluster.kubeconfig()];
  await runCommandLine(all, testSurroundings({ terminal, home: cluster.folder, cwd: cluster.folder }));
  return { code: terminal.exitCode, out: terminal.written(), err: terminal.told() };
}

async function runKubectl(...args: readonly string[]): Promise<void> {
  const { code, err } = await kubectl.run(args);
  expect(code, err).toBe(0);
}

/** Makes the workload by the program itself, or by what the program sends. */
async function make(maker: Maker): Promise<void> {
  const file = join(cluster.folder, 'made.yaml');
  writeFileSync(file, goJson(MADE));
  switch (maker) {
    case 'kubectl apply':
      return runKubectl('apply', '-f', file);
    case "the plugin's PUT": {
      const transport = createHttpTransport(
        loadKubeconfig({ env: {}, clock: systemClock, path: cluster.kubeconfig() }),
      );
      const plugin = createClient({ transport, clock: systemClock, userAgent: PLUGIN_AGENT });
      const made = await plugin.create(TYPE, { ...MADE, spec: { image: 'registry.example/first' } });
      await plugin.update(TYPE, { ...made, spec: MADE['spec'] });
      return transport.close();
    }
    case 'carto':
      expect((await runCarto(['workload', 'create', '-f', file, '--yes'])).code).toBe(0);
  }
}

describe.each(MAKERS)('on a real server, a workload made by %s', (maker) => {
  it.each(UPDATES)('becomes what was meant by $how', async ({ file, flags, isLabelled, labels, spec, goes }) => {
    await make(maker);
    if (isLabelled) await runKubectl('label', 'workload', 'web', 'team=a');
    const argv = ['workload', 'apply', ...(file === undefined ? ['web'] : ['-f', '-']), ...flags, '--yes'];
    const input = file === undefined ? '' : goJson(file);
    const { code, out, err } = await runCarto(argv, input);
    expect(code, err).toBe(0);
    const after = await cluster.client.get(TYPE, KEY);
    expect(after['spec']).toEqual(spec);
    expect(after.metadata.labels).toEqual(labels);
    expect(after.metadata.annotations).toBeUndefined();
    const removed = out.split('\n').filter((line) => / - \|/.test(line));
    for (const line of goes)
      expect(
        removed.some((each) => each.includes(line)),
        `${line} goes, in\n${out}`,
      ).toBe(true);
    expect(err.includes('carto takes over'), err).toBe(maker !== 'carto');

    const again = await runCarto(argv, input);
    expect([again.code, again.out.split('\n')[0]]).toEqual([0, 'workload default/web is unchanged']);
    expect((await cluster.client.get(TYPE, KEY)).metadata.resourceVersion).toBe(after.metadata.resourceVersion);
  });
});

describe('on a real server, an apply that creates', () => {
  it('is a conflict where somebody created the object in between, and nothing is changed', async () => {
    const terminal = {
      ...testTerminal(),
      ask: async () => {
        await cluster.client.create(TYPE, MADE);
        return 'y';
      },
    };
    const argv = ['node', 'carto', 'workload', 'apply', 'web', '--image', 'x', '--kubeconfig', cluster.kubeconfig()];
    await runCommandLine(argv, testSurroundings({ terminal, home: cluster.folder, cwd: cluster.folder }));
    expect([terminal.exitCode, terminal.told().split('\n').at(-2)]).toEqual([
      4,
      'carto: workload default/web: somebody created it in between; nothing was changed, run the command again',
    ]);
    expect((await cluster.client.get(TYPE, KEY))['spec']).toEqual(MADE['spec']);
  });
});
