import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createFakeClock } from '@cartographer/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Portfolio } from '../portfolio/portfolio.ts';
import { bill, npm } from '../portfolio/testing/records.ts';
import { sharedMemory } from '../portfolio/testing/shared-memory.ts';
import { type DirectoryLimits, directoryChanges } from './directory.ts';
import { emptyReading, type Reading } from './reading.ts';
import { type Taken, takeInSource } from './take-in.ts';
import { osv } from './testing/osv-records.ts';

const MIB = 1024 * 1024;
let folder: string;
let portfolio: Portfolio;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'carto-source-'));
  portfolio = await Portfolio.open({ database: sharedMemory(), clock });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const { signal } = new AbortController();
const clock = createFakeClock();
const noFetch = (): Promise<Response> => Promise.reject(new Error('nothing is fetched'));

async function read(ecosystems?: readonly string[]): Promise<Taken & { readonly isChanged: true }> {
  const source = { name: 'folder', type: 'Directory', path: folder, ...(ecosystems && { ecosystems }) } as const;
  const taken = await takeInSource(portfolio, source, { fetch: noFetch, clock, signal });
  if (!taken.isChanged) throw new Error('a folder is always read');
  return taken;
}

async function keptIds(): Promise<readonly string[]> {
  return [...(await portfolio.digestsOf('folder')).keys()].toSorted();
}

