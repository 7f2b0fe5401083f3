import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import type { Call, Chapter } from './matrix.ts';
import { type Answer, normalise } from './normalise.ts';
import { createKubectl, type Kubectl, type KubectlResult } from './runner.ts';

/** How often, and how long apart, a call is repeated that a real server answers only after a while. */
const LATE = { attempts: 50, pauseMs: 200 } as const;

/** Where a chapter is played. */
export type Stage = { readonly kubectl: string; readonly kubeconfig: string; readonly folder: string };

/**
 * Makes the calls of a chapter, one after the other, in a namespace of the chapter's name, which is there afterwards.
 * @throws Error when the chapter cannot be begun
 */
export async function playChapter(chapter: Chapter, stage: Stage): Promise<Readonly<Record<string, Answer>>> {
  const namespace = `chapter-${chapter.name}`;
  const folder = join(stage.folder, chapter.name);
  await mkdir(folder, { recursive: true });
  const kubectl = createKubectl(stage.kubectl, folder, stage.kubeconfig, 'one-by-one');
  const begin: readonly Call[] = [
    { name: 'namespace', run: 'create namespace NS' },
    { name: 'authority', run: 'get cm kube-root-ca.crt', late: true },
    { name: 'account', run: 'get sa default', late: true },
    ...chapter.before,
  ];
  for (const call of begin) {
    const { code, err } = await make(call, kubectl, namespace, folder);
    if (code !== 0) throw new Error(`chapter ${chapter.name} cannot begin: kubectl ${call.run}: ${err}`);
  }
  const answers: Record<string, Answer> = {};
  for (const call of chapter.calls) {
    answers[call.name] = normalise(call, await make(call, kubectl, namespace, folder), namespace);
  }
  return answers;
}

async function make(call: Call, kubectl: Kubectl, namespace: string, folder: string): Promise<KubectlResult> {
  const fill = (text: string): string => text.replaceAll('NS', namespace);
  for (const [name, text] of Object.entries(call.files ?? {})) await writeFile(join(folder, name), fill(text));
  const { until, meanwhile } = call;
  if (until !== undefined) {
    const also = async (): Promise<unknown> =>
      meanwhile === undefined ? undefined : kubectl.run(args(fill(meanwhile), namespace));
    return { code: 0, out: await kubectl.follow(args(fill(call.run), namespace), until, also, call.begins), err: '' };
  }
  for (let attempt = 1; ; attempt += 1) {
    const result = await kubectl.run(args(fill(call.run), namespace), {
      ...(call.stdin === undefined ? {} : { stdin: fill(call.stdin) }),
      ...(call.editor === undefined ? {} : { env: { KUBE_EDITOR: call.editor } }),
    });
    if (call.late !== true || attempt === LATE.attempts || (result.code === 0 && result.err === '')) return result;
    await pause(LATE.pauseMs);
  }
}

function args(run: string, namespace: string): readonly string[] {
  return ['-n', namespace, ...splitArguments(run)];
}

/** Splits a command line at blanks; quotes keep blanks together. */
export function splitArguments(run: string): readonly string[] {
  return (run.match(/(?:'[^']*'|\S)+/g) ?? []).map((part) => part.replaceAll("'", ''));
}
