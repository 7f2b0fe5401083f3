import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createFakeClock } from '@cartographer/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packZip } from '../advisories/testing/pack-zip.ts';
import { Portfolio } from '../portfolio/portfolio.ts';
import { bill, npm } from '../portfolio/testing/records.ts';
import { sharedMemory } from '../portfolio/testing/shared-memory.ts';
import { archiveChanges } from './archive.ts';
import { emptyReading } from './reading.ts';
import { type Taken, takeInSource } from './take-in.ts';
import { osv } from './testing/osv-records.ts';

const { signal } = new AbortController();
const clock = createFakeClock();
type Answer = {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer | string;
  readonly cut?: boolean;
};

let server: Server;
let url: string;
let answer: (path: string) => Answer;
let asked: IncomingHttpHeaders[];
let portfolio: Portfolio;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.headers);
    const { status = 200, headers = {}, body = '', cut = false } = answer(request.url ?? '');
    const isKnown = headers['etag'] !== undefined && request.headers['if-none-match'] === headers['etag'];
    response.writeHead(isKnown ? 304 : status, headers);
    if (cut) {
      response.write(body);
      response.socket?.end();
    } else {
      response.end(isKnown ? '' : body);
    }
  });
  // Left to itself, it closes what rests for five seconds: on a busy machine, just when the next test asks again.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(async () => {
  asked = [];
  portfolio = await Portfolio.open({ database: sharedMemory(), clock });
});

function zip(...texts: readonly string[]): Buffer {
  return packZip(texts.map((bytes) => ({ name: `${(JSON.parse(bytes) as { id: string }).id}.json`, bytes })));
}

const take = (from: string = `${url}/npm/all.zip`, authorization?: string): Promise<Taken> =>
  takeInSource(
    portfolio,
    { name: 'osv', type: 'Archive', from, ...(authorization !== undefined && { authorization }) },
    { fetch, clock, signal },
  );

function serve(body: Buffer | string, headers: Record<string, string> = {}): void {
  answer = () => ({ body, headers });
}

async function keptIds(): Promise<readonly string[]> {
  return [...(await portfolio.digestsOf('osv')).keys()].toSorted();
}

