import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { silentLog } from '@cartographer/machinery';
import { createFakeClock, type FakeClock } from '@cartographer/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { recipeDigest } from './build-recipe.ts';
import { LOADER_FILE, WASM_FILE } from './built-files.ts';
import { isYttBuilt } from './testing/built-ytt.ts';
import { aliasBomb } from './testing/templates.ts';
import { createYtt, type Ytt, type YttAnswer, type YttOptions } from './ytt.ts';

const LOOP = '#@ while True:\n#@ end\n';
const RECURSION = '#@ def f(n):\n#@   return 1 + f(n + 1)\n#@ end\na: #@ f(0)\n';

type Stage = { readonly ytt: Ytt; readonly clock: FakeClock; render(template: string): Promise<YttAnswer> };

function createStage(options: Partial<YttOptions> = {}): Stage {
  const clock = createFakeClock();
  const ytt = createYtt({ clock, log: silentLog, workers: 1, ...options });
  const render = (template: string): Promise<YttAnswer> =>
    ytt.render({ template, values: {} }, new AbortController().signal);
  return { ytt, clock, render };
}

async function withYtt(options: Partial<YttOptions>, act: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = createStage(options);
  try {
    await act(stage);
  } finally {
    await stage.ytt.close();
  }
}

/** Waits until every render asked for is in a worker. */
async function begun(ytt: Ytt, workers = 1): Promise<void> {
  await expect.poll(() => ytt.load(), { interval: 5 }).toEqual({ workers, waiting: 0 });
}

describe.skipIf(!(await isYttBuilt()))('the limits of ytt', () => {
  // For tests that need no bounds of their own: to compile ytt costs more than most of them.
  const usual = createStage();
  afterAll(() => usual.ytt.close());

  it('a template that loops is killed at its deadline, and the next is rendered', async () => {
    const { ytt, clock, render } = usual;
    const runaway = render(LOOP);
    await begun(ytt);
    await clock.advance(3_999);
    expect(ytt.load().workers).toBe(1);
    const next = render('a: #@ 1 + 1\n');
    await clock.advance(1);
    expect(await runaway).toEqual({ kind: 'failed', message: 'signal: killed' });
    expect(await next).toEqual({ kind: 'rendered', output: 'a: 2\n' });
  });

  it('a runaway template leaves the other worker alone', () =>
    withYtt({ workers: 2, deadlineMs: 1_000 }, async ({ ytt, clock, render }) => {
      const runaway = render(LOOP);
      await begun(ytt);
      expect(await Promise.all([render('a: 1\n'), render('a: 2\n')])).toEqual([
        { kind: 'rendered', output: 'a: 1\n' },
        { kind: 'rendered', output: 'a: 2\n' },
      ]);
      await clock.advance(1_000);
      expect(await runaway).toEqual({ kind: 'failed', message: 'signal: killed' });
    }));

  describe('of memory', () => {
    const ytt = createYtt({ clock: createFakeClock(), log: silentLog, workers: 1, maxMemoryMiB: 48 });
    afterAll(() => ytt.close());

    it.each([
      ['eats memory', '#@ x = ["x"]\n#@ while True:\n#@   x = x + x\n#@ end\n'],
      ['recurses without end', RECURSION],
      ['prints 100 MB', 'a: #@ ["x" * 1000000 for i in range(100)]\n'],
      ['is a bomb of aliases', aliasBomb(9)],
    ])('a template that %s ends its worker alone', async (_what, template) => {
      const signal = new AbortController().signal;
      const message = 'the template needs more memory than the 48 MiB it may use';
      expect(await ytt.render({ template, values: {} }, signal)).toEqual({ kind: 'failed', message });
      expect(ytt.load().workers).toBe(0);
      expect(await ytt.render({ template: 'a: 1\n', values: {} }, signal)).toMatchObject({ output: 'a: 1\n' });
    });

    it('a worker that has grown large is replaced after its render', () =>
      withYtt({ maxMemoryMiB: 128 }, async ({ ytt, render }) => {
        expect(await render('a: #@ len(["x" * 1000 for i in range(60000)])\n')).toEqual({
          kind: 'rendered',
          output: 'a: 60000\n',
        });
        expect(ytt.load().workers).toBe(0);
      }));
  });

  it('a template that nests without end is told so', async () => {
    const { render } = usual;
    const deep = `a: #@ ${'('.repeat(200_000)}1${')'.repeat(200_000)}\n`;
    expect(await render(deep)).toEqual({ kind: 'failed', message: 'the template recurses too deeply' });
  });

  it('an output beyond the bound is refused, and the worker stays', () =>
    withYtt({ maxOutputBytes: 100_000 }, async ({ ytt, render }) => {
      const answer = await render('a: #@ "x" * 200000\n');
      expect(answer).toEqual({ kind: 'failed', message: 'the output is 0.2 MB long, and 0.1 MB are allowed' });
      expect(ytt.load().workers).toBe(1);
    }));

  it('what a template prints and says is kept up to a bound', async () => {
    const { render } = usual;
    const answer = await render('#@ for i in range(200):\n#@ print("x" * 10000)\n#@ end\na: #@ fail("y" * 1000000)\n');
    expect(answer).toMatchObject({ kind: 'failed', message: expect.stringMatching(/^xxx/) });
    expect(answer.kind === 'failed' && answer.message.length).toBe(2 * 65_536);
  });

  it('an input beyond the bound is refused', async () => {
    const { render } = usual;
    const answer = await render('#'.repeat(16_000_001));
    expect(answer).toEqual({
      kind: 'failed',
      message: 'template and values are 16.0 MB long, and ytt takes 16.0 MB at most',
    });
  });

  it('no more than so many wait', () =>
    withYtt({ maxWaiting: 2 }, async ({ ytt, render }) => {
      const runaway = render(LOOP);
      await begun(ytt);
      const waiting = [render('a: 1\n'), render('a: 1\n')];
      await expect(render('a: 1\n')).rejects.toMatchObject({ code: 'CARTO_YTT_BUSY', retry: 'backoff' });
      const refused = Promise.allSettled([runaway, ...waiting]);
      await ytt.close();
      expect((await refused).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    }));

  it('an aborted render leaves the queue, or its worker unheard', async () => {
    const { ytt, clock, render } = usual;
    const [running, queued] = [new AbortController(), new AbortController()];
    const first = ytt.render({ template: LOOP, values: {} }, running.signal);
    await begun(ytt);
    const second = ytt.render({ template: 'a: 1\n', values: {} }, queued.signal);
    await expect.poll(() => ytt.load().waiting).toBe(1);
    queued.abort(new Error('no longer wanted'));
    await expect(second).rejects.toThrow('no longer wanted');
    expect(ytt.load().waiting).toBe(0);
    running.abort(new Error('not wanted either'));
    await expect(first).rejects.toThrow('not wanted either');
    const third = render('a: 3\n');
    await expect.poll(() => ytt.load().waiting).toBe(1);
    await clock.advance(4_000);
    expect(await third).toEqual({ kind: 'rendered', output: 'a: 3\n' });
  });

  it('renders many at once on few workers', () =>
    withYtt({ workers: 2 }, async ({ ytt, render }) => {
      const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => render(`a: #@ ${index} + 1\n`)));
      expect(answers.map((answer) => answer.kind === 'rendered' && answer.output)).toEqual(
        Array.from({ length: 200 }, (_, index) => `a: ${index + 1}\n`),
      );
      expect(ytt.load()).toEqual({ workers: 2, waiting: 0 });
    }));

  it('renders nothing after it is closed', () =>
    withYtt({}, async ({ ytt, render }) => {
      await render('a: 1\n');
      await ytt.close();
      expect(ytt.load().workers).toBe(0);
      await expect(render('a: 1\n')).rejects.toMatchObject({ code: 'CARTO_YTT_CLOSED' });
    }));
});

