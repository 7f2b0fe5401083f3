import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { goProjects, moduleFolder } from './programs.ts';

const run = promisify(execFile);

/** The Go that builds the programs. */
export type GoToolchain = {
  /** `go1.26.8 linux/amd64` */
  readonly version: string;
  /** The environment in which it is called: pinned modules only, whatever the user's settings. */
  readonly env: NodeJS.ProcessEnv;
};

/** Looks for a Go that can build the programs, or says what is missing. */
export async function findGo(
  env: NodeJS.ProcessEnv,
): Promise<
  { readonly kind: 'found'; readonly go: GoToolchain } | { readonly kind: 'missing'; readonly message: string }
> {
  const needed = await neededVersion();
  const install = `the test cluster is built from Go modules and needs Go ${needed} or newer: https://go.dev/doc/install`;
  const goEnv = { ...env, GOFLAGS: '-mod=readonly -buildvcs=false', GOWORK: 'off', CGO_ENABLED: '0' };
  try {
    const { stdout } = await run('go', ['env', 'GOVERSION', 'GOOS', 'GOARCH'], { env: goEnv });
    const [version = '', os = '', arch = ''] = stdout.trim().split('\n');
    if (isOlder(version.replace(/^go/, ''), needed)) {
      return { kind: 'missing', message: `${version} is too old; ${install}` };
    }
    return { kind: 'found', go: { version: `${version} ${os}/${arch}`, env: goEnv } };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { kind: 'missing', message: code === 'ENOENT' ? `go is not on the PATH; ${install}` : message };
  }
}

/** The folder in which Go keeps a module's files. */
export async function moduleDir(module: string, project: string, go: GoToolchain): Promise<string> {
  const { stdout } = await run('go', ['list', '-m', '-f', '{{.Dir}}', module], { cwd: project, env: go.env });
  return stdout.trim();
}

/** The highest `go` line of the projects. */
async function neededVersion(): Promise<string> {
  const versions = await Promise.all(
    goProjects.map(async (project) => {
      const text = await readFile(join(moduleFolder(project), 'go.mod'), 'utf8');
      return /^go (?<version>\S+)$/m.exec(text)?.groups?.['version'] ?? '1';
    }),
  );
  return versions.reduce((highest, version) => (isOlder(highest, version) ? version : highest));
}

function isOlder(version: string, than: string): boolean {
  const [left, right] = [version, than].map((text) => text.split('.').map((part) => Number.parseInt(part, 10) || 0));
  for (const index of [0, 1, 2]) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
