import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { packZip } from '../advisories/testing/pack-zip.ts';
import { osv } from '../sources/testing/osv-records.ts';
import {
  createScanStage,
  digestFor,
  imageScan,
  npmBill,
  policy,
  type ScanStage,
  scannerWrites,
} from './testing/scan-stage.ts';

type Answer = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
};

/** A stage whose one source is an archive on a real server. */
type ArchiveStage = ScanStage & {
  answer: Answer;
  asked: number;
  /** What happens between a question and its answer. */
  meanwhile?: () => Promise<void>;
};

/** An {@link ArchiveStage}, and a scan that passes by it for two hours. */
async function settledWith(): Promise<ArchiveStage> {
  const stage = await archiveStage();
  await stage.apply(imageScan('app', 1));
  await stage.restart();
  return stage;
}

async function archiveStage(): Promise<ArchiveStage> {
  const reply = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    stage.asked += 1;
    await stage.meanwhile?.();
    const { status = 200, headers = {}, body = Buffer.alloc(0) } = stage.answer;
    const isKnown = headers['etag'] !== undefined && request.headers['if-none-match'] === headers['etag'];
    response.writeHead(isKnown ? 304 : status, headers).end(isKnown ? undefined : body);
  };
  const server = createServer((request, response) => void reply(request, response));
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const inner = await createScanStage({ destinations: { allowed: [host], plainHttp: [host] } });
  const answer: Answer = archive('"one"', osv('A-1', 'other'));
  const stage: ArchiveStage = Object.assign(inner, { answer, asked: 0 });
  const dispose = inner[Symbol.asyncDispose].bind(inner);
  stage[Symbol.asyncDispose] = async () => {
    await dispose();
    server.closeAllConnections();
    server.close();
  };
  stage.bills.set(digestFor(1), npmBill(['left', '1.0.0']));
  const source = `
apiVersion: scanning.carto.run/v1alpha1
kind: ClusterVulnerabilitySource
metadata: {name: osv}
spec: {type: Archive, url: 'http://${host}/all.zip'}
---
`;
  const gate = policy('gate', ', advisories: {maxAge: 2h}').replace('High', 'Low');
  await stage.apply(`${gate}${source}`);
  return stage;
}

function archive(etag: string, ...records: readonly string[]): Answer {
  const files = records.map((bytes) => ({ name: `${(JSON.parse(bytes) as { id: string }).id}.json`, bytes }));
  return { body: packZip(files), headers: { etag } };
}

async function fetched(stage: ScanStage): Promise<string> {
  const { status } = await stage.get('ClusterVulnerabilitySource', 'osv');
  const { conditions = [] } = status as {
    conditions?: { type: string; status: string; reason: string; message: string }[];
  };
  const found = conditions.find(({ type }) => type === 'Fetched');
  return `${found?.status} ${found?.reason} ${found?.message}`.trim();
}

const ONE_SOURCE = { 'update clustervulnerabilitysources/status': 1 };

describe('an archive of the running scanner', () => {
  it('that is the same is no write, and one that changed moves the scans that it touches', async () => {
    await using stage = await settledWith();
    expect((await stage.status('app')).verdict?.result).toBe('Passed');
    let since = stage.audit.length;
    await stage.interval();
    expect(scannerWrites(stage, since)).toEqual({});
    stage.answer = archive('"two"', osv('A-1', 'other'), osv('B-1', 'left'));
    since = stage.audit.length;
    await stage.interval();
    expect(scannerWrites(stage, since)).toEqual({ 'update imagescans/status': 1, 'create events': 1, ...ONE_SOURCE });
    expect((await stage.status('app')).verdict?.result).toBe('Refused');
  });

  it('tells a scan that was judged first while it was read what it covers now', async () => {
    await using stage = await archiveStage();
    const elsewhere = [{ package: { ecosystem: 'Debian:12', name: 'curl' }, versions: ['1'] }];
    stage.answer = archive('"one"', osv('A-1', '', { affected: elsewhere }));
    await stage.restart();
    stage.answer = archive('"two"', osv('A-1', '', { affected: elsewhere }), osv('B-1', 'other'));
    stage.meanwhile = async () => {
      stage.meanwhile = async () => {};
      await stage.apply(imageScan('app', 1));
      while ((await stage.status('app')).verdict === undefined) await new Promise(setImmediate);
      expect((await stage.status('app')).inventory?.uncovered).toEqual(['npm']);
    };
    await stage.interval();
    expect((await stage.status('app')).inventory?.uncovered).toEqual([]);
    expect((await stage.status('app')).verdict?.result).toBe('Passed');
  });

  it('whose server is gone for longer than maxAge says so once, and its scans are refused once', async () => {
    await using stage = await settledWith();
    const since = stage.audit.length;
    stage.answer = { status: 503 };
    await stage.clock.advance(3 * 3_600_000);
    await stage.settled();
    expect(await fetched(stage)).toMatch(/^False FetchFailed advisories: 127\.0\.0\.1:[0-9]+ answers 503$/);
    expect(scannerWrites(stage, since)).toEqual({ 'update imagescans/status': 1, 'create events': 1, ...ONE_SOURCE });
    expect((await stage.status('app')).verdict?.result).toBe('Refused');
    stage.answer = archive('"one"', osv('A-1', 'other'));
    await stage.interval();
    expect(await fetched(stage)).toBe('True Fetched');
    expect((await stage.status('app')).verdict?.result).toBe('Passed');
  });

  it('whose server asks for a pause is left alone for it', async () => {
    await using stage = await settledWith();
    stage.answer = { status: 429, headers: { 'retry-after': '1800' } };
    await stage.interval();
    expect(await fetched(stage)).toContain('False RateLimited');
    stage.asked = 0;
    await stage.clock.advance(1_700_000);
    await stage.settled();
    expect(stage.asked).toBe(0);
    await stage.clock.advance(200_000);
    expect(stage.asked).toBeGreaterThan(0);
  });

  it.each<[string, () => Answer, string]>([
    ['wants a login', () => ({ status: 401 }), 'answers 401'],
    ['is cut off', () => ({ body: packZip([{ name: 'A-1.json', bytes: osv('A-1') }]).subarray(0, 60) }), 'is cut off'],
    [
      'goes back',
      () => ({ ...archive('"old"'), headers: { 'last-modified': 'Wed, 31 Dec 2025 00:00:00 GMT' } }),
      'went back from 2026-01-01',
    ],
    [
      'is a bomb',
      () => ({ body: packZip([{ name: 'A-1.json', bytes: Buffer.alloc(15e6, 'x') }]) }),
      'has 0 records where',
    ],
  ])('that %s changes no scan, and says so', async (_what, answer, said) => {
    await using stage = await settledWith();
    const modified = { 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT' };
    stage.answer = { ...archive('"two"', osv('A-1', 'other'), osv('A-2', 'other')), headers: modified };
    await stage.interval();
    const since = stage.audit.length;
    stage.answer = answer();
    await stage.interval();
    expect(await fetched(stage)).toContain(said);
    expect(scannerWrites(stage, since)).toEqual(ONE_SOURCE);
    expect((await stage.status('app')).verdict?.result).toBe('Passed');
  });
});
