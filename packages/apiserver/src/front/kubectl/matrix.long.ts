import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { silentLog } from '@cartographer/machinery';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createApiServer } from '../../api-server.ts';
import { chapters } from './testing/matrix.ts';
import { playChapter } from './testing/play-chapter.ts';
import { realClock } from './testing/real-clock.ts';
import { compared, readRecording } from './testing/recording.ts';
import { findKubectl, kubectlMinor } from './testing/runner.ts';

const path = findKubectl();
const minor = path === undefined ? 0 : await kubectlMinor(path);
const recording = readRecording(minor) ?? {};
const missing = path === undefined ? 'there is no kubectl on the PATH' : `nothing is recorded with kubectl 1.${minor}`;
const isRecorded = Object.keys(recording).length > 0;

test('there are 126 calls, each by its own name', () => {
  const names = chapters.flatMap(({ calls }) => calls.map(({ name }) => name));
  expect(new Set(names).size).toBe(126);
  expect(names).toHaveLength(126);
});

describe.skipIf(!isRecorded)(`kubectl 1.${minor}${isRecorded ? '' : ` (skipped: ${missing})`}`, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'carto-matrix-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.concurrent.each(chapters)(
    'answers about $name as with a real server',
    async (chapter) => {
      const server = await createApiServer({ clock: realClock, log: silentLog });
      try {
        const { url } = await server.listen({ port: 0 });
        const kubeconfig = join(folder, `kubeconfig-${chapter.name}`);
        await writeFile(kubeconfig, server.kubeconfig(url), { mode: 0o600 });
        const answers = await playChapter(chapter, { kubectl: path ?? '', kubeconfig, folder });
        const { actual, expected } = compared(chapter, answers, recording);
        expect(actual).toEqual(expected);
      } finally {
        await server.close();
      }
    },
    120_000,
  );
});
