import { execFile, spawn } from 'node:child_process';
import { accessSync, constants, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** What a kubectl call came to. */
export type KubectlResult = { readonly code: number; readonly out: string; readonly err: string };

/** What a call may be given besides its arguments. */
type KubectlOptions = { readonly stdin?: string; readonly env?: Readonly<Record<string, string>> };

/** Runs the real kubectl against one server. */
export interface Kubectl {
  run(args: readonly string[], options?: KubectlOptions): Promise<KubectlResult>;
  /**
   * Starts kubectl, waits until the lines that it printed match, then ends it. `meanwhile` is called once, when the output matches
   * `begins`. Rejects after the deadline.
   */
  follow(args: readonly string[], until: RegExp, meanwhile: () => Promise<unknown>, begins?: RegExp): Promise<string>;
}

/**
 * The kubectl that the variable KUBECTL names, or the one on the PATH, or undefined. A kubectl of some machines only calls
 * the one that fits the server, of several beside it: then it is the newest of those, so that all tests see the same.
 */
export function findKubectl(): string | undefined {
  const chosen = process.env['KUBECTL'];
  if (chosen !== undefined && chosen !== '') return chosen;
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'kubectl');
    try {
      accessSync(path, constants.X_OK);
      return newestBeside(path) ?? path;
    } catch {
      // not in this folder
    }
  }
  return undefined;
}

function newestBeside(path: string): string | undefined {
  const folder = dirname(realpathSync(path));
  const minors = readdirSync(folder).flatMap(
    (name) => /^kubectl\.1\.(?<minor>\d+)$/.exec(name)?.groups?.['minor'] ?? [],
  );
  return minors.length === 0 ? undefined : join(folder, `kubectl.1.${Math.max(...minors.map(Number))}`);
}

/** The minor version of a kubectl, 33 for 1.33. @throws Error when it does not say */
export async function kubectlMinor(path: string): Promise<number> {
  const { stdout } = await promisify(execFile)(path, ['version', '--client', '-o', 'json']);
  const { clientVersion } = JSON.parse(stdout) as { readonly clientVersion: { readonly minor: string } };
  return Number.parseInt(clientVersion.minor, 10);
}

const DEADLINE_MS = 20_000;

/**
 * A kubectl with a kubeconfig. What it remembers of discovery is below `folder`: each call starts without, unless calls
 * come `one-by-one`.
 */
export function createKubectl(
  path: string,
  folder: string,
  kubeconfig: string,
  calls: 'at-once' | 'one-by-one' = 'at-once',
): Kubectl {
  let count = 0;
  const full = (args: readonly string[]): string[] => {
    if (calls === 'at-once') count += 1;
    return ['--kubeconfig', kubeconfig, '--cache-dir', join(folder, `cache-${count}`), ...args];
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
    follow: (args, until, meanwhile, begins = /./) =>
      new Promise((resolve, reject) => {
        const child = spawn(path, full(args), { env: environment, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
        let out = '';
        let begun = false;
        const late = setTimeout(() => finish(new Error(`no ${String(until)} in: ${out}`)), DEADLINE_MS);
        const finish = (error?: Error): void => {
          clearTimeout(late);
          child.kill('SIGKILL');
          if (error === undefined) resolve(wholeLines(out));
          else reject(error);
        };
        const take = (chunk: Buffer): void => {
          out += chunk.toString();
          if (!begun && begins.test(out)) {
            begun = true;
            meanwhile().catch((error: unknown) => finish(error as Error));
          }
          // What ends in the middle of a line may still grow.
          if (until.test(wholeLines(out))) finish();
        };
        child.stdout.on('data', take);
        child.stderr.on('data', take);
        child.on('error', finish);
      }),
  };
}

function wholeLines(text: string): string {
  return text.slice(0, text.lastIndexOf('\n') + 1);
}
