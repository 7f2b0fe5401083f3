import { join } from 'node:path';
import { parseJson, parseYamlDocuments } from '@cartographer/machinery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { condition, type ExplainStage, shopYaml, startExplainStage } from './testing/explain-stage.ts';

const FLUX = 'source.toolkit.fluxcd.io/v1';
const screen = (name: string): string => join(import.meta.dirname, 'testing/screens', `${name}.txt`);
const THREE_HOURS_MS = 3.1 * 60 * 60_000;
const artifact = {
  url: 'http://source/shop.tar.gz',
  revision: `main@sha1:${'6625bbccba84'.repeat(3)}0000`,
  digest: `sha256:${'a'.repeat(64)}`,
  lastUpdateTime: '2026-01-02T03:04:05Z',
  path: 'shop.tar.gz',
};

/** A screen without what is another one each time. */
const withoutChance = (text: string): string =>
  text.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID').replace(/[0-9a-f]{64}/g, 'DIGEST');

describe('carto explain', () => {
  let stage: ExplainStage;

  beforeAll(async () => {
    stage = await startExplainStage();
    await stage.work(
      `${shopYaml('web')}---\n${shopYaml('weeb', 'stray')}---\n${shopYaml('page', 'page')}---\n${shopYaml('vault', 'vault')}`,
    );
    await stage.says(FLUX, 'GitRepository', 'shop', {
      observedGeneration: 1,
      artifact,
      conditions: [condition('Ready', 'True', 'Succeeded', 'stored')],
    });
    await stage.says('kpack.io/v1alpha2', 'Image', 'shop', {
      latestImage: 'registry.example.com/team/shop@sha256:1',
      conditions: [condition('Ready', 'True', 'UpToDate', '')],
    });
    const images = await stage.mapper.resourceFor({ apiVersion: 'kpack.io/v1alpha2', kind: 'Image' });
    const by = { kind: 'merge', fieldManager: 'kubectl-edit' } as const;
    await stage.client.patch(
      images,
      { namespace: 'team', name: 'shop' },
      { ...by, body: { spec: { tag: 'elsewhere', failedBuildHistoryLimit: '3' } } },
    );
    stage.clock.jump(THREE_HOURS_MS);
  }, 120_000);
  afterAll(() => stage.close());

  it.each([
    [80, false],
    [80, true],
    [120, false],
    [120, true],
  ])('says why a workload is stuck, and whose move it is, on %d columns, colour %s', async (columns, colour) => {
    const terminal = await stage.carto(['explain', 'shop'], { columns, colour });
    expect([terminal.exitCode, terminal.told()]).toEqual([2, '']);
    await expect(terminal.written()).toMatchFileSnapshot(screen(`shop-${columns}${colour ? '-colour' : ''}`));
  });

  it('tells all of one step, with what its template renders', async () => {
    const terminal = await stage.carto(['explain', 'shop', '--step', 'im'], { columns: 80 });
    expect(terminal.exitCode).toBe(2);
    await expect(withoutChance(terminal.written())).toMatchFileSnapshot(screen('step-80'));
  });

  it('ends with 0 for a step that is ready, and shows what ytt renders', async () => {
    const terminal = await stage.carto(['explain', 'shop', '--step', 'source']);
    expect(terminal.exitCode).toBe(0);
    expect(terminal.written()).toContain(
      'param     interval = "30s" from blueprint value; not template default "1m0s", not owner value "5s" (locked against the owner)',
    );
    const rendered = await stage.carto(['explain', 'page', '--step', 'page']);
    expect(rendered.written()).toContain('    port: "8080"');
  }, 60_000);

  it('tells the nearest miss of a workload that nothing selects', async () => {
    const terminal = await stage.carto(['explain', 'stray'], { columns: 80 });
    expect(terminal.exitCode).toBe(2);
    await expect(terminal.written()).toMatchFileSnapshot(screen('stray-80'));
  });

  it('gives programs the whole account, without what Secrets hold and who manages fields of which object', async () => {
    const { out, code } = await stage
      .carto(['explain', 'shop', '-o', 'json'])
      .then((it) => ({ out: it.written(), code: it.exitCode }));
    expect([code, parseJson(out)]).toMatchObject([
      2,
      {
        state: 'failed',
        move: 'platform',
        step: 'image',
        unread: [],
        steps: [{ step: 'source' }, { step: 'image' }, { step: 'app' }],
      },
    ]);
    expect(out).not.toContain('managedFields');
    const yaml = await stage.carto(['explain', 'shop', '--step', 'image', '-o', 'yaml']);
    expect(parseYamlDocuments(yaml.written())[0]).toMatchObject({
      steps: [{ step: 'image', live: { kind: 'there' } }],
    });
  });

  it('shows nothing of a Secret, neither as it is rendered nor as it is there nor in a param', async () => {
    for (const more of [[], ['--step', 'vault'], ['-o', 'json'], ['-o', 'yaml']]) {
      const { written } = await stage.carto(['explain', 'vault', ...more]);
      expect(written()).not.toMatch(/correct-horse|Y29ycmVjdC1ob3JzZQ/);
    }
    const { written } = await stage.carto(['explain', 'vault', '--step', 'vault']);
    expect(written()).toContain('    password: "[redacted]"');
  });

  it('reads each object once, and writes nothing', async () => {
    const from = stage.faults.requests.length;
    await stage.carto(['explain', 'shop']);
    const asked = stage.faults.requests.slice(from).map(({ method, path }) => `${method} ${path}`);
    expect(asked.filter((line) => !line.startsWith('GET '))).toEqual([]);
    expect(asked.filter((line) => line.endsWith('/images/shop'))).toHaveLength(1);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it('says in its place what the user may not read, and shows the rest', async () => {
    const fault = {
      kind: 'status',
      code: 403,
      reason: 'Forbidden',
      message: 'images is forbidden: User "dev" cannot get',
    } as const;
    const undo = stage.faults.inject({ when: ({ path }) => path.endsWith('/images/shop'), fault });
    const terminal = await stage.carto(['explain', 'shop']);
    undo();
    expect(terminal.exitCode).toBe(2);
    expect(terminal.written()).toContain('images.kpack.io/shop could not be read: images is forbidden');
    expect(terminal.written()).toContain('● source  ready');
  });

  it('makes no guess of the selection for who may not list supply chains, and follows the last one', async () => {
    const fault = {
      kind: 'status',
      code: 403,
      reason: 'Forbidden',
      message: 'clustersupplychains is forbidden',
    } as const;
    const undo = stage.faults.inject({ when: ({ path }) => path.endsWith('/clustersupplychains'), times: 2, fault });
    const [shop, stray] = [await stage.carto(['explain', 'shop']), await stage.carto(['explain', 'stray'])];
    undo();
    expect(shop.written()).toContain('!  clustersupplychains is forbidden');
    expect(shop.written()).toContain('step     image');
    expect(stray.written()).toContain('next   say which labels an owner needs: you may not see what selects it');
    expect(shop.written() + stray.written()).not.toContain('selection');
  });

  it.each([
    [['explain', 'nobody'], 3, 'there is no workload team/nobody'],
    [['explain', 'shop', '--step', 'zzz'], 3, 'its steps are source, image, app'],
    [['explain', 'Not A Name'], 1, 'can be no name'],
    [['explain', 'runnable/shop'], 3, 'there is no runnable team/shop'],
  ])('%j ends with %d: %s', async (argv, code, words) => {
    const terminal = await stage.carto(argv);
    expect([terminal.exitCode, terminal.written()]).toEqual([code, '']);
    expect(terminal.told()).toContain(words);
  });

  it('hints at a Deliverable of that name', async () => {
    await stage.apply(
      '{apiVersion: carto.run/v1alpha1, kind: Deliverable, metadata: {name: out, namespace: team}, spec: {}}',
    );
    const terminal = await stage.carto(['explain', 'out']);
    expect([terminal.exitCode, terminal.told()]).toEqual([
      3,
      'carto: there is no workload team/out, but a Deliverable: carto explain deliverable/out\n',
    ]);
    expect((await stage.carto(['explain', 'deliverable/out'])).written()).toContain('not looked at yet');
  });
});
