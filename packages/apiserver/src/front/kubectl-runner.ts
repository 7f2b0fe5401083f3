import { execFile, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What a kubectl call came to. */
type KubectlResult = { readonly code: number; readonly out: string; readonly err: string };

/** What a call may be given besides its arguments. */
type KubectlOptions = { readonly stdin?: string; readonly env?: Readonly<Record<string, string>> };

/** Runs the real kubectl against one server. */
export interface Kubectl {
  run(args: readonly string[], options?: KubectlOptions): Promise<KubectlResult>;
  /** Starts kubectl, waits until its output matches, then ends it. Rejects after the deadline. */
  follow(args: readonly string[], until: RegExp, meanwhile: () => Promise<unknown>): Promise<string>;
}

/** The kubectl that the variable KUBECTL names, or the one on the PATH, or undefined. */
export function findKubectl(): string | undefined {
  const chosen = process.env['KUBECTL'];
  if (chosen !== undefined && chosen !== '') return chosen;
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'kubectl');
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not in this folder
    }
  }
  return undefined;
}

const DEADLINE_MS = 20_000;

/** A kubectl with a kubeconfig; each call has its own discovery cache below `folder`. */
export function createKubectl(path: string, folder: string, kubeconfig: string): Kubectl {
  let calls = 0;
  const full = (args: readonly string[]): string[] => {
    calls += 1;
    return ['--kubeconfig', kubeconfig, '--cache-dir', join(folder, `cache-${calls}`), ...args];
  };
  const environment = { PATH: process.env['PATH'] ?? '', HOME: folder };
  return {
    run: (args, { stdin, env } = {}) =>
      new Promise((resolve) => {
        const options = { env: { ...environment, ...env }, timeout: DEADLINE_MS, cwd: folder };
        const child = execFile(path, full(args), options, (error, out, err) => {
          const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
          resolve({ code, out, err });
        });
        child.stdin?.end(stdin ?? '');
      }),
    follow: (args, until, meanwhile) =>
      new Promise((resolve, reject) => {
        const child = spawn(path, full(args), { env: environment, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
        let out = '';
        let begun = false;
        const late = setTimeout(() => finish(new Error(`no ${String(until)} in: ${out}`)), DEADLINE_MS);
        const finish = (error?: Error): void => {
          clearTimeout(late);
          child.kill('SIGKILL');
          if (error === undefined) resolve(out);
          else reject(error);
        };
        const take = (chunk: Buffer): void => {
          out += chunk.toString();
          if (!begun) {
            begun = true;
            meanwhile().catch((error: unknown) => finish(error as Error));
          }
          if (until.test(out)) finish();
        };
        child.stdout.on('data', take);
        child.stderr.on('data', take);
        child.on('error', finish);
      }),
  };
}
