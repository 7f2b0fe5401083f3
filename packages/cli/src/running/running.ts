import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { dirname, join } from 'node:path';
import { systemClock } from '@cartographer/kube';
import { CartoError, type Clock, isObject, stringifyJson, textAt } from '@cartographer/machinery';
import { ifThere } from '@cartographer/oci';

/** A `carto up` that runs: how others find it and talk to it. */
export type Run = {
  readonly pid: number;
  /** `https://127.0.0.1:PORT` of its API server. */
  readonly server: string;
  /** The certificate of the authority that signed the server's, in PEM: by it the server is known again. */
  readonly caPem: string;
  /** A kubeconfig of the admin. */
  readonly kubeconfig: string;
  /** The data folder. */
  readonly dir: string;
  /** RFC 3339. */
  readonly startedAt: string;
  /** The version of `carto` that runs. */
  readonly version: string;
  /**
   * Where questions about scans are answered, with the certificate of the Service of this name; its authority stands in the
   * ConfigMap `cartographer-scanner-ca` of the server, as on a cluster. Absent where they are not.
   */
  readonly questions?: { readonly url: string; readonly serverName: string };
};

/** The data folder unless `--data` names another. */
const DATA_FOLDER = '.carto';

const FILE = 'running.json';
/** Long enough for a machine that is busy with other things. */
const ANSWER_MS = 15_000;

/**
 * Leaves word of a run in its data folder. The returned function takes it away at the end; what a killed run leaves is
 * recognised by {@link readRun}.
 */
export async function leaveWord(run: Run): Promise<() => Promise<void>> {
  const file = join(run.dir, FILE);
  const text = `${stringifyJson(run)}\n`;
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return async () => {
    // Whoever took the folder over meanwhile has left word of its own.
    if ((await ifThere(readFile(file, 'utf8'))) === text) await rm(file, { force: true });
  };
}

/**
 * The `carto up` that runs on a data folder. Word of one that ended without taking it away counts as none: its process is
 * gone, or what has its process id or its port now does not answer as its server would.
 *
 * @throws CartoError `CARTO_TIMEOUT` when the process is there, has the port, and says nothing.
 */
export async function readRun(
  dir: string,
  { clock = systemClock }: { readonly clock?: Clock } = {},
): Promise<Run | undefined> {
  const text = await readFile(join(dir, FILE), 'utf8').catch(() => undefined);
  const run = text === undefined ? undefined : runOf(text);
  if (run === undefined || !isProcess(run.pid)) return undefined;
  switch (await ask(run, clock)) {
    case 'answers':
      return { ...run, dir };
    case 'another':
      return undefined;
    case 'silent':
      throw new CartoError(
        'CARTO_TIMEOUT',
        `the carto up of ${dir} (process ${run.pid}) has not answered for ${ANSWER_MS / 1000} s; if it hangs, end that process`,
        { retry: 'never' },
      );
  }
}

/**
 * The `carto up` that runs on the data folder `.carto` in or above a directory, the nearest first, or on that directory.
 * @throws CartoError as {@link readRun}.
 */
export async function findRun(from: string, options: { readonly clock?: Clock } = {}): Promise<Run | undefined> {
  for (let dir = from; ; dir = dirname(dir)) {
    const run = (await readRun(join(dir, DATA_FOLDER), options)) ?? (await readRun(dir, options));
    if (run !== undefined || dirname(dir) === dir) return run;
  }
}

function runOf(json: string): Run | undefined {
  let word: unknown;
  try {
    word = JSON.parse(json);
  } catch {
    return undefined; // cut short, or no word of ours
  }
  if (!isObject(word)) return undefined;
  const { pid, questions } = word;
  const text = (field: string): string => textAt(word, field);
  const [server, caPem, kubeconfig] = [text('server'), text('caPem'), text('kubeconfig')];
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid < 2) return undefined;
  if (caPem === '' || kubeconfig === '' || !URL.canParse(server)) return undefined;
  return {
    pid,
    server,
    caPem,
    kubeconfig,
    dir: text('dir'),
    startedAt: text('startedAt'),
    version: text('version'),
    ...(isObject(questions)
      ? { questions: { url: textAt(questions, 'url'), serverName: textAt(questions, 'serverName') } }
      : {}),
  };
}

/** Whether there is a process of this id, of whatever program. */
function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Any answer of a server with that certificate will do: nobody else has its key. */
function ask({ server, caPem }: Run, clock: Clock): Promise<'answers' | 'another' | 'silent'> {
  return new Promise((resolve) => {
    const asked = request(new URL('/version', server), { ca: caPem, agent: false }, (answer) => {
      answer.destroy();
      end('answers');
    });
    const cancel = clock.schedule(ANSWER_MS, () => end('silent'));
    function end(how: 'answers' | 'another' | 'silent'): void {
      cancel();
      asked.destroy();
      resolve(how);
    }
    asked.on('error', () => end('another'));
    asked.end();
  });
}
