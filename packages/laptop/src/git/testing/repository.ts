import { execFile, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A folder of its own for one test. */
export async function makeTempFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'carto-git-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A real repository with a work tree, for tests to commit to. */
export class RepositoryFixture {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Makes an empty repository whose HEAD is at main. */
  static async create(path: string): Promise<RepositoryFixture> {
    const repository = new RepositoryFixture(path);
    await mkdir(path, { recursive: true });
    await repository.git('init', '--quiet', '--initial-branch=main');
    return repository;
  }

  /** Runs git in the work tree and answers with what it printed, trimmed. */
  async git(...args: readonly string[]): Promise<string> {
    return this.#run(args, {});
  }

  async #run(args: readonly string[], dates: Readonly<Record<string, string>>): Promise<string> {
    const identity = ['-c', 'user.name=A Developer', '-c', 'user.email=dev@example.com'];
    const env = { PATH: process.env['PATH'], HOME: this.path, GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C', ...dates };
    const { stdout } = await run('git', [...identity, ...args], { cwd: this.path, env });
    return stdout.trim();
  }

  /** Writes files and commits them; answers with the hash. A name that ends in `*` is executable. */
  async commit(message: string, files: Readonly<Record<string, string>>, date?: string): Promise<string> {
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.path, name.replace(/\*$/, ''));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
      if (name.endsWith('*')) await chmod(path, 0o755);
    }
    await this.git('add', '--all');
    const dates: Record<string, string> = date === undefined ? {} : { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
    await this.#run(['commit', '--quiet', '--allow-empty', '-m', message], dates);
    return this.git('rev-parse', 'HEAD');
  }
}

/** A git server over HTTP, as a hosting service has one. */
export type GitHttpServer = {
  readonly port: number;
  readonly url: string;
  /** The `authorization` header of each request. */
  readonly authorizations: readonly (string | undefined)[];
  close(): Promise<void>;
};

/** Serves the repositories below a folder by `git http-backend`. `handle` may answer a request itself by returning true. */
export async function startGitHttpServer(
  root: string,
  handle: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
): Promise<GitHttpServer> {
  const authorizations: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization);
    if (!handle(request, response)) backend(root, request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    authorizations,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** CGI: headers, an empty line, the body. A repository that does not exist is a 404 without a body. */
function backend(root: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? '/', 'http://localhost');
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_NOSYSTEM: '1',
      HOME: root,
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_USER: 'tester',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(child.stdin);
  child.stdin.on('error', () => undefined);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.on('close', () => {
    const all = Buffer.concat(chunks);
    const end = all.indexOf('\r\n\r\n');
    const headers = all.toString('latin1', 0, Math.max(0, end)).split('\r\n');
    const status = headers.find((line) => line.startsWith('Status: '));
    response.statusCode = end < 0 ? 404 : Number(status?.slice(8, 11) ?? 200);
    for (const line of headers) {
      const colon = line.indexOf(': ');
      if (colon > 0 && line !== status) response.setHeader(line.slice(0, colon), line.slice(colon + 2));
    }
    response.end(response.statusCode === 404 ? '' : all.subarray(end + 4));
  });
}
