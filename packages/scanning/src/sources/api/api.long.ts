import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { BillPackage } from '@cartographer/bills';
import { createFakeClock } from '@cartographer/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packZip } from '../../advisories/testing/pack-zip.ts';
import { Portfolio } from '../../portfolio/portfolio.ts';
import { bill, npm } from '../../portfolio/testing/records.ts';
import { sharedMemory } from '../../portfolio/testing/shared-memory.ts';
import { archiveChanges } from '../archive.ts';
import { emptyReading } from '../reading.ts';
import { type Taken, takeInSource } from '../take-in.ts';
import { osv } from '../testing/osv-records.ts';
import { type OsvServer, startOsvServer } from '../testing/osv-server.ts';

const FOLDER = join(import.meta.dirname, '../../../testdata/agreement');
const { signal } = new AbortController();
const clock = createFakeClock();
let server: OsvServer;
let portfolio: Portfolio;

beforeEach(async () => {
  server = await startOsvServer();
  portfolio = await Portfolio.open({ database: sharedMemory(), clock });
});
afterEach(() => server[Symbol.asyncDispose]());

const take = (which: 'all' | 'unasked' = 'all', ecosystems?: readonly string[]): Promise<Taken> =>
  takeInSource(
    portfolio,
    { name: 'osv', type: 'Api', url: server.url, which, ...(ecosystems !== undefined && { ecosystems }) },
    { fetch, clock, signal },
  );

async function changed(...asked: Parameters<typeof take>): Promise<Taken & { readonly isChanged: true }> {
  const taken = await take(...asked);
  if (!taken.isChanged) throw new Error('nothing was asked');
  return taken;
}

function serve(...records: readonly string[]): void {
  server.records.clear();
  for (const record of records) server.records.set((JSON.parse(record) as { id: string }).id, record);
}

async function keptIds(): Promise<readonly string[]> {
  return [...(await portfolio.digestsOf('osv')).keys()].toSorted();
}

const putBill = (digest: string, ...packages: readonly BillPackage[]) =>
  portfolio.putBill({ digest }, bill(...packages));
const scope = { source: 'osv' };

