import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AdvisoryIndex } from '../advisories/advisory-index.ts';
import { MAX_RECORD_BYTES } from '../advisories/read-advisory.ts';
import { packZip } from '../advisories/testing/pack-zip.ts';
import { type Loaded, loadAdvisories } from './advisory-files.ts';

function record(id: string, over: object = {}): string {
  return JSON.stringify({ id, affected: [{ package: { ecosystem: 'npm', name: id }, versions: ['1'] }], ...over });
}

type Result = Loaded & { readonly index: AdvisoryIndex };

/** Loads files of a new folder: the folder, or the one named. */
async function load(
  files: Readonly<Record<string, string | Buffer>>,
  name = '.',
  signal?: AbortSignal,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'carto-advisories-'));
  try {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      if (typeof content === 'string' && content.startsWith('-> ')) await symlink(content.slice(3), join(folder, path));
      else await writeFile(join(folder, path), content);
    }
    const index = new AdvisoryIndex();
    const loaded: Loaded = { records: 0, withdrawn: 0, unreadCount: 0, unread: [] };
    const options = { index, loaded, onRecord: () => undefined, signal: signal ?? new AbortController().signal };
    await loadAdvisories(join(folder, name), options);
    return { ...loaded, index };
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('advisories', () => {
  it('are read from a folder, with folders and archives in it', async () => {
    const { records, withdrawn, unread, index } = await load({
      'a.json': record('A'),
      'npm/b.json': `\uFEFF${record('B', { withdrawn: '2024-01-01T00:00:00Z' })}`,
      'npm/all.zip': packZip([
        { name: 'x/C.json', bytes: record('C') },
        { name: 'README.md', bytes: 'x' },
      ]),
      'README.md': 'not an advisory',
      '.git/d.json': record('D'),
    });
    expect([records, withdrawn, unread, index.size]).toEqual([3, 1, [], 3]);
    expect(['A', 'B', 'C', 'D'].map((name) => index.of('npm', name).length)).toEqual([1, 1, 1, 0]);
  });

  it('are read from one archive, and from one record', async () => {
    const zip = packZip([
      { name: 'A.json', bytes: record('A') },
      { name: 'B.json', bytes: record('B') },
    ]);
    expect((await load({ 'all.zip': zip }, 'all.zip')).records).toBe(2);
    expect((await load({ 'one.json': ` \n${record('A')}` }, 'one.json')).records).toBe(1);
  });

  it('that cannot be read are named with why, and the rest counts', async () => {
    const cut = packZip([{ name: 'x.json', bytes: record('X') }]);
    const { records, unread, unreadCount } = await load({
      'good.json': record('A'),
      'half.json': record('B').slice(0, 40),
      'path.json': record('../../B'),
      'list.json': '[]',
      'cut.zip': cut.subarray(0, 60),
      'some.zip': packZip([
        { name: 'good.json', bytes: record('C') },
        { name: 'bad.json', bytes: '{' },
        { name: 'odd.json', bytes: record('D'), crc: 1 },
        { name: 'inner.zip', bytes: cut },
      ]),
      'other.yaml': 'id: E',
      'out.json': '-> /etc/hostname',
      'nowhere.json': '-> nothing.json',
    });
    expect(records).toBe(2);
    const words = unread.map(({ what, why }) => `${what} ${why}`).toSorted();
    expect(words).toEqual([
      expect.stringMatching(/^cut\.zip is cut off, or no zip archive/),
      expect.stringMatching(/^half\.json is not JSON, or cut off/),
      'list.json the record is not an object',
      'nowhere.json is a link that leads out of the folder, or nowhere',
      'other.yaml is in a form that is not read: JSON and zip are',
      'out.json is a link that leads out of the folder, or nowhere',
      expect.stringMatching(/^path\.json id is not a text/),
      expect.stringMatching(/^some\.zip: bad\.json is not JSON/),
      'some.zip: inner.zip is in a form that is not read inside an archive: JSON is',
      'some.zip: odd.json is not what was packed: its checksum differs',
    ]);
    expect(unreadCount).toBe(words.length);
  });

  it('that are links inside the folder are read, as a mounted ConfigMap has them', async () => {
    const { records, index } = await load({ '..data/a.json': record('A'), 'a.json': '-> ..data/a.json' });
    expect([records, index.of('npm', 'A').length]).toEqual([1, 1]);
  });

  it('that cannot be read are named up to a hundred, and counted', async () => {
    const files = Array.from({ length: 150 }, (_, at) => ({ name: `${at}.json`, bytes: '' }));
    const { unread, unreadCount } = await load({ 'all.zip': packZip(files), 'a.json': record('A') });
    expect([unread.length, unreadCount]).toEqual([100, 150]);
  });

  it('larger than any are not even opened', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'carto-advisories-'));
    await writeFile(join(folder, 'huge.json'), '{');
    await truncate(join(folder, 'huge.json'), MAX_RECORD_BYTES + 1);
    const loaded: Loaded = { records: 0, withdrawn: 0, unreadCount: 0, unread: [] };
    const { signal } = new AbortController();
    await loadAdvisories(folder, { index: new AdvisoryIndex(), loaded, onRecord: () => undefined, signal });
    await rm(folder, { recursive: true });
    expect(loaded.unread).toEqual([{ what: 'huge.json', why: 'is larger than 16 MiB' }]);
  });

  it('that are not there, or an archive that is broken, are an error', async () => {
    await expect(load({}, 'none')).rejects.toMatchObject({ code: 'CARTO_ADVISORIES' });
    await expect(load({ 'a.zip': 'PK' }, 'a.zip')).rejects.toMatchObject({
      code: 'CARTO_ADVISORIES',
      message: expect.stringMatching(/a\.zip: the archive is cut off/),
    });
  });

  it('are read no further when the command is stopped', async () => {
    await expect(load({ 'a.json': record('A') }, '.', AbortSignal.abort())).rejects.toThrow('aborted');
  });
});

describe('an index for certain packages', () => {
  it('keeps records of no other, and still knows which of several counts', () => {
    const index = new AdvisoryIndex(new Set(['npm a']));
    const advisory = (name: string, modified: string): Parameters<AdvisoryIndex['add']>[0] => ({
      id: 'X',
      aliases: [],
      upstream: [],
      summary: '',
      severity: [],
      modified,
      affected: [{ ecosystem: 'npm', name, versions: [], ranges: [], severity: [] }],
    });
    index.add(advisory('b', '2024-01-02T00:00:00Z'));
    index.add(advisory('a', '2024-01-01T00:00:00Z'));
    expect([index.of('npm', 'a').length, index.of('npm', 'b').length, index.size]).toEqual([0, 0, 1]);
    expect([index.covers('npm'), index.covers('Go')]).toEqual([true, false]);
    index.add(advisory('a', '2024-01-03T00:00:00Z'));
    expect(index.of('npm', 'a').length).toBe(1);
  });
});