describe('ytt without a sound build', () => {
  async function withCache(act: (cache: string) => Promise<void>): Promise<void> {
    const cache = await mkdtemp(join(tmpdir(), 'carto-ytt-'));
    try {
      await act(cache);
    } finally {
      await rm(cache, { recursive: true, force: true });
    }
  }

  it('says how to get it when it is not built', () =>
    withCache((cache) =>
      withYtt({ cache }, async ({ render }) => {
        expect(await render('a: 1\n')).toEqual({
          kind: 'failed',
          message: 'ytt is not built; install Go and run npm run build:ytt',
        });
      }),
    ));

  it('fails for the time being when no worker can start', () =>
    withCache((cache) =>
      withYtt({ cache }, async ({ render }) => {
        // A module with a memory of one page and nothing else, and a loader that defines no program.
        const module = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 3, 1, 0, 1]);
        const folder = join(cache, `${recipeDigest()}-go1.24`);
        await mkdir(folder);
        await writeFile(join(folder, WASM_FILE), zstdCompressSync(module));
        await writeFile(join(folder, LOADER_FILE), '');
        const answers = await Promise.allSettled([render('a: 1\n'), render('a: 1\n')]);
        for (const answer of answers) expect(answer).toMatchObject({ reason: { code: 'CARTO_YTT_START' } });
      }),
    ));

  it('fails for the time being when the build is damaged', () =>
    withCache((cache) =>
      withYtt({ cache }, async ({ render }) => {
        const folder = join(cache, `${recipeDigest()}-go1.24`);
        await mkdir(folder);
        await writeFile(join(folder, WASM_FILE), 'nonsense');
        await writeFile(join(folder, LOADER_FILE), '');
        await expect(render('a: 1\n')).rejects.toMatchObject({ code: 'CARTO_YTT_LOAD' });
      }),
    ));
});
