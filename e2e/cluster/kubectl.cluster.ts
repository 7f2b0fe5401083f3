import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { startCluster, type TestCluster } from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { descriptorTable, TABLE } from '../../packages/apiserver/generate-protobuf.ts';
import { chapters } from '../../packages/apiserver/src/front/kubectl/testing/matrix.ts';
import { playChapter } from '../../packages/apiserver/src/front/kubectl/testing/play-chapter.ts';
import {
  type Recording,
  readRecording,
  recordingFile,
} from '../../packages/apiserver/src/front/kubectl/testing/recording.ts';
import { createKubectl, findKubectl, kubectlMinor } from '../../packages/apiserver/src/front/kubectl/testing/runner.ts';

/** `KUBECTL_RECORD=1` writes down what the real server answers instead of comparing it. */
const isRecording = process.env['KUBECTL_RECORD'] === '1';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

describe('the recorded answers to kubectl', () => {
  test('are those of a real server', async () => {
    const kubectl = findKubectl() ?? cluster.programs.pathOf('kubectl');
    const minor = await kubectlMinor(kubectl);
    const folder = join(cluster.folder, 'kubectl');
    mkdirSync(folder);
    const stage = { kubectl, folder, kubeconfig: cluster.kubeconfig() };
    const recording: Record<string, Recording[string]> = {};
    for (const chapter of chapters) {
      Object.assign(recording, await playChapter(chapter, stage));
      await createKubectl(kubectl, folder, stage.kubeconfig).run(['delete', 'crd', '--all']);
    }
    if (isRecording) writeFileSync(recordingFile(minor), `${JSON.stringify(recording, null, 1)}\n`);
    else expect(recording).toEqual(readRecording(minor));
  });
});

test('the table of protobuf messages is what the Go types say', () => {
  expect(readFileSync(TABLE, 'utf8')).toBe(descriptorTable());
  // The first time the Go types are built.
}, 900_000);
