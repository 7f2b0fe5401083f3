import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { API_VERSION, carto } from '@cartographer/api';
import { goJson, type JsonObject, type KubeObject, parseYamlDocuments } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { type TestTerminal, testTerminal } from '../frame/testing/test-surroundings.ts';
import { stageEdits } from './testing/edit-stage.ts';
import { FEWER, MADE } from './testing/update-table.ts';

const TYPE = carto.kinds.Workload;
const KEY = { namespace: 'default', name: 'web' };
const APPLY = ['workload', 'apply', 'web'];
const IMAGE = ['--image', 'registry.example/web:1'];

function chain(name: string, spec: JsonObject): KubeObject {
  return { apiVersion: API_VERSION, kind: 'ClusterSupplyChain', metadata: { name }, spec: { resources: [], ...spec } };
}

describe('carto workload apply and create', () => {
  it('create what is new, say what is unchanged, and change what is there', async () => {
    await using at = await stageEdits();
    const made = await at.run(['workload', 'create', 'web', ...IMAGE, '--app', 'shop'], { answers: ['what', 'y'] });
    expect(made.code, made.err).toBe(0);
    expect(made.err).toBe(
      'target: context test\ncreate it in context test? [yN]: what\nplease answer y or n\ncreate it in context test? [yN]: y\n' +
        'note: workload default/web: no supply chain fits it yet: "carto match web" says more\n',
    );
    expect((await at.workload())['spec']).toEqual({ image: 'registry.example/web:1' });
    const same = await at.run([...APPLY, ...IMAGE, '--app', 'shop']);
    expect([same.code, same.out.split('\n')[0]]).toEqual([0, 'workload default/web is unchanged']);
    const twice = await at.run(['workload', 'create', 'web', ...IMAGE, '--yes']);
    expect([twice.code, twice.err]).toEqual([
      4,
      'target: context test\ncarto: workload default/web exists already: change it with "apply"\n',
    ]);
    const changed = await at.run([...APPLY, '--app', '', '--yes']);
    expect(changed.code, changed.err).toBe(0);
    expect((await at.workload()).metadata.labels ?? {}).toEqual({});
  });

  it('do nothing on a no, without anybody to ask, and say so by the exit code', async () => {
    await using at = await stageEdits();
    const no = await at.run([...APPLY, ...IMAGE], { answers: ['n'] });
    const ended = await at.run([...APPLY, ...IMAGE], { answers: [] });
    const nobody = await at.run([...APPLY, ...IMAGE]);
    const taken = await at.run(['workload', 'apply', '-f', '-'], { input: goJson(MADE) });
    expect([no, ended, nobody, taken].map(({ code }) => code)).toEqual([7, 7, 7, 7]);
    expect(nobody.err).toContain('nobody is there to answer "create it in context test?"; say --yes if it is meant');
    await expect(at.workload()).rejects.toThrow('not found');
  });

  it('end with 130 on Ctrl-C in the prompt, and nothing is written', async () => {
    await using at = await stageEdits();
    const interrupt = new AbortController();
    const terminal: TestTerminal = {
      ...testTerminal(),
      ask: async (_, signal) => {
        interrupt.abort();
        throw signal.reason;
      },
    };
    expect((await at.run([...APPLY, ...IMAGE], { terminal, interrupt })).code).toBe(130);
    await expect(at.workload()).rejects.toThrow('not found');
  });

  it('print the object alone with -o, whatever it took', async () => {
    await using at = await stageEdits();
    const name = await at.run([...APPLY, ...IMAGE, '--yes', '-o', 'name']);
    expect([name.code, name.out]).toEqual([0, 'workload.carto.run/web\n']);
    const yaml = await at.run([...APPLY, '--env', 'A=1', '--yes', '-o', 'yaml']);
    const [object] = parseYamlDocuments(yaml.out) as KubeObject[];
    expect(object?.['spec']).toEqual({ image: 'registry.example/web:1', env: [{ name: 'A', value: '1' }] });
    expect(yaml.err).toContain('updated workload default/web');
    const jsonpath = await at.run([...APPLY, '--env', 'A=1', '--yes', '-o', 'jsonpath={.spec.image}']);
    expect(jsonpath.out).toBe('registry.example/web:1\n');
  });

  it('print what would come of it with --dry-run, which can be applied, and write nothing', async () => {
    await using at = await stageEdits();
    const made = await at.run(['workload', 'create', 'web', ...IMAGE, '--dry-run']);
    expect([made.code, made.err]).toEqual([0, '']);
    const asked = await at.run(['workload', 'create', 'web', ...IMAGE, '--dry-run=server']);
    expect(asked.out).toBe(made.out);
    await expect(at.workload()).rejects.toThrow('not found');
    expect((await at.run(['workload', 'apply', '-f', '-', '--yes'], { input: made.out })).code).toBe(0);
    const before = await at.workload();
    for (const where of ['client', 'server']) {
      const { code, out } = await at.run([...APPLY, '--env', 'A=1', `--dry-run=${where}`]);
      expect([code, (parseYamlDocuments(out)[0] as KubeObject)['spec']]).toEqual([
        0,
        { image: 'registry.example/web:1', env: [{ name: 'A', value: '1' }] },
      ]);
    }
    expect(await at.workload()).toEqual(before);
  });

  it('ask the server in a dry run though fields are to be taken over first', async () => {
    await using at = await stageEdits();
    await at.as('kubectl').create(TYPE, MADE, { fieldManager: 'kubectl-create' });
    const before = await at.workload();
    const { code, out, err } = await at.run(['workload', 'apply', '-f', '-', '--dry-run=server'], {
      input: goJson(FEWER),
    });
    expect(code, err).toBe(0);
    expect((parseYamlDocuments(out)[0] as KubeObject)['spec']).toEqual(FEWER['spec']);
    expect(await at.workload()).toEqual(before);
  });

  it('read a file or a URL, whose name and namespace flags override', async () => {
    await using at = await stageEdits();
    const folder = await mkdtemp(join(tmpdir(), 'edit-'));
    await writeFile(
      join(folder, 'app.yaml'),
      `---\n${goJson({ ...MADE, status: { any: 1 }, metadata: { ...MADE.metadata, uid: 'x', resourceVersion: '1' } })}\n---\n`,
    );
    const file = await at.run(['workload', 'apply', '-f', 'app.yaml', '--yes'], { cwd: folder });
    expect(file.code, file.err).toBe(0);
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/app.yaml' ? 200 : 404;
      response.end(goJson(MADE));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const url = await at.run(['workload', 'apply', 'other', '-f', `${base}/app.yaml`, '--yes']);
    const missing = await at.run(['workload', 'apply', '-f', `${base}/gone.yaml`, '--yes']);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(url.code, url.err).toBe(0);
    expect((await at.workload('other'))['spec']).toEqual(MADE['spec']);
    expect([missing.code, missing.err]).toEqual([1, `carto: -f ${base}/gone.yaml: the server answered 404\n`]);
  });

  it('create a deliverable as well', async () => {
    await using at = await stageEdits();
    const argv = ['deliverable', 'apply', 'web', '--source-image', 'registry.example/config:1', '--yes'];
    const { code, out, err } = await at.run(argv);
    expect(code, err).toBe(0);
    expect(out).toContain('created deliverable default/web');
    expect((await at.client.get(carto.kinds.Deliverable, KEY))['spec']).toEqual({
      source: { image: 'registry.example/config:1' },
    });
    expect((await at.run(['deliverable', 'apply', 'web', '--env', 'A=1'])).code).toBe(1);
  });
});

