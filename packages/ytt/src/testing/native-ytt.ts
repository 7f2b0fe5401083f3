import { spawn } from 'node:child_process';
import { goJson, type JsonObject } from '@cartographer/machinery';
import type { NativeAnswer } from './templates.ts';

const DEADLINE_MS = 4_000;

/** Runs the ytt command as upstream does: a process for each render, killed after 4 s. */
export function renderNatively(program: string, template: string, values: JsonObject = {}): Promise<NativeAnswer> {
  const keys = Object.keys(values).toSorted();
  const flags = keys.flatMap((key) => ['--data-value-yaml', `${key}=${goJson(values[key])}`]);
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['-f', '-', ...flags], {
      env: {},
      stdio: 'pipe',
      timeout: DEADLINE_MS,
      killSignal: 'SIGKILL',
    });
    const texts = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        texts[stream] += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code) =>
      resolve(code === 0 ? { kind: 'rendered', text: texts.stdout } : { kind: 'failed', text: texts.stderr }),
    );
    child.stdin.on('error', () => undefined); // it may end without having read all
    child.stdin.end(template);
  });
}
