import { getPath, listAt, parseJson, textAt } from '@cartographer/machinery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from '../frame/exit-codes.ts';
import { type LookStage, startLookStage } from '../look/testing/look-stage.ts';
import { SHOP } from '../look/testing/shop-chain.ts';
import { commitOf, digestOf, shopWalk } from '../look/testing/shop-walk.ts';

let stage: LookStage;
const screens = new Map<string, string>();
/** What `-o json` says at a moment. */
const reports = new Map<string, string>();
let atTest: string;

const IMAGE = `registry.example.com/team/shop@sha256:${digestOf('1')}`;
const SIZES = [
  { columns: 80, colour: false },
  { columns: 80, colour: true },
  { columns: 120, colour: false },
  { columns: 120, colour: true },
] as const;

/** Names of runs have a hash of a random uid, cut on a narrow terminal. */
const stable = (screen: string): string =>
  screen.replaceAll(/(?<=shop-test-)[0-9a-f]+/g, (hash) => '0'.repeat(hash.length));

async function shoot(moment: string, ...argv: readonly string[]): Promise<void> {
  for (const { columns, colour } of SIZES) {
    const { written, told } = await stage.carto(['trace', ...argv], { columns, colour });
    if (told() !== '') throw new Error(told());
    screens.set(`${moment}-${columns}${colour ? '-colour' : ''}.txt`, stable(written()));
  }
  const { written, exitCode } = await stage.carto(['trace', ...argv, '-o', 'json']);
  if (exitCode !== 0) throw new Error(`${moment}: ${exitCode}`);
  reports.set(moment, written());
}

const ownerAt = (moment: string, index = 0) => listAt(parseJson(reports.get(moment) ?? ''), 'owners')[index];
const hopAt = (moment: string, step: string, index = 0) =>
  listAt(ownerAt(moment, index), 'hops').find((hop) => textAt(hop, 'step') === step);

beforeAll(async () => {
  stage = await startLookStage();
  const walk = shopWalk(stage);
  await stage.apply(SHOP);
  await walk.commits(commitOf('a'));
  await walk.testBegins();
  atTest = (await stage.carto(['trace', '--commit', 'aaaaaaa'])).written();
  await walk.testEnds(true);
  await walk.builds(digestOf('1'));
  await walk.serves(digestOf('1'));
  await walk.delivers(commitOf('c'));
  await stage.clock.advance(60_000);
  await shoot('owner', 'shop');
  await shoot('image', '--image', IMAGE);
  await shoot('tag', '--image', 'registry.example.com/team/shop:1.2');
  await shoot('live', '--commit', commitOf('a'));
  await walk.commits(commitOf('b'));
  await walk.testBegins();
  await walk.testEnds(false);
  await stage.clock.advance(60_000);
  await shoot('failed', '--commit', 'bbbbbbb');
  await shoot('overtaken', '--commit', 'aaaa');
  await shoot('config', '--commit', 'ccccccc');
}, 240_000);
afterAll(() => stage.close());

describe('carto trace', () => {
  const moments = ['owner', 'image', 'live', 'failed', 'overtaken', 'config'];
  const files = moments.flatMap((moment) =>
    SIZES.map(({ columns, colour }) => `${moment}-${columns}${colour ? '-colour' : ''}.txt`),
  );
  it.each(files)('looks as stored in %s', async (file) => {
    await expect(screens.get(file)).toMatchFileSnapshot(`testing/screens/${file}`);
  });

  it('leads from a running image, by digest or by name, back to the commit', () => {
    for (const moment of ['image', 'tag']) {
      expect(textAt(ownerAt(moment), 'name')).toBe('shop');
      expect(getPath(hopAt(moment, 'image'), 'commits')).toEqual([`main@sha1:${commitOf('a')}`]);
      expect(getPath(hopAt(moment, 'app'), 'commits')).toEqual([`main@sha1:${commitOf('a')}`]);
    }
    const running = listAt(ownerAt('image'), 'running').filter((it) => textAt(it, 'object') === 'pod/shop-00001-a');
    expect(running.map((it) => getPath(it, 'from'))).toEqual([{ owner: 'workload/shop', step: 'image' }]);
  });

  it('leads from a commit forward over the Workload to the Deliverable and what runs there', () => {
    expect(getPath(ownerAt('live'), 'reached', 'at')).toBe(null);
    expect([textAt(ownerAt('live', 1), 'kind'), textAt(ownerAt('live', 1), 'name')]).toEqual(['Deliverable', 'shop']);
    const from = { owner: 'workload/shop', step: 'image' };
    expect(listAt(ownerAt('live', 1), 'running')).toEqual([{ object: 'deployment/shop', image: IMAGE, from }]);
  });

  it('says how far a commit got', () => {
    expect(atTest).toContain('aaaaaaa is at step 2 of 5: test, running');
    expect(screens.get('live-120.txt')).toContain(`${commitOf('a')} is through all 5 steps`);
    expect(screens.get('failed-120.txt')).toContain('bbbbbbb is at step 2 of 5: test, failed');
    expect(screens.get('overtaken-120.txt')).toContain(
      'aaaa is through all 5 steps; newer on the way: main@sha1:bbbbbbb',
    );
  });

  it('does not claim a commit for what was made from an earlier one', () => {
    expect(getPath(hopAt('failed', 'image'), 'commits')).toEqual([`main@sha1:${commitOf('a')}`]);
    expect(getPath(hopAt('failed', 'test'), 'commits')).toEqual([`main@sha1:${commitOf('a')}`]);
    expect(getPath(hopAt('failed', 'test'), 'making')).toEqual([`main@sha1:${commitOf('b')}`]);
  });

  it('ends with 3 for what nothing carries, and says what was searched', async () => {
    const image = await stage.carto(['trace', '--image', `a/b@sha256:${digestOf('9')}`]);
    expect(image.exitCode).toBe(EXIT.notFound);
    expect(image.told()).toBe(
      `carto: nothing carries image a/b@sha256:${digestOf('9')}: looked at the outputs of 1 workload and 1 deliverable, and ` +
        '3 running objects in namespace team of context test; -A looks in all namespaces\n',
    );
    const commit = await stage.carto(['trace', '--commit', 'ddddddd', '-A']);
    expect(commit.exitCode).toBe(EXIT.notFound);
    expect(commit.told()).toContain('in all namespaces of context test\n');
    expect((await stage.carto(['trace', 'shp'])).told()).toContain(
      '"team/shp" not found in context test; did you mean shop?',
    );
  });

  it.each([
    [[], 'say one of NAME, --image REFERENCE and --commit SHA'],
    [['shop', '--commit', 'aaaa'], 'say one of NAME, --image REFERENCE and --commit SHA'],
    [['--commit', 'xyz'], '--commit "xyz" is none'],
    [['--commit', 'abc'], '--commit "abc" is none: give its first 4 or more hexadecimal digits'],
    [['pod/shop'], 'give NAME for a Workload'],
  ])('refuses %j', async (argv, message) => {
    const { told, exitCode } = await stage.carto(['trace', ...argv]);
    expect(told()).toContain(message);
    expect(exitCode).toBe(EXIT.failed);
  });
});