describe('a source that is an archive', () => {
  it('is fetched again only when it has changed, and only what differs is parsed', async () => {
    serve(zip(osv('A-1'), osv('B-1')), { etag: '"one"', 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT' });
    const first = await take();
    expect(first).toMatchObject({
      isChanged: true,
      revision: '2026-01-01T00:00:00.000Z "one"',
      reading: { records: 2 },
    });
    expect(await take()).toEqual({ isChanged: false, revision: first.revision });
    expect(asked.map((headers) => [headers['if-none-match'], headers['if-modified-since']])).toEqual([
      [undefined, undefined],
      ['"one"', 'Thu, 01 Jan 2026 00:00:00 GMT'],
    ]);
    serve(zip(osv('A-1', 'a', { modified: '2026-02-01T00:00:00Z' }), osv('B-1')), { etag: '"two"' });
    expect(await take()).toMatchObject({
      revision: '"two"',
      reading: { parsed: 1 },
      counts: { changed: 1, withdrawn: 0 },
    });
  });

  it('without an ETag is told by its content', async () => {
    serve(zip(osv('A-1')));
    const first = await take();
    expect(first.revision).toMatch(/^sha256:/);
    expect(await take()).toMatchObject({ revision: first.revision, reading: { parsed: 0 } });
    expect(asked[1]?.['if-none-match']).toBeUndefined();
  });

  it('may be a file', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'carto-archive-')), 'all.zip');
    writeFileSync(file, zip(osv('A-1')));
    expect(await take(file)).toMatchObject({ isChanged: true, reading: { records: 1 } });
    expect(await take(file)).toMatchObject({ isChanged: false });
    rmSync(dirname(file), { recursive: true });
    await expect(take(file)).rejects.toThrow(`advisories: archive ${file} cannot be read: ENOENT`);
    expect(await keptIds()).toEqual(['A-1']);
  });

  it('names files that cannot be read, a bomb and a large one among them, and the rest counts', async () => {
    const bomb = Buffer.alloc(15 * 1024 * 1024, 'x');
    serve(
      packZip([
        { name: 'A-1.json', bytes: osv('A-1') },
        { name: 'B-1.json', bytes: '{"id": "B-1"' },
        { name: 'bomb.json', bytes: bomb },
        { name: 'large.json', bytes: '{}', size: 50 * 1024 * 1024 },
        { name: 'notes.txt', bytes: 'nothing' },
        { name: 'more.zip', bytes: 'nested' },
      ]),
    );
    const { reading } = (await take()) as Extract<Taken, { isChanged: true }>;
    expect(reading).toMatchObject({ records: 1, unreadCount: 4 });
    expect(reading.unread.map(({ what, why }) => `${what} ${why}`)).toEqual([
      expect.stringContaining('B-1.json is not JSON, or cut off'),
      'bomb.json unpacks to 200 times its size',
      'large.json is larger than 16 MiB',
      'more.zip is in a form that is not read here: JSON is',
    ]);
  });

  it.each<[string, (whole: Buffer) => Answer, string]>([
    ['cut off', (whole) => ({ body: whole.subarray(0, -40) }), 'is cut off, or no zip archive'],
    ['no archive', () => ({ body: '<html>welcome</html>' }), 'is cut off, or no zip archive'],
    ['empty', () => ({ body: packZip([]) }), 'has 0 records where 4 are kept'],
    ['less than half of what it was', () => ({ body: zip(osv('A-1')) }), 'has 1 records where 4 are kept'],
    ['older', () => ({ headers: { 'last-modified': 'Wed, 31 Dec 2025 23:59:59 GMT' } }), 'went back from 2026-01-01'],
    [
      'cut by the network',
      (whole) => ({ body: whole.subarray(0, 50), headers: { 'content-length': '9999' }, cut: true }),
      '127.0.0.1:',
    ],
    ['forbidden', () => ({ status: 403, body: 'secret words' }), 'answers 403'],
    ['in a circle', () => ({ status: 302, headers: { location: '/again' } }), 'redirects more than 5 times'],
    [
      'elsewhere without TLS',
      () => ({ status: 302, headers: { location: 'http://osv.invalid/' } }),
      'osv.invalid is asked by plain HTTP',
    ],
  ])('that is %s takes nothing away', async (_what, broken, message) => {
    const whole = zip(osv('A-1'), osv('B-1'), osv('C-1'), osv('D-1'));
    const { digest } = await portfolio.putBill({ digest: 'image' }, bill(npm('a', '1.0.0')));
    serve(whole, { 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT' });
    const { revision } = await take();
    answer = () => ({ body: whole, ...broken(whole) });
    const failing = take();
    await expect(failing).rejects.toMatchObject({ name: 'CartoError', code: 'CARTO_ADVISORIES' });
    await expect(failing).rejects.toThrow(message);
    await expect(failing).rejects.not.toThrow('secret words');
    expect(await keptIds()).toEqual(['A-1', 'B-1', 'C-1', 'D-1']);
    expect(await portfolio.findingsOf(digest)).toHaveLength(4);
    expect(await portfolio.revisionOf('osv')).toBe(revision);
  });

  it('half of what it was is taken in, and what is gone goes', async () => {
    serve(zip(osv('A-1'), osv('B-1')));
    await take();
    serve(zip(osv('A-1')));
    expect(await take()).toMatchObject({ counts: { withdrawn: 1 } });
    expect(await keptIds()).toEqual(['A-1']);
  });

  it('gives up what is no longer wanted, however much that is', async () => {
    const curl = { affected: [{ package: { ecosystem: 'Debian:12', name: 'curl' }, versions: ['1'] }] };
    serve(zip(osv('A-1'), osv('B-1'), osv('C-1'), osv('D-1', 'curl', curl)), { etag: '"one"' });
    await take();
    const source = { name: 'osv', type: 'Archive', from: url, ecosystems: ['Debian'] } as const;
    const taken = await takeInSource(portfolio, source, { fetch, clock, signal });
    expect(taken).toMatchObject({ isChanged: true, reading: { records: 1, leftOut: 3 }, counts: { withdrawn: 3 } });
    expect(await takeInSource(portfolio, source, { fetch, clock, signal })).toMatchObject({ isChanged: false });
  });

  it('with an older text of one record keeps the newer one', async () => {
    serve(zip(osv('A-1', 'a', { modified: '2026-03-01T00:00:00Z' }), osv('B-1')));
    await take();
    serve(zip(osv('A-1', 'other', { modified: '2026-02-01T00:00:00Z' }), osv('B-1')));
    expect(await take()).toMatchObject({ counts: { older: 1, changed: 0, packages: 0 } });
  });

  it('with no record at all is refused from the start', async () => {
    serve(packZip([{ name: 'A-1.json', bytes: 'broken' }]));
    await expect(take()).rejects.toThrow('it has no OSV record that counts');
    expect(await portfolio.revisionOf('osv')).toBeUndefined();
  });

  it('with more files, or more in them, than is read is refused', async () => {
    const limits = { maxEntries: 2, maxEntryBytes: 1_000, maxTotalBytes: 10_000 };
    const read = async (body: Buffer): Promise<unknown> => {
      serve(body);
      const options = { from: url, revision: '', kept: new Map(), fetch, clock, signal, limits };
      const changes = await archiveChanges(emptyReading(), options);
      return changes && portfolio.applyChange('osv', changes);
    };
    expect(await read(zip(osv('A-1'), osv('B-1')))).toMatchObject({ added: 2 });
    await expect(read(zip(osv('A-1'), osv('B-1'), osv('C-1')))).rejects.toThrow('has 3 files; 2 are the most');
  });
});