describe('--type', () => {
  const typed = async (chains: readonly KubeObject[], ...flags: readonly string[]) => {
    await using at = await stageEdits(chains);
    const { code, err } = await at.run([...APPLY, ...IMAGE, '--yes', ...flags]);
    return code === 0 ? (await at.workload()).metadata.labels : err.split('\n').at(-2);
  };
  const web = chain('web', { selector: { 'example.com/kind': 'web' } });
  const expressed = chain('job', {
    selectorMatchExpressions: [{ key: 'example.com/kind', operator: 'In', values: ['job'] }],
  });
  const other = chain('tested', { selector: { 'example.com/tested': 'yes' } });

  it('sets the label by which the chains choose', async () => {
    expect(await typed([web, expressed], '--type', 'web')).toEqual({ 'example.com/kind': 'web' });
    expect(await typed([], '--type', 'web')).toEqual({ 'carto.run/type': 'web' });
    expect(await typed([web])).toBeUndefined();
  });

  it('is told by --type-label where chains choose by several', async () => {
    expect(await typed([web, other], '--type', 'web')).toBe(
      'carto: --type: the chains here select by example.com/kind, example.com/tested; say which of them it is by --type-label, or give --label KEY=VALUE',
    );
    expect(await typed([web, other], '--type', 'web', '--type-label', 'example.com/kind')).toEqual({
      'example.com/kind': 'web',
    });
    expect(await typed([web], '--type', 'web', '--type-label', 'mine')).toEqual({ mine: 'web' });
  });

  it('takes a default from the environment only where the chains leave it open', async () => {
    await using at = await stageEdits([web]);
    const env = { CARTO_TYPE_LABEL: 'mine' };
    expect((await at.run([...APPLY, ...IMAGE, '--type', 'web', '--yes'], { env })).code).toBe(0);
    expect((await at.workload()).metadata.labels).toEqual({ 'example.com/kind': 'web' });
  });
});

