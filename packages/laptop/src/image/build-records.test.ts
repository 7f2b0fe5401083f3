import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type BuildRecord,
  buildReason,
  configKey,
  inputsKey,
  readBuildRecords,
  requestKey,
  retained,
  withRequest,
  writeBuildRecords,
} from './build-records.ts';
import type { BuildInputs } from './image.ts';
import { decideBuild } from './image-reconciler.ts';

const inputs: BuildInputs = { url: 'http://x/1', stripComponents: 0, subPath: '', env: [{ name: 'A', value: 'b' }] };
const built = (number: number, digest = `d${number}`, more: Partial<BuildRecord> = {}): BuildRecord => ({
  number,
  name: `web-build-${number}`,
  requests: [`r${number}`],
  inputs: `i${number}`,
  config: 'c',
  reason: 'COMMIT',
  source: `s${number}`,
  finishedAt: number,
  logFile: `${number}.log`,
  result: { kind: 'built', digest },
  ...more,
});
const failed = (number: number): BuildRecord => built(number, '', { result: { kind: 'failed', message: 'no' } });
const numbers = (records: readonly BuildRecord[]): readonly number[] => records.map(({ number }) => number);

describe('the identity of builds', () => {
  it('is in what goes in: the content of the source counts, where it came from does not', () => {
    const moved = { ...inputs, url: 'http://y/2' };
    expect(requestKey(moved)).not.toBe(requestKey(inputs));
    expect(inputsKey(moved, 'sha256:1')).toBe(inputsKey(inputs, 'sha256:1'));
    expect(inputsKey(inputs, 'sha256:2')).not.toBe(inputsKey(inputs, 'sha256:1'));
    expect(configKey(moved)).toBe(configKey({ ...inputs, request: 'again' }));
    expect(configKey({ ...inputs, env: [] })).not.toBe(configKey(inputs));
  });

  it.each([
    ['CONFIG', undefined, { source: 's1', config: 'c' }],
    ['COMMIT', built(1), { source: 's2', config: 'c' }],
    ['COMMIT,CONFIG', built(1), { source: 's2', config: 'd' }],
    ['TRIGGER', built(1), { source: 's1', config: 'c', trigger: 'now' }],
  ])('explains a build by %s', (reason, last, next) => {
    expect(buildReason(last, next)).toBe(reason);
  });
});

describe('what is done about an image', () => {
  const records = [built(1), failed(2)];
  it.each([
    [
      'nothing, when it was built, whatever runs',
      ['r1', records, { request: 'r3' }],
      { kind: 'nothing', build: { number: 1 } },
    ],
    ['nothing, when its build has failed', ['r2', records, undefined], { kind: 'nothing', build: { number: 2 } }],
    ['waiting for its build', ['r3', records, { request: 'r3' }], { kind: 'wait' }],
    ['a build, instead of one for something else', ['r4', records, { request: 'r3' }], { kind: 'start' }],
    ['a build', ['r4', [], undefined], { kind: 'start' }],
  ] as const)('is %s', (_name, [request, known, job], decision) => {
    expect(decideBuild(request, known, job)).toMatchObject(decision);
  });
});

describe('the records of builds', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'carto-records-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are kept by number and kind, with what is in use, and with the newest of all', () => {
    const records = [built(1), built(2), failed(3), built(4), built(5), failed(6)];
    expect(numbers(retained(records, { builds: 1, failures: 1 }, new Set(['d1'])))).toEqual([1, 5, 6]);
    expect(numbers(retained(records, { builds: 9, failures: 9 }, new Set()))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('remember a bounded number of names for the same inputs', () => {
    let records: readonly BuildRecord[] = [built(1), built(2)];
    for (let count = 0; count < 50; count += 1) records = withRequest(records, records[0] as BuildRecord, `n${count}`);
    expect(records[0]?.requests.length).toBe(20);
    expect(records[0]?.requests.at(-1)).toBe('n49');
    expect(records[1]?.requests).toEqual(['r2']);
  });

  it('are read back as they were written, and are none when the file is damaged', async () => {
    const file = join(folder, 'a', 'builds.json');
    expect(await readBuildRecords(file)).toEqual([]);
    await writeBuildRecords(file, [built(1), failed(2)]);
    expect(await readBuildRecords(file)).toEqual([built(1), failed(2)]);
    await writeFile(file, '[{');
    expect(await readBuildRecords(file)).toEqual([]);
  });
});
