import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Clock } from '@cartographer/machinery';
import { findGo, type GoToolchain, moduleDir } from './go-toolchain.ts';
import { type GoProject, goProjects, moduleFolder, type Peer, type ProgramName } from './programs.ts';

/** Where the built programs are, and the files of their modules. */
export type Programs = {
  pathOf(program: ProgramName): string;
  /** A folder of the module's files; see {@link GoProject.assets}. */
  assets(project: string, name: string): string;
};

/** What building ends in. */
export type BuildOutcome =
  | { readonly kind: 'ready'; readonly programs: Programs; readonly built: readonly string[] }
  | { readonly kind: 'noGo'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

/** How to build. */
export type BuildOptions = {
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** Gets a line of progress every few seconds. */
  readonly say: (line: string) => void;
  /** Without whom the cluster does: nothing is built for them. */
  readonly without?: readonly Peer[];
  readonly signal?: AbortSignal;
};

/** Kept between runs, at the root of the repository. */
const CACHE = join(import.meta.dirname, '..', '..', '..', '..', '.cache', 'cluster');
const PROGRESS_MS = 5_000;
const MAX_ERROR_LINES = 40;

/** Builds what is not in the cache yet, one program after the other. Does nothing when all is there. */
export async function buildPrograms(options: BuildOptions): Promise<BuildOutcome> {
  const found = await findGo(options.env);
  if (found.kind === 'missing') return { kind: 'noGo', message: found.message };
  const { go } = found;
  const built: string[] = [];
  const folders = new Map<string, string>();
  for (const project of goProjects) {
    if (project.peer !== undefined && options.without?.includes(project.peer) === true) continue;
    const folder = await cacheFolder(project, go);
    folders.set(project.name, folder);
    if (existsSync(folder)) continue;
    const failure = await buildProject(project, folder, go, options);
    if (failure !== undefined) return { kind: 'failed', message: failure };
    built.push(project.name);
  }
  return { kind: 'ready', programs: programsIn(folders), built };
}

function programsIn(folders: ReadonlyMap<string, string>): Programs {
  return {
    pathOf(program) {
      const project = goProjects.find(({ programs }) => programs.some(({ name }) => name === program));
      return join(folders.get(project?.name ?? '') ?? '', program);
    },
    assets: (project, name) => join(folders.get(project) ?? '', name),
  };
}

/** The folder's name holds what the binaries depend on, so that another go.sum, flag or Go builds anew. */
async function cacheFolder(project: GoProject, go: GoToolchain): Promise<string> {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(await readFile(join(moduleFolder(project), file)));
  hash.update(JSON.stringify([project.programs, project.ldflags, project.assets, go.version]));
  return join(CACHE, `${project.name}-${hash.digest('hex').slice(0, 16)}`);
}

/** Resolves with what went wrong, if anything did. */
async function buildProject(
  project: GoProject,
  folder: string,
  go: GoToolchain,
  options: BuildOptions,
): Promise<string | undefined> {
  const unfinished = `${folder}.${process.pid}`;
  await mkdir(unfinished, { recursive: true });
  try {
    for (const program of project.programs) {
      const failure = await compile(project, program, join(unfinished, program.name), go, options);
      if (failure !== undefined) return failure;
    }
    await copyAssets(project, unfinished, go);
    await removeOlder(project, unfinished);
    await rename(unfinished, folder);
    return undefined;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function compile(
  project: GoProject,
  program: GoProject['programs'][number],
  output: string,
  go: GoToolchain,
  { clock, say, signal }: BuildOptions,
): Promise<string | undefined> {
  const startedAt = clock.now();
  // Polite to whoever else uses the machine; -v names each package when it is compiled, which is the progress.
  const build = ['go', 'build', '-v', '-trimpath', '-ldflags', project.ldflags, '-o', output, program.package];
  const child = spawn('nice', ['-n', '15', ...build], {
    cwd: moduleFolder(project),
    env: go.env,
    stdio: ['ignore', 'ignore', 'pipe'],
    signal,
  });
  const errors: string[] = [];
  let packages = 0;
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (/^[\w./~-]+$/.test(line)) packages += 1;
    else if (!line.startsWith('go: downloading') && errors.length < MAX_ERROR_LINES) errors.push(line);
  });
  const progress = (): string => `${packages} packages in ${Math.round((clock.now() - startedAt) / 1000)} s`;
  say(`${program.name}: building (minutes the first time)`);
  let cancel = (): void => undefined;
  const tick = (): void => {
    cancel = clock.schedule(PROGRESS_MS, () => {
      say(`${program.name}: ${progress()}`);
      tick();
    });
  };
  tick();
  const code = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (status, killed) => resolve(status ?? killed ?? 1));
  });
  cancel();
  if (code !== 0) return `${build.join(' ')} in ${moduleFolder(project)} ended with ${code}:\n${errors.join('\n')}`;
  say(`${program.name}: built, ${progress()}`);
  return undefined;
}

async function copyAssets(project: GoProject, folder: string, go: GoToolchain): Promise<void> {
  for (const { module, path, as } of project.assets) {
    const from = join(await moduleDir(module, moduleFolder(project), go), path);
    const target = join(folder, as);
    await mkdir(target);
    for (const entry of await readdir(from, { withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.yaml')) continue;
      await cp(join(from, entry.name), join(target, entry.name));
      await chmod(join(target, entry.name), 0o644); // the module cache is read-only
    }
  }
}

/** Binaries of other versions, of some 100 MB each. */
async function removeOlder(project: GoProject, current: string): Promise<void> {
  for (const entry of await readdir(CACHE)) {
    const older = entry.startsWith(`${project.name}-`) && /-[0-9a-f]{16}$/.test(entry);
    if (older && join(CACHE, entry) !== current) await rm(join(CACHE, entry), { recursive: true, force: true });
  }
}
