import { spawn } from 'node:child_process';
import { access, chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';
import { CartoError } from '@cartographer/machinery';
import { CACHE_FOLDER, findBuild, GO_FOLDER, LINKER_FLAGS, recipeDigest } from './build-recipe.ts';
import { DEFAULT_MEMORY_MIB, LOADER_FILE, pagesOf, WASM_FILE } from './built-files.ts';
import { withMemoryMaximum } from './wasm-memory.ts';

/** What a build needs from outside. */
export type BuildOptions = {
  /** The environment that Go runs in: its `PATH`, its caches, its module proxy. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Hears of progress, a line at a time. */
  readonly say: (line: string) => void;
};

/** What became of a build; `path` is the folder of the module, or the native program. */
export type BuildOutcome =
  | { readonly kind: 'built'; readonly path: string }
  /** `message` says what to install. */
  | { readonly kind: 'noGo'; readonly message: string };

type Go = { readonly version: string; readonly root: string };

// At level 12 a build compresses in a second; the highest level takes 12 and saves an eighth.
const COMPRESSION_LEVEL = 12;
const MAX_TOLD_BYTES = 4_000;
const NO_GO =
  'ytt templates need Go to be built: install Go 1.24 or newer (https://go.dev/dl) and run npm run build:ytt';

/**
 * Builds ytt as WebAssembly unless it is there already. The first build takes half a minute and needs the network for
 * Go's modules; `go.sum` pins them.
 * @throws CartoError `CARTO_YTT_BUILD` when Go is there and the build fails.
 */
export async function ensureBuilt(options: BuildOptions): Promise<BuildOutcome> {
  return ensure(options, (go) => `${recipeDigest()}-${go.version}`, buildModule);
}

/**
 * Builds the ytt command of the same version for this machine, unless it is there already: what benchmarks and
 * recordings compare with. The product never runs it.
 * @throws CartoError `CARTO_YTT_BUILD` when Go is there and the build fails.
 */
export async function ensureNativeYtt(options: BuildOptions): Promise<BuildOutcome> {
  const outcome = await ensure(options, (go) => `native-${recipeDigest()}-${go.version}`, buildNative);
  return outcome.kind === 'built' ? { ...outcome, path: join(outcome.path, 'ytt') } : outcome;
}

async function ensure(
  options: BuildOptions,
  nameOf: (go: Go) => string,
  build: (folder: string, go: Go, options: BuildOptions) => Promise<void>,
): Promise<BuildOutcome> {
  const go = await findGo(options);
  if (go === undefined) return foundOrNoGo(nameOf({ version: '', root: '' }));
  const path = join(CACHE_FOLDER, nameOf(go));
  if (await exists(path)) return { kind: 'built', path };
  await mkdir(CACHE_FOLDER, { recursive: true });
  const draft = await mkdtemp(join(CACHE_FOLDER, '.draft-'));
  try {
    await build(draft, go, options);
    await chmod(draft, 0o755); // a container's user may be another one
    // Another process may have been faster: its build is as good.
    await rename(draft, path).catch(async (error: unknown) => {
      if (!(await exists(path))) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return { kind: 'built', path };
}

/** Without Go, a build that came from elsewhere will do, such as one copied into an image. */
async function foundOrNoGo(prefix: string): Promise<BuildOutcome> {
  const path = await findBuild(CACHE_FOLDER, prefix);
  return path === undefined ? { kind: 'noGo', message: NO_GO } : { kind: 'built', path };
}

async function buildModule(folder: string, go: Go, options: BuildOptions): Promise<void> {
  const raw = join(folder, 'ytt.wasm');
  options.say(`building ytt for WebAssembly with ${go.version}; the first time takes about half a minute`);
  await goBuild(raw, '.', { ...options, env: { ...options.env, GOOS: 'js', GOARCH: 'wasm' } });
  const module = withMemoryMaximum(await readFile(raw), pagesOf(DEFAULT_MEMORY_MIB));
  const level = { [constants.ZSTD_c_compressionLevel]: COMPRESSION_LEVEL };
  const compressed = await promisify(zstdCompress)(module, { params: level });
  await writeFile(join(folder, WASM_FILE), compressed);
  await rm(raw);
  await copyFile(await loaderOf(go), join(folder, LOADER_FILE));
  options.say(`ytt is built: ${mebibytes(module.length)} MiB, ${mebibytes(compressed.length)} MiB compressed`);
}

async function buildNative(folder: string, go: Go, options: BuildOptions): Promise<void> {
  options.say(`building the ytt command with ${go.version}, to compare with`);
  await goBuild(join(folder, 'ytt'), 'carvel.dev/ytt/cmd/ytt', options);
}

async function goBuild(output: string, target: string, { env }: BuildOptions): Promise<void> {
  const args = ['-n', '10', 'go', 'build', '-trimpath', '-ldflags', LINKER_FLAGS, '-o', output, target];
  const { code, stderr } = await run('nice', args, { ...env, CGO_ENABLED: '0' });
  if (code === 0) return;
  throw new CartoError('CARTO_YTT_BUILD', `go build ended with ${code}: ${stderr.trim().slice(-MAX_TOLD_BYTES)}`);
}

async function findGo({ env }: BuildOptions): Promise<Go | undefined> {
  const { code, stdout } = await run('go', ['env', 'GOVERSION', 'GOROOT'], env);
  const [version = '', root = ''] = stdout.split('\n');
  return code === 0 && /^go\S+$/.test(version) ? { version, root } : undefined;
}

/** Go 1.24 moved it from `misc` to `lib`. */
async function loaderOf({ root }: Go): Promise<string> {
  const now = join(root, 'lib', 'wasm', LOADER_FILE);
  return (await exists(now)) ? now : join(root, 'misc', 'wasm', LOADER_FILE);
}

/** `code` is -1 when the program could not be started. */
function run(
  program: string,
  args: readonly string[],
  env: BuildOptions['env'],
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: GO_FOLDER, env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const texts = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        texts[stream] = (texts[stream] + text).slice(-10 * MAX_TOLD_BYTES);
      });
    }
    child.on('error', (error) => resolve({ code: -1, ...texts, stderr: error.message }));
    child.on('close', (code) => resolve({ code: code ?? -1, ...texts }));
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function mebibytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(1);
}