describe('a change in between', () => {
  /** Runs an apply during whose prompt somebody else does something. */
  async function meanwhile(
    by: 'kubectl apply' | 'carto',
    other: (at: Awaited<ReturnType<typeof stageEdits>>) => Promise<unknown>,
  ) {
    const at = await stageEdits();
    await at.client.apply(TYPE, MADE, { fieldManager: 'carto-cli' });
    if (by !== 'carto') {
      await at.client.delete(TYPE, KEY);
      await at.client.create(TYPE, MADE, { fieldManager: 'kubectl-client-side-apply' });
    }
    const terminal: TestTerminal = { ...testTerminal(), ask: async () => (await other(at), 'y') };
    return { at, ended: await at.run([...APPLY, '--env', 'B=2'], { terminal }) };
  }

  it.each(['kubectl apply', 'carto'] as const)(
    'of a workload made by %s ends with 4, and both are told apart',
    async (by) => {
      const { at, ended } = await meanwhile(by, ({ client }) =>
        client.patch(TYPE, KEY, {
          kind: 'merge',
          body: { spec: { env: [{ name: 'X', value: 'theirs' }] } },
          fieldManager: 'kubectl-edit',
        }),
      );
      await using _ = at;
      expect([ended.code, ended.err.split('\n').at(-2)]).toEqual([
        4,
        'carto: workload default/web: kubectl-edit changed it in between; nothing was changed, run the command again',
      ]);
      expect((await at.workload())['spec']).toMatchObject({ env: [{ name: 'X', value: 'theirs' }] });
    },
  );

  it.each(['kubectl apply', 'carto'] as const)('of the status alone, of a workload made by %s, is none', async (by) => {
    const { at, ended } = await meanwhile(by, async ({ client, workload }) =>
      client.updateStatus(TYPE, { ...(await workload()), status: { observedGeneration: 1 } }),
    );
    await using _ = at;
    expect(ended.code, ended.err).toBe(0);
    expect(await at.workload()).toMatchObject({
      spec: {
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
        ],
      },
      status: { observedGeneration: 1 },
    });
  });

  it('that deletes it ends with 4, and it is not made anew', async () => {
    const { at, ended } = await meanwhile('carto', ({ client }) => client.delete(TYPE, KEY));
    await using _ = at;
    expect([ended.code, ended.err.split('\n').at(-2)]).toEqual([4, expect.stringContaining('default/web')]);
    await expect(at.workload()).rejects.toThrow('not found');
  });

  it('that creates it ends with 4', async () => {
    await using at = await stageEdits();
    const ask = async () => (await at.client.create(TYPE, FEWER), 'y');
    for (const verb of ['create', 'apply']) {
      const terminal: TestTerminal = { ...testTerminal(), ask };
      const ended = await at.run(['workload', verb, '-f', '-', ...IMAGE], {
        terminal: { ...terminal, input: async () => goJson(MADE) },
      });
      expect([verb, ended.code], ended.err).toEqual([verb, 4]);
      expect((await at.workload())['spec']).toEqual(FEWER['spec']);
      await at.client.delete(TYPE, KEY);
    }
  });
});

