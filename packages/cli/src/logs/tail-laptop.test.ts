import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crds } from '@cartographer/api';
import { createRestMapper, systemClock } from '@cartographer/kube';
import { laptopCrds, startLaptop } from '@cartographer/laptop';
import { type KubeObject, parseYamlDocuments, silentLog } from '@cartographer/machinery';
import { startEmbedded } from '@cartographer/testkit';
import { expect, it } from 'vitest';
import { runCommandLine } from '../command-line.ts';
import { testSurroundings } from '../frame/testing/test-surroundings.ts';

it('carto tail shows what the processes of a carto up write, each step in its order, and then what comes', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'carto-tail-'));
  const { client, adminTransport, close } = await startEmbedded({ crds: [...crds(), ...laptopCrds()] });
  const laptop = await startLaptop({ client, clock: systemClock, log: silentLog, dataDir: join(dir, 'laptop') });
  const interrupt = new AbortController();
  try {
    const mapper = createRestMapper({ client, clock: systemClock });
    const go = join(dir, 'go');
    for (const document of parseYamlDocuments(`
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: shop, namespace: default}
spec: {image: x}
---
apiVersion: tekton.dev/v1
kind: TaskRun
metadata:
  name: shop-test
  namespace: default
  labels: {carto.run/workload-name: shop, carto.run/resource-name: test}
spec:
  taskSpec:
    steps:
    - {name: prepare, image: x, script: "#!/bin/sh\\necho ready"}
    - name: check
      image: x
      script: |
        #!/bin/sh
        echo begun
        while [ ! -e ${go} ]; do sleep 0.05; done
        echo passed
`)) {
      const object = document as KubeObject;
      await client.apply(await mapper.resourceFor(object), object, { fieldManager: 'test' });
    }
    const run = { pid: 1, server: '', caPem: '', kubeconfig: '', dir, startedAt: '', version: '' };
    const surroundings = testSurroundings({ transport: adminTransport, cluster: { run }, interrupt });
    const { terminal } = surroundings;
    const ended = runCommandLine(['node', 'carto', 'tail', 'shop'], surroundings);
    await expect.poll(() => terminal.written(), { timeout: 60_000 }).toContain('begun');
    await writeFile(go, '');
    await expect.poll(() => terminal.written(), { timeout: 60_000 }).toContain('passed');
    interrupt.abort();
    await ended;
    expect(terminal.written().trimEnd().split('\n').toSorted()).toEqual([
      'test shop-test-pod[step-check] begun',
      'test shop-test-pod[step-check] passed',
      'test shop-test-pod[step-prepare] ready',
    ]);
    const once = testSurroundings({ transport: adminTransport, cluster: { run } });
    await runCommandLine(['node', 'carto', 'tail', 'shop', '--no-follow'], once);
    expect(once.terminal.written()).toBe(
      'test shop-test-pod[step-prepare] ready\ntest shop-test-pod[step-check] begun\ntest shop-test-pod[step-check] passed\n',
    );
  } finally {
    interrupt.abort();
    await laptop.stop();
    await close();
    await rm(dir, { recursive: true, force: true });
  }
}, 120_000);
