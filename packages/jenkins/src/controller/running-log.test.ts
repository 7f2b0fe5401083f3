import { describe, expect, it } from 'vitest';
import { page } from '../remote/testing/fake-answers.ts';
import type { FakeJob } from '../remote/testing/fake-state.ts';
import { build, createJenkinsStage, type JenkinsStage, jenkinsWrites, server } from './testing/jenkins-stage.ts';

const MINUTE = 60_000;
const isLog = ({ path }: { path: string }): boolean => path.endsWith('/logText/progressiveText');

/** A line each second, with so much behind it. */
const growing =
  (behind = '') =>
  (ranMs: number): string =>
    Array.from({ length: Math.floor(ranMs / 1_000) }, (_, second) => `second ${second}${behind}\n`).join('');

async function running(
  job: Partial<FakeJob>,
  more = '',
  dialect: 'jenkins' | 'hudson' = 'jenkins',
  timeout = '24h',
): Promise<JenkinsStage> {
  const stage = await createJenkinsStage();
  Object.assign(stage.jenkins, { dialect });
  stage.jenkins.jobs.set('app', { parameters: ['CARTO_RUN_ID'], takesMs: 60 * MINUTE, log: growing(), ...job });
  await stage.apply(server() + build('one', `, timeout: ${timeout}${more}`));
  await stage.restart();
  await stage.pass(MINUTE);
  return stage;
}

const logOf = async (stage: JenkinsStage) => (await stage.status('one')).log;
/** How old the last line is, in seconds of the build. */
async function ageOf(stage: JenkinsStage): Promise<number> {
  const [begun] = stage.jenkins.builds;
  const last = Number(/second (\d+)/.exec((await logOf(stage))?.lines?.at(-1) ?? '')?.[1]);
  return Math.floor((stage.clock.now() - (begun?.startedAtMs ?? 0)) / 1_000) - last;
}

describe('the log of a build that runs', () => {
  it('has its last lines, where all of it is and when they were read', async () => {
    await using stage = await running({}, ', logLines: 2');
    const { lines = [], ...about } = (await logOf(stage)) ?? {};
    const [, second = ''] = /^second (\d+)$/.exec(lines[0] ?? '') ?? [];
    expect(lines).toEqual([`second ${second}`, `second ${Number(second) + 1}`]);
    expect(about).toEqual({
      url: 'https://ci.example.com/job/app/1/console',
      sizeBytes: expect.any(Number),
      readAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(await ageOf(stage)).toBeLessThan(45);
  });

  it.each(['jenkins', 'hudson'] as const)(
    'is read anew the more seldom the longer it runs, and written no more often, as %s answers',
    async (dialect) => {
      await using stage = await running({}, '', dialect);
      const [requests, writes] = [stage.jenkins.requests.filter(isLog).length, stage.audit.length];
      await stage.pass(29 * MINUTE);
      expect(await ageOf(stage)).toBeLessThan(6 * 60);
      // Once at one minute, at two, at four, and every five from then on; where an estimate says how far it is, of that as well.
      expect(stage.jenkins.requests.filter(isLog).length - requests).toBeLessThanOrEqual(8);
      expect(jenkinsWrites(stage, writes)['update jenkinsbuilds/status']).toBeLessThanOrEqual(13);
    },
  );

  it('that stands still is written of once', async () => {
    await using stage = await running({ log: 'hangs\n' }, '', 'hudson');
    expect((await logOf(stage))?.lines).toEqual(['hangs']);
    const before = stage.audit.length;
    await stage.pass(29 * MINUTE);
    expect(jenkinsWrites(stage, before)).toEqual({});
  });

  it.each([
    ['jenkins', 'x'.repeat(3_000)],
    ['hudson', 'x'.repeat(3_000)],
  ] as const)('grows by more than is read at once: its end is shown, as %s answers', async (dialect, behind) => {
    await using stage = await running({ log: growing(` ${behind}`) }, ', logLines: 1', dialect);
    await stage.pass(20 * MINUTE);
    expect(await ageOf(stage)).toBeLessThan(6 * 60);
    expect((await logOf(stage))?.lines?.[0]?.length).toBeLessThan(600);
  });

  it.each(['jenkins', 'hudson'] as const)(
    'begins anew, shorter: what is there is shown, as %s answers',
    async (dialect) => {
      const long = 'long ago\n'.repeat(20_000);
      await using stage = await running({ log: (ranMs) => (ranMs < 5 * MINUTE ? long : 'began anew\n') }, '', dialect);
      expect((await logOf(stage))?.lines?.at(-1)).toBe('long ago');
      await stage.pass(20 * MINUTE);
      expect((await logOf(stage))?.lines).toEqual(['began anew']);
    },
  );

  it('is not asked for where no lines are wanted; where it is, is told', async () => {
    await using stage = await running({}, ', logLines: 0');
    expect(await logOf(stage)).toEqual({ url: 'https://ci.example.com/job/app/1/console' });
    expect(stage.jenkins.requests.filter(isLog)).toEqual([]);
  });

  it('that cannot be read is a courtesy that is missing, and nothing else', async () => {
    await using stage = await running({});
    stage.jenkins.inject(isLog, { kind: 'answer', response: () => page(502, 'Bad Gateway') }, Infinity);
    const before = await logOf(stage);
    await stage.pass(20 * MINUTE);
    expect(await stage.said('one')).toBe('Succeeded Unknown Running');
    expect(await logOf(stage)).toEqual(before);
    expect((await stage.status('one')).build?.progressPercent).toBe(30);
  });

  it('stays where its time was over: the last lines say what it hung at', async () => {
    await using stage = await running({ log: 'waiting for the database\n' }, '', 'jenkins', '5m');
    await stage.ended('one');
    expect(await stage.said('one')).toContain('TimedOut');
    expect((await logOf(stage))?.lines).toEqual(['waiting for the database']);
  });

  it('goes when the build has succeeded; where all of it is stays', async () => {
    await using stage = await running({ takesMs: 2 * MINUTE });
    expect((await logOf(stage))?.lines).toBeDefined();
    await stage.ended('one');
    expect(await logOf(stage)).toEqual({ url: 'https://ci.example.com/job/app/1/console' });
  });
});

describe('the logs of many builds that run', () => {
  it('hold no trigger up: they are read one after the other', async () => {
    await using stage = await createJenkinsStage();
    const job = { parameters: ['CARTO_RUN_ID'], takesMs: 60 * MINUTE, log: growing() };
    for (const name of ['app', 'late']) stage.jenkins.jobs.set(name, job);
    const names = Array.from({ length: 60 }, (_, index) => `b-${index}`);
    await stage.apply(server() + names.map((name) => build(name, ', timeout: 24h')).join(''));
    await stage.restart();
    await stage.clock.advanceUntil(() => stage.jenkins.made === 60, 5 * MINUTE, 500);
    await stage.clock.advanceUntil(() => stage.jenkins.requests.some(isLog), 5 * MINUTE, 100);
    const logs = (): number => stage.jenkins.requests.filter(isLog).length;
    const before = logs();
    await stage.apply(build('late', '', { job: 'late' }));
    await stage.clock.advanceUntil(() => stage.jenkins.made === 61, MINUTE, 10);
    expect(logs() - before).toBeLessThan(20);
    await stage.pass(5 * MINUTE);
    for (const name of names) expect((await stage.status(name)).log?.lines?.at(-1)).toMatch(/^second \d+$/);
  });
});
