import { createReadStream } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { CartoError } from '@cartographer/machinery';
import {
  ArchiveError,
  type Layer,
  type OciImage,
  type OciLayout,
  ociImage,
  type TarRoot,
  tarOfFolder,
  unpackTar,
} from '@cartographer/oci';
import { isFolder } from '../is-folder.ts';
import type { Keeper } from '../keeper/keeper.ts';
import { lastLines } from '../last-lines.ts';
import { type Environment, programEnvironment } from '../program-environment.ts';
import { type BuildStep, buildSteps, chooseStart, PAGE_FOLDERS, type Source, type Start } from './detect-app.ts';
import type { BuildInputs } from './image.ts';
import { shellCommand } from './start-command.ts';

/** How a build ended; both ways are final for its inputs. */
export type BuildResult =
  | { readonly kind: 'built'; readonly image: OciImage }
  | { readonly kind: 'failed'; readonly message: string };

/** One build. */
export type BuildOrder = {
  readonly inputs: BuildInputs;
  /** The archive of the source, as it was fetched. */
  readonly archive: string;
  /** An empty folder for this build alone; the caller removes it. */
  readonly workFolder: string;
  readonly logFile: string;
};

/** What builds stand on. */
export type BuildTools = { readonly keeper: Keeper; readonly layout: OciLayout; readonly environment: Environment };

/** Goes into images of static sites. */
const STATIC_SERVER = fileURLToPath(new URL('./static-server.mts', import.meta.url));
/** A file larger than this is no package.json and no Procfile. */
const MAX_TEXT_BYTES = 1024 * 1024;
const STOP_GRACE_MS = 1_000;
/** Failures of npm that say more about the network than about the source: they are tried again. */
const NETWORK =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED)\b/;

/**
 * Makes an image of a source: unpacks it, finds out what it is, runs the commands that it needs and packs the result.
 * The rules are in docs/decisions/0006-builds-without-buildpacks.md.
 *
 * @throws CartoError when something in the world failed that another try may heal; also what the disk says.
 */
export async function buildImage(order: BuildOrder, tools: BuildTools, signal: AbortSignal): Promise<BuildResult> {
  const { inputs, workFolder, logFile } = order;
  const log = (line: string): Promise<void> => appendFile(logFile, `${line}\n`, { mode: 0o600 });
  const failed = async (message: string): Promise<BuildResult> => {
    await log(`ERROR: ${message}`);
    return { kind: 'failed', message };
  };

  await log('===> UNPACK');
  const root = join(workFolder, 'source');
  const unpacked = await unpackSource(order, root, signal);
  if (unpacked.kind === 'failed') return failed(unpacked.message);
  const { app } = unpacked;

  await log('===> DETECT');
  const plan = buildSteps(await lookAt(app));
  if (plan.kind === 'refused') return failed(plan.message);

  await log('===> BUILD');
  for (const step of plan.steps) {
    await log(`$ ${step.argv.join(' ')}   (${step.reason})`);
    const failure = await runStep(step, { app, inputs, logFile, workFolder, tools, signal });
    if (failure !== undefined) return failed(failure);
  }
  const start = chooseStart(await lookAt(app));
  if (start.kind === 'refused') return failed(start.message);
  await log(`starts by ${start.from}`);

  await log('===> EXPORT');
  try {
    const image = await pack(app, start, tools.layout, signal);
    await log(`image ${image.digest}`);
    return { kind: 'built', image };
  } catch (error) {
    if (error instanceof ArchiveError) return failed(error.message);
    throw error;
  }
}

async function unpackSource(
  { archive, inputs }: BuildOrder,
  root: string,
  signal: AbortSignal,
): Promise<
  { readonly kind: 'unpacked'; readonly app: string } | { readonly kind: 'failed'; readonly message: string }
> {
  try {
    const { stripComponents } = inputs;
    await pipeline(
      createReadStream(archive),
      createGunzip(),
      (tar) => unpackTar(tar, root, { signal, stripComponents }),
      {
        signal,
      },
    );
  } catch (error) {
    if (error instanceof ArchiveError) return { kind: 'failed', message: error.message };
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!code.startsWith('Z_')) throw error;
    return { kind: 'failed', message: `the source is no tar.gz archive: ${(error as Error).message}` };
  }
  const inside = posix.normalize(inputs.subPath === '' ? '.' : inputs.subPath);
  if (inside.startsWith('..') || inside.startsWith('/')) {
    return { kind: 'failed', message: `spec.source.subPath '${inputs.subPath}' leads out of the source` };
  }
  const app = join(root, inside);
  if (await isFolder(app)) return { kind: 'unpacked', app };
  return { kind: 'failed', message: `spec.source.subPath '${inputs.subPath}' is no folder of the source` };
}

