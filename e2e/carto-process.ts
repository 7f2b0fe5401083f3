import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Client, createClient, createHttpTransport, loadKubeconfig, systemClock } from '@cartographer/kube';
import { parseJson } from '@cartographer/machinery';
import { cartoArgv } from './carto-program.ts';

const run = promisify(execFile);
const POLL_MS = 25;

/** One line of the audit log, in the shape of a Kubernetes audit event. */
export type AuditEntry = {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly userAgent?: string;
  readonly objectRef?: {
    readonly resource: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus: { readonly code: number };
  readonly stageTimestamp: string;
};

/** A `carto up` that runs as a process of its own, as a user runs it. */
export interface CartoProcess {
  readonly pid: number;
  readonly client: Client;
  readonly kubeconfig: string;
  /** The git repository of the example. */
  readonly repository: string;
  /** What it printed so far. */
  output(): string;
  /** Sends a signal and waits for the end; resolves with the exit code, or the signal's name. */
  end(signal: NodeJS.Signals): Promise<number | string>;
}

/** Starts `carto up` on a data folder and waits until its API answers. */
export async function startCarto(
  dataDir: string,
  flags: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<CartoProcess> {
  const kubeconfig = join(dataDir, 'kubeconfig');
  const auditLog = auditFile(dataDir);
  const [program, ...args] = cartoArgv('up', '--data', dataDir, '--port', '0', '--audit-log', auditLog, ...flags);
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = new Promise<number | string>((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 1)),
  );

  await until('carto up is up', () => alive(child, text) && text.includes('Cartographer is up'));
  const transport = createHttpTransport(loadKubeconfig({ env: {}, path: kubeconfig, clock: systemClock }));
  return {
    pid: child.pid ?? 0,
    client: createClient({ transport, clock: systemClock }),
    kubeconfig,
    repository: join(dataDir, 'hello'),
    output: () => text,
    async end(signal) {
      child.kill(signal);
      const how = await ended;
      await transport.close();
      return how;
    },
  };
}

function alive(child: ChildProcess, text: string): true {
  if (child.exitCode !== null) throw new Error(`carto up ended with ${child.exitCode}:\n${text}`);
  return true;
}

function auditFile(dataDir: string): string {
  return join(dataDir, 'audit.jsonl');
}

/** All requests so far, over all runs on the data folder. A last line cut by a kill is left out. */
export function readAudit(dataDir: string): readonly AuditEntry[] {
  if (!existsSync(auditFile(dataDir))) return [];
  return readFileSync(auditFile(dataDir), 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => parseJson(line) as AuditEntry);
}

/** The controller's own account lives here; it writes status and events only. */
const SYSTEM = 'system:serviceaccount:cartographer-system:';

/** The writes that stamp objects, made as the chain's service account. */
export function stampWrites(entries: readonly AuditEntry[]): readonly AuditEntry[] {
  return entries.filter(
    ({ user, verb, responseStatus }) =>
      user.username.startsWith('system:serviceaccount:') &&
      !user.username.startsWith(SYSTEM) &&
      ['apply', 'create', 'update', 'patch', 'delete'].includes(verb) &&
      responseStatus.code < 300,
  );
}

/** Writes the app's message and commits it; resolves with the commit. */
export async function commitMessage(repository: string, message: string): Promise<string> {
  await writeFile(join(repository, 'message.txt'), `${message}\n`);
  const author = ['-c', 'user.name=Demo', '-c', 'user.email=demo@carto.invalid'];
  await run('git', [
    '-C',
    repository,
    ...author,
    'commit',
    '--quiet',
    '--all',
    '--allow-empty',
    '--allow-empty-message',
    '-m',
    message,
  ]);
  const { stdout } = await run('git', ['-C', repository, 'rev-parse', 'HEAD']);
  return stdout.trim();
}

/** What the app at the address says, or undefined while it does not answer. */
export async function answerOf(url: string | undefined): Promise<string | undefined> {
  if (url === undefined) return undefined;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Polls until the condition holds.
 * @throws Error that names what was waited for.
 */
export async function until(what: string, holds: () => boolean | Promise<boolean>, timeoutMs = 200_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`timed out after ${timeoutMs} ms waiting until ${what}`);
    await systemClock.sleep(POLL_MS);
  }
}
