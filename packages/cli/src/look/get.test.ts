import { getPath, parseJson, parseYamlDocuments } from '@cartographer/machinery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from '../frame/exit-codes.ts';
import { widthOf } from '../screen/text.ts';
import { type LookStage, startLookStage } from './testing/look-stage.ts';
import { SHOP } from './testing/shop-chain.ts';
import { commitOf, digestOf, shopWalk } from './testing/shop-walk.ts';

let stage: LookStage;
/** What each moment of the chain looks like, by its name. */
const screens = new Map<string, string>();

const SIZES = [
  { columns: 80, colour: false },
  { columns: 80, colour: true },
  { columns: 120, colour: false },
  { columns: 120, colour: true },
  { columns: 20, colour: false },
] as const;

async function shoot(moment: string, argv: readonly string[] = ['workload', 'get', 'shop']): Promise<void> {
  for (const { columns, colour } of SIZES) {
    const { written, told } = await stage.carto(argv, { columns, colour });
    if (told() !== '') throw new Error(told());
    screens.set(fileOf(moment, columns, colour), stable(written()));
  }
  screens.set(`${moment}-pipe.txt`, stable((await stage.carto(argv)).written()));
}

/** Names of runs have a hash of a random uid: they are numbered in the order in which they are shown, each as long as it was. */
function stable(screen: string): string {
  const seen: string[] = [];
  return screen.replaceAll(/(?<=shop-test-)[0-9a-f]{10}/g, (hash) => {
    if (!seen.includes(hash)) seen.push(hash);
    return `${seen.indexOf(hash) + 1}`.padStart(10, '0');
  });
}

function fileOf(moment: string, columns: number, colour: boolean): string {
  return `${moment}-${columns}${colour ? '-colour' : ''}.txt`;
}

beforeAll(async () => {
  stage = await startLookStage();
  const { clock } = stage;
  const walk = shopWalk(stage);
  await stage.apply(SHOP);
  await clock.advance(5_000);
  await shoot('begun');
  await walk.commits(commitOf('a'));
  await clock.advance(20_000);
  await walk.testBegins();
  await clock.advance(40_000);
  await walk.testEnds(true);
  await clock.advance(30_000);
  await walk.builds(digestOf('1'));
  await clock.advance(10_000);
  await walk.serves(digestOf('1'));
  await walk.delivers(commitOf('c'));
  await clock.advance(60_000);
  await shoot('ready');
  await shoot('tree', ['workload', 'get', 'shop', '--tree']);
  await clock.advance(600_000);
  await walk.commits(commitOf('b'));
  await walk.testBegins();
  await clock.advance(200_000);
  await shoot('slow');
  await walk.testEnds(false);
  await clock.advance(5_000);
  await shoot('failed');
  await shoot('deliverable', ['deliverable', 'get', 'shop']);
}, 120_000);
afterAll(() => stage.close());

describe('workload get', () => {
  const moments = ['begun', 'ready', 'tree', 'slow', 'failed', 'deliverable'];
  const files = moments.flatMap((moment) => [
    ...SIZES.map(({ columns, colour }) => fileOf(moment, columns, colour)),
    `${moment}-pipe.txt`,
  ]);
  /** A narrow terminal breaks names of runs, which are others each time. */
  const isStable = (file: string): boolean => !file.includes('-20') || /^(?:begun|deliverable)/.test(file);
  it.each(files.filter(isStable))('looks as stored in %s', async (file) => {
    await expect(screens.get(file)).toMatchFileSnapshot(`testing/screens/${file}`);
  });

  it.each(moments)('has no line that is wider than a terminal of 20 columns, but the command to copy: %s', (moment) => {
    const lines =
      screens
        .get(fileOf(moment, 20, false))
        ?.trimEnd()
        .split('\n') ?? [];
    expect(lines.slice(0, -1).filter((line) => widthOf(line) > 20)).toEqual([]);
    expect(lines.at(-1)).toMatch(/^To .*: carto /);
  });

  it('prints the object alone with -o, and what can be applied elsewhere with --export', async () => {
    const name = await stage.carto(['workload', 'get', 'shop', '-o', 'name'], { columns: 80 });
    expect(name.written()).toBe('workload.carto.run/shop\n');
    const path = await stage.carto(['workload', 'get', 'shop', '-o', 'jsonpath={.status.supplyChainRef.name}']);
    expect(path.written()).toBe('web\n');
    const json = parseJson((await stage.carto(['workload', 'get', 'shop', '-o', 'json'])).written());
    expect(getPath(json, 'metadata', 'managedFields')).toBeUndefined();
    const exported = await stage.carto(['workload', 'get', 'shop', '--export']);
    expect(parseYamlDocuments(exported.written())).toEqual(parseYamlDocuments(SHOP));
  });

  it('ends with 3 and near names for what is not there', async () => {
    const { told, exitCode } = await stage.carto(['workload', 'get', 'shob']);
    expect(told()).toBe('carto: workload "team/shob" not found in context test; did you mean shop?\n');
    expect(exitCode).toBe(EXIT.notFound);
  });
});
