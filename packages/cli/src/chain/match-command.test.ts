import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { chainStage, type Ran, run } from './testing/chain-stage.ts';

const screen = (name: string): string => join(import.meta.dirname, 'testing/screens', `${name}.txt`);
const folder = mkdtempSync(join(tmpdir(), 'carto-match-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return name;
}

const owner = (labels: string, kind = 'Workload', spec = '{}'): string =>
  `apiVersion: carto.run/v1alpha1\nkind: ${kind}\nmetadata: {name: shop, labels: ${labels}}\nspec: ${spec}\n`;
const chain = (name: string, selector: string, kind = 'ClusterSupplyChain'): string =>
  `apiVersion: carto.run/v1alpha1\nkind: ${kind}\nmetadata: {name: ${name}}\nspec: {selector: ${selector}, resources: []}\n---\n`;

const CHAINS = file(
  'chains.yaml',
  [
    chain('web', '{type: web}'),
    chain('secure', '{type: web, tier: gold}'),
    chain('batch', '{type: batch, runs: nightly}'),
    chain('twin-one', '{type: twin}'),
    chain('twin-two', '{type: twin}'),
    chain('all', '{}'),
    chain('to-prod', '{type: web}', 'ClusterDelivery'),
    `apiVersion: carto.run/v1alpha1\nkind: ClusterSupplyChain\nmetadata: {name: torn}\nspec: {selectorMatchExpressions: [{key: type, operator: Within}], resources: []}\n`,
  ].join(''),
);

const offline = (input: string, ...argv: readonly string[]): Promise<Ran> =>
  run(undefined, ['match', '-f', '-', '--chain', CHAINS, ...argv], { input }, { cwd: folder });

describe('carto match, with chains of a file and no cluster', () => {
  it.each([
    [
      'the one that fits best',
      '{type: web, tier: gold}',
      0,
      /is served by ClusterSupplyChain secure\n {2}● secure fits with 2/,
    ],
    [
      'none, with the nearest and the smallest change',
      '{type: batch}',
      2,
      /○ batch needs label runs|○ batch needs runs: nightly; yours has none \(1 of 2 hold\)\n {4}→ developer: set the label runs to nightly/,
    ],
    [
      'several that fit equally well',
      '{type: twin}',
      2,
      /is served by none: 2 fit equally well\n {2}● twin-one .*\n {2}● twin-two/,
    ],
    ['none, for want of labels', '{}', 2, /it has no labels, and without labels none is looked for/],
  ])('tells %s', async (_what, labels, code, says) => {
    const ran = await offline(owner(labels));
    expect(ran.out).toMatch(says);
    expect([ran.code, ran.err]).toEqual([code, '']);
  });

  it('asks deliveries for a Deliverable, and passes over what is broken for the others', async () => {
    expect((await offline(owner('{type: web}', 'Deliverable'))).out).toContain('served by ClusterDelivery to-prod');
    expect((await offline(owner('{type: web}'))).out).toContain('! torn is broken and passed over: ');
  });

  it('prints the same for programs, and says 2 when one of several has none', async () => {
    const { code, out } = await offline(`${owner('{type: web}')}---\n${owner('{type: x}')}`, '-o', 'json');
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject([
      { owner: 'workload default/shop', outcome: 'chosen', best: ['web'] },
      {
        outcome: 'none',
        best: [],
        blueprints: expect.arrayContaining([
          {
            name: 'web',
            fit: 'misses',
            score: 0,
            of: 1,
            why: 'web needs type: web; yours is x',
            change: ['set the label type to web'],
          },
        ]) as unknown,
      },
    ]);
  });

  it.each<[string, readonly string[], RegExp]>([
    ['nothing is named', ['match'], /name one thing to match: -f FILE, or NAME/],
    ['two things are named', ['match', 'shop', '-f', 'x'], /name one thing to match/],
    ['the file is missing', ['match', '-f', 'missing.yaml'], /missing\.yaml cannot be read: ENOENT/],
    ['the file is no YAML', ['match', '-f', file('torn.yaml', 'a: [')], /torn\.yaml: .*line/],
    [
      'the file holds something else',
      ['match', '-f', file('other.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}')],
      /there is no Workload and no Deliverable to match/,
    ],
    ['the file is empty', ['match', '-f', file('empty.yaml', '')], /there is no Workload and no Deliverable to match/],
    [
      'a label is no text',
      ['match', '-f', file('label.yaml', owner('{type: 1}'))],
      /label\.yaml, document 1: metadata\.labels\.type must be a text: put it in quotes/,
    ],
    ['labels are no object', ['match', '-f', file('labels.yaml', owner('[a]'))], /metadata\.labels must be an object/],
    [
      'the chains are missing',
      ['match', '-f', file('good.yaml', owner('{a: b}')), '--chain', 'empty.yaml'],
      /--chain empty\.yaml: there is no ClusterSupplyChain/,
    ],
    ['a Runnable is named', ['match', 'runnable/x'], /./],
  ])('fails, and never answers, when %s', async (_what, argv, says) => {
    const ran = await run(undefined, argv, {}, { cwd: folder });
    expect(ran.err).toMatch(says);
    expect([ran.code, ran.out]).toEqual([1, '']);
  });
});

describe('carto match, with the chains of a cluster', () => {
  it('holds files and owners of the server against them', async () => {
    await using at = await chainStage();
    for (const columns of [80, 120]) {
      for (const colour of [false, true]) {
        const { code, out } = await run(at, ['match', 'lonely'], { columns, colour });
        expect(code).toBe(2);
        await expect(out).toMatchFileSnapshot(screen(`match-${columns}${colour ? '-colour' : ''}`));
      }
    }
    const input = owner('{type: web, team: green}', 'Workload', '{source: {git: {url: https://x}}}');
    const fits = await run(at, ['match', '-f', '-'], { input, columns: 80 });
    await expect(fits.out).toMatchFileSnapshot(screen('match-fits'));
    expect(fits.code).toBe(0);
    expect((await run(at, ['match', 'deliverable/shop'])).code).toBe(0);
    expect(await run(at, ['match', 'missing'])).toMatchObject({ code: 3, out: '' });
    expect((await run(at, ['match', 'runnable/x'])).err).toMatch(/nothing selects it/);
  });
});
