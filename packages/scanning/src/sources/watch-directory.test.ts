import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeClock, type FakeClock } from '@cartographer/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { watchDirectory, watchFolder } from './watch-directory.ts';

let clock: FakeClock;
let settled: number[];
let errors: unknown[];
let isOpen: boolean;
let change: () => void;
let fail: (error: unknown) => void;
let end: () => void;

beforeEach(() => {
  clock = createFakeClock();
  settled = [];
  errors = [];
  isOpen = true;
  end = watchDirectory({
    folder: '/advisories',
    clock,
    watch: (_folder, onChange, onError) => {
      change = onChange;
      fail = onError;
      return () => {
        isOpen = false;
      };
    },
    onSettled: () => settled.push(clock.now()),
    onError: (error) => errors.push(error),
  });
});

describe('a watched folder', () => {
  it('files that change within a second of each other are one change', async () => {
    for (const pause of [0, 500, 999]) {
      await clock.advance(pause);
      change();
    }
    await clock.advance(999);
    expect(settled).toEqual([]);
    await clock.advance(1);
    expect(settled).toHaveLength(1);
    change();
    await clock.advance(1_000);
    expect(settled).toHaveLength(2);
  });

  it('a folder that never rests is read every ten seconds', async () => {
    const began = clock.now();
    for (let passed = 0; passed < 25_000; passed += 500) {
      change();
      await clock.advance(500);
    }
    expect(settled.map((at) => at - began)).toEqual([10_000, 20_000]);
  });

  it('a watch that breaks is told, and nothing comes after it', async () => {
    change();
    fail(new Error('too many watches'));
    await clock.advance(60_000);
    expect([settled, errors, isOpen]).toEqual([[], [new Error('too many watches')], false]);
  });

  it('nothing comes after its end', async () => {
    change();
    end();
    await clock.advance(60_000);
    expect([settled, isOpen]).toEqual([[], false]);
  });

  it('a folder that cannot be watched is told', () => {
    const folder = join(tmpdir(), 'carto-no-such-folder');
    watchDirectory({ folder, clock, onSettled: () => undefined, onError: (error) => errors.push(error) });
    expect(errors).toMatchObject([{ code: 'ENOENT' }]);
  });

  it('the operating system tells of a file that is dropped in', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'carto-watch-'));
    const told: string[] = [];
    const close = watchFolder(
      folder,
      () => told.push('changed'),
      (error) => errors.push(error),
    );
    for (let name = 0; told.length === 0; name += 1) {
      writeFileSync(join(folder, `${name}.json`), '{}');
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    close();
    rmSync(folder, { recursive: true });
    expect(errors).toEqual([]);
  });
});
