import { carto } from '@cartographer/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from '../frame/exit-codes.ts';
import { testTerminal } from '../frame/testing/test-surroundings.ts';
import { type OwnerStage, startOwnerStage, stepStatus, workloadYaml } from './testing/owner-stage.ts';

let stage: OwnerStage;
beforeAll(async () => {
  stage = await startOwnerStage();
  await stage.apply(`
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {team.example.com/type: web}
  resources: [{name: image, templateRef: {kind: ClusterImageTemplate, name: i}}]
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: shop, namespace: team, labels: {team.example.com/type: web, app.kubernetes.io/part-of: store}}
spec: {image: a/shop}
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: orders-with-a-long-name, namespace: team, labels: {carto.run/type: worker}}
spec: {image: a/orders}
---
${workloadYaml('new')}
---
${workloadYaml('changed')}
---
apiVersion: carto.run/v1alpha1
kind: Deliverable
metadata: {name: shop, namespace: team, labels: {app.kubernetes.io/part-of: store}}
spec: {}
---
apiVersion: carto.run/v1alpha1
kind: Runnable
metadata: {name: test, namespace: team}
spec: {runTemplateRef: {name: tests}}
`);
  const image = stepStatus('image', 'True', {
    output: ['image', `registry.example.com/shop@sha256:${'1'.repeat(64)}`],
  });
  const source = stepStatus('source', 'True', { output: ['revision', `main@sha1:${'a'.repeat(40)}`] });
  await stage.says('shop', { ready: 'True', resources: [source, image] });
  await stage.says('orders-with-a-long-name', {
    ready: 'False',
    reason: 'TemplateRejectedByAPIServer',
    resources: [source],
  });
  await stage.says('changed', { ready: 'True' });
  await stage.apply(workloadYaml('changed', '-2'));
  await stage.clock.advance(3 * 60_000);
});
afterAll(() => stage.close());

const screens: readonly (readonly [file: string, argv: readonly string[]])[] = [
  ['list', ['workload', 'list']],
  ['list-all', ['workload', 'list', '-A']],
  ['list-wide', ['workload', 'list', '-o', 'wide']],
  ['list-deliverables', ['deliverable', 'list', '-o', 'wide']],
  ['list-runnables', ['runnable', 'list', '-o', 'wide']],
];
const sizes = [
  { columns: 80, colour: false },
  { columns: 80, colour: true },
  { columns: 120, colour: false },
  { columns: 120, colour: true },
  { columns: 20, colour: false },
] as const;

describe('workload list', () => {
  it.each(screens.flatMap(([name, argv]) => sizes.map((size) => ({ name, argv, ...size }))))(
    'looks as stored: $name, $columns columns, colour $colour',
    async ({ name, argv, columns, colour }) => {
      const { written, told } = await stage.begin(argv, { columns, colour }).ended();
      expect(told()).toBe('');
      await expect(written()).toMatchFileSnapshot(`testing/screens/${name}-${columns}${colour ? '-colour' : ''}.txt`);
    },
  );

  it('chooses by labels and by app, and leaves out the column that is the same in all rows', async () => {
    const names = async (...argv: readonly string[]): Promise<string> =>
      (await stage.begin(['workload', 'list', '-o', 'name', ...argv]).ended()).written();
    expect(await names('-l', 'carto.run/type')).toBe('workload.carto.run/orders-with-a-long-name\n');
    expect(await names('--app', 'store')).toBe('workload.carto.run/shop\n');
    expect(await names('--app', 'store', '-l', 'carto.run/type')).toBe('');
    const { written } = await stage.begin(['workload', 'list', '--app', 'store']).ended();
    expect(written().split('\n')[0]).toBe('NAME   TYPE   READY   AGE');
  });

  it.each(['json', 'yaml', 'ndjson', 'name', 'jsonpath={.items[*].metadata.name}'])(
    'prints nothing but objects with -o %s',
    async (format) => {
      const { written, told } = await stage
        .begin(['workload', 'list', '-o', format], { columns: 80, colour: true })
        .ended();
      expect(told()).toBe('');
      await expect(written().replaceAll(/(uid|resourceVersion)("?: ?)"?[\w-]+"?/g, '$1$2~')).toMatchFileSnapshot(
        `testing/screens/list-${format.split('=')[0]}.out`,
      );
    },
  );

  it('says that there are none, and ends with 0', async () => {
    const { written, told, exitCode } = await stage.begin(['workload', 'list', '-n', 'default']).ended();
    expect([written(), told(), exitCode]).toEqual([
      '',
      'no workloads in namespace default of context test\n',
      EXIT.done,
    ]);
    const json = await stage.begin(['runnable', 'list', '-l', 'a=b', '-A']).ended();
    expect(json.told()).toBe('no runnables in any namespace of context test that these labels select\n');
  });

  it('ends with 3 where the namespace is missing, and with 1 for flags that do not fit', async () => {
    const missing = await stage.begin(['workload', 'list', '-n', 'taem']).ended();
    expect([missing.told(), missing.exitCode]).toEqual([
      'carto: there is no namespace "taem" in context test: create it, or correct --namespace\n',
      EXIT.notFound,
    ]);
    const both = await stage.begin(['workload', 'list', '-n', 'team', '-A']).ended();
    expect(both.exitCode).toBe(EXIT.failed);
    expect(both.told()).toContain("option '-A, --all-namespaces' cannot be used with option '-n, --namespace <name>'");
    const format = await stage.begin(['workload', 'list', '-o', 'xml']).ended();
    expect([format.told(), format.exitCode]).toEqual([
      'carto: -o "xml" is none of json, yaml, wide, name, ndjson, jsonpath=TEMPLATE\n',
      EXIT.failed,
    ]);
  });
});

describe('a namespace with 3,000 workloads', () => {
  it('is read in pages of 500, and each is printed before the next is asked for', async () => {
    const many = await startOwnerStage();
    try {
      for (let index = 0; index < 3_000; index += 1) {
        const name = `app-${String(index).padStart(4, '0')}`;
        const object = {
          apiVersion: 'carto.run/v1alpha1',
          kind: 'Workload',
          metadata: { name, namespace: 'team' },
          spec: {},
        };
        await many.client.create(carto.kinds.Workload, object);
      }
      const terminal = testTerminal({});
      const before = many.transport.requests.length;
      const pages = (): number =>
        many.transport.requests
          .slice(before)
          .filter(({ path, query }) => path.endsWith('/workloads') && query?.['limit'] === '500').length;
      const written: (readonly [page: number, rows: number])[] = [];
      const out = terminal.out;
      const spied = {
        ...terminal,
        out: (text: string) => (written.push([pages(), text.split('\n').length - 1]), out(text)),
      };
      await many.begin(['workload', 'list'], {}, spied).ended();
      expect(written).toEqual([1, 2, 3, 4, 5, 6].map((page) => [page, page === 1 ? 501 : 500]));
    } finally {
      await many.close();
    }
  }, 120_000);
});
