import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '@cartographer/kube';
import { silentLog } from '@cartographer/machinery';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeeper } from '../../keeper/keeper.ts';
import { until } from '../../testing/laptop.ts';
import { type RunRecord, readRunRecord, writeRunRecord } from './run-record.ts';
import { createTaskRuns, type TaskRuns } from './task-runs.ts';

const KEY = 'default/run';
const THIS = { uid: 'u1', attempt: 0 };

describe('what is known of a run after a crash', () => {
  let folder: string;
  let runs: TaskRuns;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'carto-runs-'));
    const keeper = await createKeeper({ clock: systemClock, log: silentLog, recordFile: join(folder, 'p.json') });
    runs = createTaskRuns({
      folder,
      keeper,
      environment: process.env,
      envValues: () => Promise.resolve([]),
      clock: systemClock,
      log: silentLog,
      onChange: () => undefined,
    });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const kindOf = async (record: RunRecord | string | undefined, hasBegun = false): Promise<string> => {
    const file = runs.places(KEY).recordFile;
    await mkdir(dirname(file), { recursive: true });
    if (typeof record === 'string') await writeFile(file, record);
    else if (record !== undefined) await writeRunRecord(file, record);
    return (await runs.progress(KEY, THIS, hasBegun)).kind;
  };
  const begun: RunRecord = { ...THIS, steps: [{ name: 's', startedMs: 1 }], results: {} };

  it.each<[string, RunRecord | string | undefined, boolean, string]>([
    ['nothing was written: it may be started', undefined, false, 'none'],
    ['nothing was written, but the object says that it was started', undefined, true, 'interrupted'],
    ['a step was about to be started', begun, false, 'interrupted'],
    ['all steps have ended', { ...begun, end: { kind: 'succeeded' } }, false, 'ended'],
    ['the record is of an object of this name before', { ...begun, uid: 'other' }, false, 'none'],
    ['the record is of a later try: who asks is behind', { ...begun, attempt: 1 }, false, 'outdated'],
    ['the record is broken', '{"uid":', false, 'interrupted'],
    ['the record is no record', '[]', false, 'interrupted'],
  ])('%s', async (_case, record, hasBegun, kind) => {
    expect(await kindOf(record, hasBegun)).toBe(kind);
  });

  it('is written down before the first process is started', async () => {
    const places = runs.places(KEY);
    const step = {
      name: 's',
      image: '',
      script: `cp ${places.recordFile} ${join(folder, 'seen.json')}`,
      command: [],
      args: [],
      env: [],
      workingDir: '',
      timeoutMs: 0,
      goesOn: false,
    };
    runs.start(KEY, { ...THIS, namespace: 'default', pod: 'run-pod', places, steps: [step], results: [], folders: [] });
    await until(async () => (await runs.progress(KEY, THIS, false)).kind === 'ended');
    expect(await readRunRecord(join(folder, 'seen.json'))).toMatchObject({ ...THIS, steps: [{ name: 's' }] });
    await runs.close();
  });
});
