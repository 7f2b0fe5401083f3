import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { raised, readFloors } from './floors.ts';
import { idOf, mutationsOf } from './mutations.ts';
import { PROMISES } from './promises.ts';
import {
  type FileResult,
  NOT_YET,
  readResults,
  resultAgain,
  resultOf,
  scoreOf,
  unlisted,
  writeResult,
} from './results.ts';
import { readPage, scoreTable, withScores } from './score-table.ts';
import { sourceOf } from './source.ts';
import type { Trial } from './trial.ts';

const root = join(import.meta.dirname, '..', '..');
const TRIALS: readonly Trial[] = mutationsOf('a.ts', 'f(1);\nif (g < 2) h();\n').map((mutation) => ({
  mutation,
  verdict: mutation.operator === 'off by one' ? 'survived' : 'noticed',
}));

/** A result of as many bugs, with survivors of these reasons. */
function result(bugs: number, ...whys: readonly string[]): FileResult {
  const survivors = whys.map((why, i) => ({ operator: 'o', before: 'a', after: 'b', nth: i + 1, why }));
  return { commit: 'c', bugs, noticed: bugs - whys.length, survivors };
}

describe('the committed results', () => {
  const results = readResults();
  const floors = readFloors();

  it('are of every file that carries a promise, and of no other: npm run mutants -- --record', () => {
    expect(Object.keys(results).toSorted()).toEqual(Object.keys(PROMISES).toSorted());
    expect(Object.keys(floors).toSorted()).toEqual(Object.keys(PROMISES).toSorted());
  });

  it.each(Object.entries(results))(
    '%s: has the score of its floor in floors.json (--scores raises one), and adds up',
    (file, measured) => {
      expect(scoreOf([measured])).toBe(floors[file]);
      expect(measured.noticed + measured.survivors.length).toBe(measured.bugs);
      expect(measured.commit).toMatch(/^[0-9a-f]{40}$/);
    },
  );

  it.each(Object.entries(results))('%s: says why each survivor survives, or "not yet"', (_, { survivors }) => {
    expect(survivors.filter(({ why }) => why.trim() === '')).toEqual([]);
  });

  it.each(Object.entries(results))('%s: still has the lines of its survivors', (file, { survivors }) => {
    const bugs = new Set(sourceOf(root, file).mutations.map(idOf));
    expect(survivors.filter((survivor) => !bugs.has(idOf(survivor)))).toEqual([]);
  });

  it('are the scores in docs/testing.md', () => {
    expect(readPage()).toBe(withScores(readPage(), results));
  });
});

describe('a result', () => {
  it('lists the bugs that survived, and keeps the reasons that were given for them', () => {
    const first = resultOf('c1', TRIALS, undefined);
    expect([first.bugs, first.noticed, first.survivors.map(({ after, why }) => [after, why])]).toEqual([
      TRIALS.length,
      TRIALS.length - 2,
      [
        ['f(2);', ''],
        ['if (g < 3) h();', ''],
      ],
    ]);
    const explained = {
      ...first,
      survivors: first.survivors.map((survivor) => ({ ...survivor, why: survivor.after })),
    };
    expect(resultOf('c2', TRIALS, explained)).toEqual({ ...explained, commit: 'c2' });
  });

  it('loses the survivors that are noticed when they are tried again, and keeps all else', () => {
    const before = resultOf('c', TRIALS, undefined);
    const explained = { ...before, survivors: before.survivors.map((survivor) => ({ ...survivor, why: 'equal' })) };
    const survived = TRIALS.filter(({ verdict }) => verdict === 'survived');
    expect(resultAgain(explained, survived)).toEqual(explained);
    const [noticed, ...others] = survived;
    const again = [...(noticed === undefined ? [] : [{ ...noticed, verdict: 'noticed' as const }]), ...others];
    expect(resultAgain(explained, again)).toEqual({
      ...explained,
      noticed: explained.noticed + 1,
      survivors: explained.survivors.slice(1),
    });
  });

  it('tells a new survivor from a listed one', () => {
    const listed = resultOf('c', TRIALS, undefined);
    const [known, ...others] = listed.survivors;
    expect(unlisted(TRIALS, listed)).toEqual([]);
    expect(unlisted(TRIALS, { ...listed, survivors: others }).map(({ mutation }) => idOf(mutation))).toEqual(
      known === undefined ? [] : [idOf(known)],
    );
    expect(unlisted(TRIALS, undefined)).toHaveLength(2);
  });

  it('is written into the file of its package, beside the others', () => {
    const folder = mkdtempSync(join(tmpdir(), 'results-'));
    try {
      writeResult('packages/b/src/y.ts', result(1), folder);
      writeResult('packages/a/src/z.ts', result(2), folder);
      writeResult('packages/b/src/x.ts', result(3), folder);
      writeResult('packages/b/src/y.ts', result(4), folder);
      expect(readdirSync(folder).toSorted()).toEqual(['a.json', 'b.json']);
      expect(Object.entries(readResults(folder)).map(([file, { bugs }]) => [file, bugs])).toEqual([
        ['packages/a/src/z.ts', 2],
        ['packages/b/src/x.ts', 3],
        ['packages/b/src/y.ts', 4],
      ]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('a score', () => {
  it.each([
    ['nothing to notice', result(0), 100],
    ['all noticed', result(3), 100],
    ['what cannot be noticed is left out', result(4, 'equal'), 100],
    ['what nobody has explained counts', result(4, ''), 75],
    ['what is not noticed yet counts', result(4, 'equal', NOT_YET), 66.6],
    ['one of a thousand is seen', result(1000, NOT_YET), 99.9],
  ])('%s', (_, measured, score) => {
    expect(scoreOf([measured])).toBe(score);
  });

  it('raises the floor of its file and never lowers it', () => {
    expect(raised({ 'b.ts': 90 }, 'b.ts', 91.5)).toEqual({ 'b.ts': 91.5 });
    expect(raised({ 'b.ts': 90 }, 'b.ts', 89.9)).toEqual({ 'b.ts': 90 });
    expect(Object.entries(raised({ 'b.ts': 90 }, 'a.ts', 80))).toEqual([
      ['a.ts', 80],
      ['b.ts', 90],
    ]);
  });

  it('is shown by module, and for all', () => {
    const results = {
      'packages/b/src/x.ts': result(2, NOT_YET),
      'packages/a/src/room/y.ts': result(10),
      'packages/a/src/room/z.ts': result(10, 'equal', NOT_YET),
    };
    expect(scoreTable(results).split('\n').slice(2)).toEqual([
      '| `a/room` | 2 | 20 | 18 | 1 | 1 | 94.7 % |',
      '| `b` | 1 | 2 | 1 | 0 | 1 | 50.0 % |',
      '| all | 3 | 22 | 19 | 1 | 2 | 90.4 % |',
      '',
    ]);
    expect(withScores('Scores:\n\n| module | x |\n|---|\n| old |\n\nEnd.\n', {})).toMatch(
      /^Scores:\n\n\| module \| files .*\n.*\n\| all .*\n\nEnd\.\n$/,
    );
  });
});
