import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeClock, type FakeClock } from '@cartographer/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Watch, watchFolder } from '../sources/watch-directory.ts';
import { createFollowedFolders, type FollowedFolders } from './followed-folders.ts';

type Watched = { readonly folder: string; readonly change: () => void; readonly fail: (error: unknown) => void };

let clock: FakeClock;
let watched: Watched[];
let open: string[];
let changed: string[];
let folders: FollowedFolders;

beforeEach(() => {
  clock = createFakeClock();
  [watched, open, changed] = [[], [], []];
  const watch: Watch = (folder, change, fail) => {
    watched.push({ folder, change, fail });
    open.push(folder);
    return () => {
      open = open.filter((each) => each !== folder);
    };
  };
  folders = createFollowedFolders({ clock, onChange: (name) => changed.push(name), watch });
});

const rest = (): Promise<void> => clock.advance(60_000);

describe('the folder of a source', () => {
  it('that has changed is told by the name of the source', async () => {
    folders.follow('osv', '/osv');
    folders.follow('own', '/own');
    watched[1]?.change();
    await rest();
    expect(changed).toEqual(['own']);
  });

  it('is watched once, however often it is followed', () => {
    folders.follow('osv', '/osv');
    folders.follow('osv', '/osv');
    expect(watched.map(({ folder }) => folder)).toEqual(['/osv']);
  });

  it('gives way to another one, and tells nothing any more', async () => {
    folders.follow('osv', '/osv');
    watched[0]?.change();
    folders.follow('osv', '/other');
    await rest();
    expect([open, changed]).toEqual([['/other'], []]);
  });

  it('is left when the source has none, and when all is closed', () => {
    for (const name of ['a', 'b', 'c']) folders.follow(name, `/${name}`);
    folders.follow('b', undefined);
    expect(open).toEqual(['/a', '/c']);
    folders.close();
    expect(open).toEqual([]);
  });

  it('whose watch breaks is watched anew when it is followed the next time', async () => {
    folders.follow('osv', '/osv');
    watched[0]?.fail(new Error('too many watches'));
    expect(open).toEqual([]);
    folders.follow('osv', '/osv');
    watched[1]?.change();
    await rest();
    expect([open, changed]).toEqual([['/osv'], ['osv']]);
  });

  it('that is not there yet is watched as soon as it is, by the operating system', () => {
    const parent = mkdtempSync(join(tmpdir(), 'carto-follow-'));
    const folder = join(parent, 'later');
    let watches = 0;
    const watch: Watch = (...args) => {
      const end = watchFolder(...args); // throws where there is no such folder
      watches += 1;
      return end;
    };
    folders = createFollowedFolders({ clock, onChange: () => undefined, watch });
    try {
      folders.follow('osv', folder);
      expect(watches).toBe(0);
      mkdirSync(folder);
      folders.follow('osv', folder);
      expect(watches).toBe(1);
    } finally {
      folders.close();
      rmSync(parent, { recursive: true });
    }
  });
});