describe('fields of others', () => {
  it('cannot be taken away by flags: it is said whose they are', async () => {
    await using at = await stageEdits();
    await at.run(['workload', 'apply', 'web', ...IMAGE, '--yes']);
    await at.client.patch(TYPE, KEY, {
      kind: 'merge',
      body: { metadata: { labels: { team: 'a' } } },
      fieldManager: 'kubectl-label',
    });
    const { code, err } = await at.run([...APPLY, '--label', 'team-', '--yes']);
    expect([code, err.split('\n').at(-2)]).toEqual([
      4,
      'carto: metadata.labels.team belongs to kubectl-label, whose fields carto leaves alone: take it away there',
    ]);
  });

  it('that make no sense beside what is wanted are named', async () => {
    await using at = await stageEdits();
    const flux = { ...MADE, spec: { source: (MADE['spec'] as { source: object }).source } };
    await at.client.apply(TYPE, flux as KubeObject, { fieldManager: 'flux' });
    const { code, err } = await at.run(['workload', 'apply', '-f', '-', '--yes'], {
      input: goJson({ ...MADE, spec: { image: 'x' } }),
    });
    expect([code, err.split('\n').at(-2)]).toEqual([
      4,
      'carto: --image and --git-repo exclude each other; spec.source.git belongs to flux, whose fields carto leaves alone: take it away there',
    ]);
  });

  it('cannot all go: a workload without a spec is none', async () => {
    await using at = await stageEdits();
    await at.run([...APPLY, ...IMAGE, '--yes']);
    const { code, err } = await at.run([...APPLY, '--image', '', '--yes']);
    expect([code, err.split('\n').at(-2)]).toEqual([
      1,
      'carto: nothing would be left of spec: give it a source, or delete the workload',
    ]);
    expect((await at.workload())['spec']).toEqual({ image: 'registry.example/web:1' });
  });

  it('that made no sense before do not keep other flags from their work', async () => {
    await using at = await stageEdits([{ ...MADE, spec: { source: { git: { url: 'u' } } } }]);
    const { code, err } = await at.run([...APPLY, '--env', 'A=1', '--yes']);
    expect(code, err).toBe(0);
  });
});

describe('a workload that was just made', () => {
  const chain = (name: string, labels: Readonly<Record<string, string>>): KubeObject => ({
    apiVersion: API_VERSION,
    kind: 'ClusterSupplyChain',
    metadata: { name },
    spec: { selector: labels, resources: [{ name: 'image', templateRef: { kind: 'ClusterTemplate', name: 'x' } }] },
  });

  it.each<{ chains: readonly KubeObject[]; says: string | undefined }>([
    { chains: [chain('web', { 'carto.run/type': 'web' })], says: undefined },
    {
      chains: [chain('job', { 'carto.run/type': 'job' })],
      says: 'no supply chain fits it yet: "carto match shop" says more',
    },
    { chains: [], says: 'no supply chain fits it yet: "carto match shop" says more' },
    {
      chains: [chain('one', { 'carto.run/type': 'web' }), chain('two', { 'carto.run/type': 'web' })],
      says: 'more than one supply chain fits it: "carto match shop" says more',
    },
  ])('is told of nothing that serves it: $says', async ({ chains, says }) => {
    await using stage = await stageEdits(chains);
    const argv = ['workload', 'create', 'shop', '--image', 'x', '--type', 'web', '--yes'];
    const { code, err } = await stage.run(argv);
    expect([code, err.split('\n').find((line) => line.startsWith('note: '))]).toEqual([
      0,
      says === undefined ? undefined : `note: workload default/shop: ${says}`,
    ]);
  });
});