async function lookAt(app: string): Promise<Source> {
  const items = await readdir(app, { withFileTypes: true });
  const names = new Set(items.map((item) => (item.isDirectory() ? `${item.name}/` : item.name)));
  const pages = new Set<string>();
  for (const name of PAGE_FOLDERS) {
    const inner = names.has(`${name}/`) ? await readdir(join(app, name)) : [];
    if (inner.includes('index.html')) pages.add(name);
  }
  const textOf = async (name: string): Promise<string | undefined> => {
    if (!items.some((item) => item.name === name && item.isFile())) return undefined;
    const text = await readFile(join(app, name), 'utf8');
    return text.slice(0, MAX_TEXT_BYTES);
  };
  return { names, pages, packageJson: await textOf('package.json'), procfile: await textOf('Procfile') };
}

type StepContext = {
  readonly app: string;
  readonly inputs: BuildInputs;
  readonly logFile: string;
  readonly workFolder: string;
  readonly tools: BuildTools;
  readonly signal: AbortSignal;
};

/** Runs one command; answers with what to tell when it failed. */
async function runStep({ argv }: BuildStep, context: StepContext): Promise<string | undefined> {
  const { app, inputs, logFile, workFolder, tools, signal } = context;
  const env = {
    ...programEnvironment(tools.environment, { npm: true }),
    CI: 'true',
    NO_COLOR: '1',
    TMPDIR: join(workFolder, 'tmp'),
    npm_config_update_notifier: 'false',
    ...Object.fromEntries(inputs.env.map(({ name, value }) => [name, value])),
  };
  await mkdir(env.TMPDIR, { recursive: true });
  const program = await tools.keeper.start({ argv, env, cwd: app, logFile });
  const stop = (): void => void program.stop(STOP_GRACE_MS);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const exit = await program.exited;
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  if (exit.code === 0) return undefined;
  const how = exit.code === null ? `was ended by ${exit.signal ?? 'a signal'}` : `failed with exit code ${exit.code}`;
  const message = `'${argv.join(' ')}' ${how}; last lines: ${lastLines(exit.tail)}`;
  if (exit.tail === '' && exit.signal === 'SIGKILL') throw new CartoError('CARTO_BUILD', message); // the keeper was lost
  if (argv[0] === 'npm' && NETWORK.test(exit.tail)) throw new CartoError('CARTO_BUILD', message);
  return message;
}

async function pack(app: string, start: Start, layout: OciLayout, signal: AbortSignal): Promise<OciImage> {
  // What npm and bundlers keep for themselves would make each build another image.
  await rm(join(app, 'node_modules', '.cache'), { recursive: true, force: true });
  const roots: (TarRoot & { readonly content: string })[] = [];
  if (await isFolder(app, 'node_modules')) {
    roots.push({ folder: app, path: 'workspace', takes: (name) => name === 'node_modules', content: 'dependencies' });
  }
  roots.push({
    folder: app,
    path: 'workspace',
    takes: (name) => name !== 'node_modules' && name !== '.git',
    content: 'app',
  });
  if (start.kind === 'static') {
    const takes = (name: string): boolean => name === basename(STATIC_SERVER);
    roots.push({ folder: dirname(STATIC_SERVER), path: 'carto', takes, content: 'server of static files' });
  }
  const layers: Layer[] = [];
  for (const root of roots) {
    layers.push({ ...(await layout.writeLayer(tarOfFolder(root, signal), signal)), content: root.content });
  }
  const labels = { 'io.carto.builder': 'laptop', 'io.carto.start': start.from };
  const process_ = {
    entrypoint: entrypointOf(start),
    cmd: [],
    env: ['NODE_ENV=production'],
    workingDir: '/workspace',
    labels,
  };
  return ociImage(process_, layers, { arch: process.arch, os: process.platform });
}

/** Relative to the working folder, so that it is right in a container and beside one. */
function entrypointOf(start: Start): readonly string[] {
  switch (start.kind) {
    case 'command':
      return shellCommand(start.command, start.from === 'Procfile' ? 'Procfile' : 'package.json');
    case 'program':
      return start.argv;
    case 'static':
      return ['node', `../carto/${basename(STATIC_SERVER)}`, start.folder];
  }
}
