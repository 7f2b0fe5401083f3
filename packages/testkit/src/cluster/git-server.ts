import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A repository on a {@link GitServer}. */
export interface ServedRepository {
  readonly url: string;
  /** Writes files, commits and publishes them on `main`; resolves with the commit. */
  commit(files: Readonly<Record<string, string>>, message?: string): Promise<string>;
}

/** Git over HTTP as a forge speaks it, on a free port. */
export interface GitServer {
  readonly url: string;
  createRepository(name: string): Promise<ServedRepository>;
  close(): Promise<void>;
}

const AUTHOR = ['-c', 'user.name=Dev', '-c', 'user.email=dev@git.invalid'];
const MAX_HEADER_BYTES = 64 * 1024;

/** Serves bare repositories by `git http-backend`: the smart protocol, which is the only one that Flux speaks. */
export async function startGitServer(): Promise<GitServer> {
  const folder = mkdtempSync(join(tmpdir(), 'carto-git-'));
  const bare = join(folder, 'bare');
  mkdirSync(bare);
  const server = createServer((request, response) => answer(bare, request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as { readonly port: number }).port}`;
  return {
    url,
    createRepository: (name) => createRepository(folder, name, `${url}/${name}.git`),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function createRepository(folder: string, name: string, url: string): Promise<ServedRepository> {
  const origin = join(folder, 'bare', `${name}.git`);
  const work = join(folder, 'work', name);
  await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', origin]);
  await run('git', ['init', '--quiet', '--initial-branch=main', work]);
  const git = async (...args: readonly string[]): Promise<string> =>
    (await run('git', ['-C', work, ...AUTHOR, ...args])).stdout.trim();
  return {
    url,
    async commit(files, message = 'Change') {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(work, path)), { recursive: true });
        writeFileSync(join(work, path), text);
      }
      await git('add', '--all');
      await git('commit', '--quiet', '--allow-empty', '-m', message);
      await git('push', '--quiet', origin, 'main');
      return git('rev-parse', 'HEAD');
    },
  };
}

/** One CGI call: the answer is a header block and a body. */
function answer(bare: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? '/', 'http://git.invalid');
  const backend = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      PATH: process.env['PATH'] ?? '',
      GIT_PROJECT_ROOT: bare,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      REMOTE_ADDR: '127.0.0.1',
    },
  });
  backend.stdin.on('error', () => undefined); // it may end before it has read all
  request.pipe(backend.stdin);
  let head = Buffer.alloc(0);
  const onHead = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0 && head.length < MAX_HEADER_BYTES) return;
    backend.stdout.off('data', onHead);
    writeHead(response, head.toString('latin1', 0, end));
    response.write(head.subarray(end + 4));
    backend.stdout.pipe(response);
  };
  backend.stdout.on('data', onHead);
  backend.once('close', () => {
    if (!response.headersSent) response.writeHead(500).end();
  });
  response.once('close', () => backend.kill());
}

function writeHead(response: ServerResponse, head: string): void {
  let status = 200;
  for (const line of head.split('\r\n')) {
    const at = line.indexOf(':');
    const [name, value] = [line.slice(0, at), line.slice(at + 1).trim()];
    if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.writeHead(status);
}