describe('a source that is a folder', () => {
  it('takes in every file that can be read, and names the others', async () => {
    write('A-1.json', osv('A-1'));
    write('npm/B-1.json', `\uFEFF${osv('B-1')}`);
    write('C-1.json', osv('C-1').slice(0, 60));
    write('D-1.json', '{"id": "D-1", "affected": 7}');
    write('E-1.json', osv('../../etc/passwd'));
    write('all.zip', 'not looked into');
    write('README.md', 'no advisory');
    write('.git/F-1.json', osv('F-1'));
    const { reading, counts } = await read();
    expect(await keptIds()).toEqual(['A-1', 'B-1']);
    expect(reading).toMatchObject({ records: 2, parsed: 5, unreadCount: 4 });
    expect(reading.unread.toSorted((left, right) => (left.what < right.what ? -1 : 1))).toEqual([
      { what: 'C-1.json', why: expect.stringContaining('is not JSON, or cut off') },
      { what: 'D-1.json', why: 'affected is not a list' },
      { what: 'E-1.json', why: expect.stringContaining('id is not a text of letters, digits') },
      { what: 'all.zip', why: 'is in a form that is not read here: JSON is' },
    ]);
    expect(counts).toMatchObject({ added: 2, packages: 1 });
  });

  it('only files with another text are parsed, and a folder that did not change is no change', async () => {
    for (const id of ['A-1', 'B-1', 'C-1']) write(`${id}.json`, osv(id));
    const first = await read();
    const second = await read();
    expect(second.reading).toMatchObject({ records: 3, parsed: 0 });
    expect(second.counts).toMatchObject({ added: 0, changed: 0, matched: 0 });
    expect(second.revision).toBe(first.revision);
    write('B-1.json', osv('B-1', 'b'));
    rmSync(join(folder, 'C-1.json'));
    const third = await read();
    expect(third.reading).toMatchObject({ records: 2, parsed: 1 });
    expect(third.counts).toMatchObject({ added: 0, changed: 1, withdrawn: 1, packages: 2 });
    expect(third.revision).not.toBe(first.revision);
    expect(await keptIds()).toEqual(['A-1', 'B-1']);
  });

  it('a file that is half written keeps its record until it is whole', async () => {
    const { digest } = await portfolio.putBill({ digest: 'image' }, bill(npm('a', '1.0.0')));
    write('A-1.json', osv('A-1'));
    write('B-1.json', osv('B-1'));
    await read();
    write('A-1.json', osv('A-1').slice(0, 90));
    rmSync(join(folder, 'B-1.json'));
    const { reading, counts } = await read();
    expect(reading).toMatchObject({ records: 0, unreadCount: 1, withheld: 1 });
    expect(counts).toMatchObject({ withdrawn: 1 });
    expect(await portfolio.findingsOf(digest)).toMatchObject([{ id: 'A-1' }]);
    write('A-1.json', osv('A-1', 'other'));
    expect((await read()).reading).toMatchObject({ records: 1, unreadCount: 0, withheld: 0 });
    expect(await portfolio.findingsOf(digest)).toEqual([]);
  });

  it('where names of files say nothing, a file that cannot be read may hold any record', async () => {
    write('one.json', osv('A-1'));
    write('two.json', osv('B-1'));
    await read();
    write('one.json', 'half');
    expect((await read()).reading).toMatchObject({ withheld: 1 });
    expect(await keptIds()).toEqual(['A-1', 'B-1']);
    rmSync(join(folder, 'one.json'));
    await read();
    expect(await keptIds()).toEqual(['B-1']);
  });

  it.each([
    ['stands alone', []],
    ['stands beside files that are called by their ids', ['A-1.json']],
  ] as const)(
    'a file that is called otherwise keeps its record when it is half written, where it %s',
    async (_, others) => {
      for (const path of others) write(path, osv('A-1'));
      write('mine.json', osv('Z-1'));
      await read();
      write('mine.json', osv('Z-1').slice(0, 60));
      const { reading, counts } = await read();
      expect(counts.withdrawn).toBe(0);
      expect(reading).toMatchObject({ unreadCount: 1, withheld: 1 });
      expect(await keptIds()).toContain('Z-1');
    },
  );

  it('of two files with one id the first counts, reading for reading', async () => {
    write('b.json', osv('A-1', 'b'));
    await read();
    write('a.json', osv('A-1', 'a'));
    for (const parsed of [1, 1]) {
      const { reading } = await read();
      expect(reading.parsed).toBe(parsed);
      expect(reading.unread).toEqual([{ what: 'b.json', why: 'has the id A-1, which another file has, too' }]);
      expect(await portfolio.uncoveredOf(['npm'], ['folder'])).toEqual([]);
    }
    expect(await portfolio.carriersOf({ ecosystem: 'npm', name: 'a' })).toEqual([]);
    const { digest } = await portfolio.putBill({ digest: 'image' }, bill(npm('a', '1.0.0'), npm('b', '1.0.0')));
    expect((await portfolio.findingsOf(digest)).map(({ package: { name } }) => name)).toEqual(['a']);
  });

  it('takes the ecosystems that are wanted, also when the wish changes', async () => {
    const debian = { affected: [{ package: { ecosystem: 'Debian:12', name: 'curl' }, versions: ['1'] }] };
    write('A-1.json', osv('A-1'));
    write('D-1.json', osv('D-1', 'curl', debian));
    expect((await read(['Debian'])).reading).toMatchObject({ records: 1, leftOut: 1 });
    expect(await keptIds()).toEqual(['D-1']);
    await read(['npm', 'Debian']);
    expect(await keptIds()).toEqual(['A-1', 'D-1']);
    await read(['npm']);
    expect(await keptIds()).toEqual(['A-1']);
  });

  it('a record of 50 MB is named and not read, and links do not lead out', async () => {
    write('A-1.json', osv('A-1'));
    write('big.json', osv('B-1'));
    truncateSync(join(folder, 'big.json'), 50 * MIB);
    mkdirSync(join(folder, 'folder.json'));
    write('inside/C-1.json', osv('C-1'));
    symlinkSync(join(folder, 'inside', 'C-1.json'), join(folder, 'C-1.json'));
    symlinkSync(import.meta.filename, join(folder, 'out.json'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'nowhere.json'));
    const { reading } = await read();
    expect(await keptIds()).toEqual(['A-1', 'C-1']);
    expect(reading.unread.map(({ what, why }) => `${what} ${why}`)).toEqual([
      'big.json is larger than 16 MiB',
      'inside/C-1.json has the id C-1, which another file has, too',
      expect.stringContaining('nowhere.json cannot be read: ENOENT'),
      'out.json is a link that leads out of the folder',
    ]);
  });

  it.each<[string, Partial<DirectoryLimits>, Partial<Reading> | string]>([
    ['as large as it may be', { fileBytes: osv('A-1').length }, { records: 2, unreadCount: 0 }],
    ['larger', { fileBytes: osv('A-1').length - 1 }, { records: 0, unreadCount: 2 }],
    ['as deep as it may be', { depth: 1 }, { records: 2, unreadCount: 0 }],
    ['deeper', { depth: 0 }, { records: 1, unreadCount: 1 }],
    ['as many as there may be', { files: 2 }, { records: 2, unreadCount: 0 }],
    ['more', { files: 1 }, 'more than 1 files; make a source of each part'],
  ])('files that are %s', async (_what, limits, expected) => {
    write('A-1.json', osv('A-1'));
    write('deep/B-1.json', osv('B-1'));
    const reading = emptyReading();
    const all = { files: 10, depth: 10, fileBytes: MIB, ...limits };
    const changes = directoryChanges(folder, reading, { kept: new Map(), signal }, all);
    const taking = portfolio.applyChange('folder', changes);
    if (typeof expected === 'string') await expect(taking).rejects.toThrow(expected);
    else await taking.then(() => expect(reading).toMatchObject(expected));
  });

  it('a folder that is gone takes nothing away', async () => {
    write('A-1.json', osv('A-1'));
    await read();
    rmSync(folder, { recursive: true });
    await expect(read()).rejects.toMatchObject({ code: 'CARTO_ADVISORIES' });
    await expect(read()).rejects.toThrow(`advisories: folder ${folder} cannot be read: ENOENT`);
    expect(await keptIds()).toEqual(['A-1']);
  });

  it('a reading that is called off ends, and takes nothing away', async () => {
    write('A-1.json', osv('A-1'));
    await read();
    const reading = directoryChanges(folder, emptyReading(), {
      kept: new Map([['B-1', 'x']]),
      signal: AbortSignal.abort(new Error('called off')),
    });
    await expect(reading.next()).rejects.toThrow('called off');
  });
});