describe('a source that is an API', () => {
  it('is asked for the packages of bills, and only what is new or was modified is fetched', async () => {
    await putBill('one', npm('a', '1.0.0'), npm('b', '1.0.0'));
    serve(osv('A-1', 'a'), osv('B-1', 'b'), osv('C-1', 'c'));
    expect(await changed()).toMatchObject({ reading: { records: 2, parsed: 2 }, counts: { added: 2 } });
    expect(server.asked).toEqual(['POST querybatch 2', 'GET A-1', 'GET B-1']);
    server.asked.length = 0;
    const { revision } = await changed();
    expect(server.asked).toEqual(['POST querybatch 2']);
    serve(osv('A-1', 'a', { modified: '2026-02-01T00:00:00Z' }), osv('B-1', 'b'), osv('D-1', 'b'));
    server.asked.length = 0;
    const taken = await changed();
    expect(server.asked).toEqual(['POST querybatch 2', 'GET A-1', 'GET D-1']);
    expect(taken).toMatchObject({ reading: { records: 3, parsed: 2 }, counts: { added: 1, changed: 1, withdrawn: 0 } });
    expect(taken.revision).not.toBe(revision);
    expect((await changed()).revision).toBe(taken.revision);
  });

  it('gives the findings that all its records give', { timeout: 300_000 }, async () => {
    const read = (file: string): string => gunzipSync(readFileSync(join(FOLDER, file))).toString();
    const lines = read('crates.io.jsonl.gz').trimEnd().split('\n');
    const { components } = JSON.parse(read('cargo.cdx.json.gz')) as { components: readonly BillPackage[] };
    const packages = components.map((component) => ({ ...component, ecosystem: 'crates.io' }));
    serve(...lines);
    server.pageSize = 2;
    const { digest } = await putBill('real', ...packages);
    await take();
    const archive = await Portfolio.open({ database: sharedMemory(), clock });
    await archive.putBill({ digest: 'real' }, bill(...packages));
    const whole = await startOsvServer();
    const records = lines.map((line) => JSON.parse(line) as { id: string });
    whole.play = (_request, response) =>
      !!response.end(packZip(records.map((record) => ({ name: `${record.id}.json`, bytes: JSON.stringify(record) }))));
    const changes = await archiveChanges(emptyReading(), {
      from: whole.url,
      revision: '',
      kept: new Map(),
      fetch,
      clock,
      signal,
    });
    if (changes !== undefined) await archive.applyChange('osv', changes);
    const since = (kept: { readonly since: string }): object => ({ ...kept, since: '' });
    const found = (await portfolio.findingsOf(digest)).map(since);
    expect(found.length).toBeGreaterThan(1_000);
    expect(found).toEqual((await archive.findingsOf(digest)).map(since));
    await whole[Symbol.asyncDispose]();
  });

  it('is asked for the packages of a new bill alone, and nothing goes then', async () => {
    const first = await putBill('one', npm('a', '1.0.0'));
    serve(osv('A-1', 'a'), osv('B-1', 'b'));
    await take();
    expect(await portfolio.isAskedFor(scope, first.digest)).toBe(true);
    const second = await putBill('two', npm('a', '1.5.0'), npm('b', '1.0.0'));
    expect(await portfolio.isAskedFor(scope, second.digest)).toBe(false);
    serve(osv('B-1', 'b'));
    server.asked.length = 0;
    expect(await changed('unasked')).toMatchObject({ counts: { added: 1, withdrawn: 0 } });
    expect(server.asked).toEqual(['POST querybatch 1', 'GET B-1']);
    expect(await portfolio.isAskedFor(scope, second.digest)).toBe(true);
    expect(await portfolio.isAskedFor({ source: 'other' }, second.digest)).toBe(false);
    expect(await keptIds()).toEqual(['A-1', 'B-1']);
    expect(await take('unasked')).toMatchObject({ isChanged: false });
    expect((await portfolio.findingsOf(second.digest)).map(({ id }) => id)).toEqual(['A-1', 'B-1']);
  });

  it('is asked by the name that a bill has and by the one of all spellings, once for all versions and releases', async () => {
    const crate = (name: string): BillPackage => ({
      name,
      version: '1.0.0',
      purl: `pkg:cargo/${name}@1.0.0`,
      ecosystem: 'crates.io',
    });
    const deb = (release: string): BillPackage => ({
      name: 'libcurl4',
      version: '1',
      purl: `pkg:deb/debian/libcurl4@1?distro=${release}`,
      ecosystem: `Debian:${release}`,
      source: { name: 'curl', version: '1' },
    });
    await putBill('one', crate('serde_json'), crate('serde_json'), deb('11'), deb('12'));
    const names: unknown[] = [];
    server.play = () => false;
    const asked: string[] = [];
    const spy: typeof fetch = async (url, init) => {
      names.push(
        ...(JSON.parse(typeof init?.body === 'string' ? init.body : '{}').queries ?? []).map(
          (query: { package: object }) => query.package,
        ),
      );
      asked.push(url instanceof URL ? url.href : '');
      return fetch(url, init);
    };
    await takeInSource(
      portfolio,
      { name: 'osv', type: 'Api', url: `${server.url}/v1/`, which: 'all' },
      { fetch: spy, clock, signal },
    );
    expect(names).toEqual([
      { ecosystem: 'crates.io', name: 'serde_json' },
      { ecosystem: 'crates.io', name: 'serde-json' },
      { ecosystem: 'Debian', name: 'curl' },
    ]);
    expect(asked).toEqual([`${server.url}/v1/querybatch`]);
  });

  it('is read page by page', async () => {
    await putBill('one', npm('a', '1.0.0'), npm('b', '1.0.0'));
    serve(...Array.from({ length: 7 }, (_, at) => osv(`A-${at}`, 'a')), osv('B-1', 'b'));
    server.pageSize = 2;
    expect(await changed()).toMatchObject({ reading: { records: 8 } });
    expect(server.asked.filter((line) => line.startsWith('POST'))).toEqual([
      'POST querybatch 2',
      'POST querybatch 1',
      'POST querybatch 1',
      'POST querybatch 1',
    ]);
  });

  it('is asked for no more packages at once than it takes', async () => {
    await putBill('one', ...Array.from({ length: 1_001 }, (_, at) => npm(`a-${at}`, '1.0.0')));
    await take();
    expect(server.asked).toEqual(['POST querybatch 1000', 'POST querybatch 1']);
  });

  it('takes back what was withdrawn, what speaks of another package, and what is of no bill any more', async () => {
    await putBill('one', npm('a', '1.0.0'), npm('b', '1.0.0'));
    serve(osv('A-1', 'a'), osv('A-2', 'a'), osv('A-3', 'a'), osv('B-1', 'b'), osv('B-2', 'b'));
    await take();
    serve(
      osv('A-1', 'a', { withdrawn: '2026-03-01T00:00:00Z' }),
      osv('A-2', 'elsewhere'),
      osv('A-3', 'a'),
      osv('B-1', 'b'),
    );
    expect(await changed()).toMatchObject({ reading: { withheld: 0 }, counts: { withdrawn: 3 } });
    expect(await keptIds()).toEqual(['A-3', 'B-1']);
    await clock.advance(40 * 86_400_000);
    await putBill('two', npm('a', '2.0.0'));
    await portfolio.forgetBills(86_400_000);
    expect(await changed()).toMatchObject({ counts: { withdrawn: 1 } });
    expect(await keptIds()).toEqual(['A-3']);
  });

  it('that lists less than it has takes nothing away', async () => {
    await putBill('one', npm('a', '1.0.0'));
    serve(osv('A-1', 'a'), osv('A-2', 'a'));
    await take();
    server.play = (request, response) => request.method === 'POST' && !!response.end('{"results": [{}]}');
    expect(await changed()).toMatchObject({ reading: { withheld: 2 }, counts: { withdrawn: 0 } });
    expect(await keptIds()).toEqual(['A-1', 'A-2']);
  });

  it.each<[string, OsvServer['play'], string]>([
    ['that has lost its records', () => false, 'it has 0 records where 4 are kept, which stay'],
    ['that fails', (_request, response) => !!response.writeHead(500).end('secret words'), 'answers 500'],
    ['that is none', (_request, response) => !!response.writeHead(404).end(), 'answers 404: it is no API of OSV'],
    [
      'that says nothing of use',
      (_request, response) => !!response.end('{"results": []}'),
      'is not a list of as many results',
    ],
    [
      'that lists what is none',
      (_request, response) => !!response.end('{"results": [{"vulns": [7]}]}'),
      'lists a record without an id',
    ],
    ['whose answer is cut off', (_request, response) => !!response.end('{"results": [{"vu'), 'is not JSON, or cut off'],
    [
      'whose answer is cut off by the network',
      (_request, response) => {
        response.writeHead(200, { 'content-length': 999 }).write('{"results"');
        return !!response.socket?.end();
      },
      'cannot be asked: ',
    ],
    [
      'that moved',
      (_request, response) => !!response.writeHead(301, { location: 'http://elsewhere.invalid/' }).end(),
      'redirects',
    ],
    [
      'whose pages lead around in a circle',
      (_request, response) => !!response.end('{"results": [{"vulns": [], "next_page_token": "again"}]}'),
      'names a page as the next of itself',
    ],
  ])('%s takes nothing away, and says so', async (_what, play, message) => {
    const { digest } = await putBill('one', npm('a', '1.0.0'));
    serve(osv('A-1'), osv('A-2'), osv('A-3'), osv('A-4'));
    const { revision } = await changed();
    server.records.clear();
    server.play = play;
    const failing = take();
    await expect(failing).rejects.toMatchObject({ name: 'CartoError', code: 'CARTO_ADVISORIES' });
    await expect(failing).rejects.toThrow(message);
    await expect(failing).rejects.not.toThrow('secret words');
    expect(await keptIds()).toEqual(['A-1', 'A-2', 'A-3', 'A-4']);
    expect(await portfolio.findingsOf(digest)).toHaveLength(4);
    expect(await portfolio.revisionOf('osv')).toBe(revision);
    expect(await portfolio.isAskedFor(scope, digest)).toBe(true);
  });

  it('names records that cannot be read, and the rest counts', async () => {
    const { digest } = await putBill('one', npm('a', '1.0.0'));
    serve(osv('A-1', 'a'), osv('B-1', 'a'), osv('C-1', 'a'), osv('D-1', 'a'), osv('E-1', 'a'));
    server.play = (request, response) => {
      if (request.method === 'POST') {
        const ids = ['A-1', 'B-1', 'C-1', 'D-1', 'E-1', '../../etc/passwd', 'x'.repeat(200)];
        response.end(
          JSON.stringify({ results: [{ vulns: ids.map((id) => ({ id, modified: '2026-01-01T00:00:00Z' })) }] }),
        );
        return true;
      }
      if (request.url?.endsWith('B-1') === true) response.end('{"id": "B-1"');
      else if (request.url?.endsWith('C-1') === true) response.writeHead(404).end();
      else if (request.url?.endsWith('D-1') === true) response.end(osv('Z-1', 'a'));
      else if (request.url?.endsWith('E-1') === true) response.end(Buffer.alloc(17 * 1024 * 1024, ' '));
      else return false;
      return true;
    };
    const { reading } = await changed();
    expect(reading.unread.map(({ what, why }) => `${what} ${why}`)).toEqual([
      '"../../etc/passwd" is no id of a record',
      expect.stringContaining('is no id of a record'),
      expect.stringContaining('B-1 is not JSON, or cut off'),
      'C-1 is listed, and not there',
      'D-1 is given as the record Z-1',
      'E-1 is larger than 16 MiB',
    ]);
    expect((await portfolio.findingsOf(digest)).map(({ id }) => id)).toEqual(['A-1']);
    expect(server.asked.filter((line) => line.includes('etc'))).toEqual([]);
  });

  it('names packages that it does not take, which count as not asked, and asks for the others', async () => {
    const odd: BillPackage = { name: 'odd', version: '1', purl: '', ecosystem: 'Unheard' };
    const first = await putBill('one', npm('a', '1.0.0'));
    const second = await putBill('two', npm('b', '1.0.0'), odd);
    serve(osv('A-1', 'a'), osv('B-1', 'b'));
    const { reading } = await changed();
    expect(reading.unread).toEqual([
      { what: 'Unheard odd', why: expect.stringContaining('leave its ecosystem out by `ecosystems`') },
    ]);
    expect(await keptIds()).toEqual(['A-1', 'B-1']);
    expect(await portfolio.isAskedFor(scope, first.digest)).toBe(true);
    expect(await portfolio.isAskedFor(scope, second.digest)).toBe(false);
    expect(await portfolio.isAskedFor({ ...scope, ecosystems: ['npm'] }, second.digest)).toBe(true);
    server.asked.length = 0;
    await take('all', ['npm']);
    expect(server.asked[0]).toBe('POST querybatch 2');
  });

  it('says how long it is to be left alone', async () => {
    await putBill('one', npm('a', '1.0.0'));
    for (const [status, header, afterMs] of [
      [429, '120', 120_000],
      [503, new Date(clock.now() + 30_000).toUTCString(), 30_000],
      [429, undefined, undefined],
      [500, '120', undefined],
    ] as const) {
      server.play = (_request, response) =>
        !!response.writeHead(status, header === undefined ? {} : { 'retry-after': header }).end();
      await expect(take()).rejects.toMatchObject({
        message: `advisories: ${new URL(server.url).host} answers ${status}`,
        afterMs,
      });
    }
  });

  it('with a feed that goes backwards keeps what is newer', async () => {
    await putBill('one', npm('a', '1.0.0'));
    serve(osv('A-1', 'a', { modified: '2026-03-01T00:00:00Z' }));
    await take();
    serve(osv('A-1', 'elsewhere', { modified: '2026-02-01T00:00:00Z' }), osv('A-2', 'a'));
    server.play = (request, response) =>
      request.method === 'POST' &&
      !!response.end('{"results": [{"vulns": [{"id": "A-1", "modified": "2026-02-01T00:00:00Z"}, {"id": "A-2"}]}]}');
    server.asked.length = 0;
    expect(await changed()).toMatchObject({ reading: { records: 2 }, counts: { added: 1, changed: 0 } });
    expect(server.asked).toEqual(['POST querybatch 1', 'GET A-2']);
  });

  it('that does not end is ended', async () => {
    const time = createFakeClock();
    await putBill('one', npm('a', '1.0.0'));
    const begun = new Promise<void>((resolve) => {
      server.play = (_request, response) => {
        response.writeHead(200).write('{');
        resolve();
        return true;
      };
    });
    const source = { name: 'osv', type: 'Api', url: server.url, which: 'all' } as const;
    const endless = takeInSource(portfolio, source, { fetch, clock: time, signal });
    await begun;
    await Promise.all([expect(endless).rejects.toThrow('takes longer than 60 seconds'), time.advance(60_000)]);
  });

  it('what was fetched before it failed is not fetched again', async () => {
    const many = Array.from({ length: 600 }, (_, at) => osv(`A-${at}`, 'a'));
    await putBill('one', npm('a', '1.0.0'));
    serve(...many);
    server.play = (request, response) => request.url?.endsWith('A-599') === true && !!response.writeHead(500).end();
    await expect(take()).rejects.toThrow('answers 500');
    server.play = () => false;
    server.asked.length = 0;
    expect(await changed()).toMatchObject({ reading: { records: 600 } });
    expect(server.asked.length).toBeLessThan(200);
  });
});
