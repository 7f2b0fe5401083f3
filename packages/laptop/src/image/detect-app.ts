import { getPath, isObject } from '@cartographer/machinery';

/** What detection looks at: the top of the source, and two files of it. */
export type Source = {
  /** Names directly in the source; those of folders end in a slash. */
  readonly names: ReadonlySet<string>;
  readonly packageJson?: string;
  readonly procfile?: string;
  /** Folders, one level down, that hold an `index.html`. */
  readonly pages: ReadonlySet<string>;
};

/** A command of a build, and why it is run. */
export type BuildStep = { readonly argv: readonly string[]; readonly reason: string };

/** How the built app starts. */
export type Start =
  /** A command line for a shell, in the app's folder. */
  | { readonly kind: 'command'; readonly command: string; readonly from: string }
  /** A program with arguments. */
  | { readonly kind: 'program'; readonly argv: readonly string[]; readonly from: string }
  /** A folder of files, served by the product's own small server. */
  | { readonly kind: 'static'; readonly folder: string; readonly from: string };

/** A reason why a source cannot be built, and what to do about it. */
export type Refused = { readonly kind: 'refused'; readonly message: string };

/** Where builds of web pages leave their result, in the order in which they are looked for. */
export const PAGE_FOLDERS: readonly string[] = ['dist', 'build', 'out', 'public', '_site'];
/** What `npm start` runs without a start script, and other usual names. */
const MAIN_FILES = ['server.js', 'index.js', 'app.js', 'main.js', 'server.mjs', 'index.mjs', 'server.ts', 'index.ts'];
const NOTHING_FOUND =
  'cannot tell how to run this source: it has no Procfile with a web process, no package.json with a start script or a ' +
  'main file, and no index.html; add one of them, or set spec.source.subPath to the folder that has it';

/** The commands that make the app ready to run, in order. Pure: the same source gives the same steps. */
export function buildSteps(source: Source): { readonly kind: 'steps'; readonly steps: readonly BuildStep[] } | Refused {
  if (source.packageJson === undefined) return { kind: 'steps', steps: [] };
  const read = readPackage(source.packageJson);
  if (read.kind === 'refused') return read;
  const { pack } = read;
  const builds = scriptOf(pack, 'build') !== undefined;
  const isNeeded =
    has(pack, 'dependencies') || has(pack, 'optionalDependencies') || (builds && has(pack, 'devDependencies'));
  const isVendored = source.names.has('node_modules/');
  const steps: BuildStep[] = [];
  if (isNeeded && !isVendored) steps.push(install(source, builds));
  if (builds) steps.push({ argv: ['npm', 'run', 'build'], reason: 'package.json has a build script' });
  if (isNeeded && !isVendored && builds && has(pack, 'devDependencies')) {
    const argv = ['npm', 'prune', '--omit=dev', '--no-audit', '--no-fund'];
    steps.push({ argv, reason: 'only what the app needs to run goes into the image' });
  }
  return { kind: 'steps', steps };
}

/** How the app starts, after its build. A Procfile goes first: it is the most explicit. */
export function chooseStart(source: Source): Start | Refused {
  const web = source.procfile === undefined ? undefined : webProcess(source.procfile);
  if (web !== undefined) return { kind: 'command', command: web, from: 'Procfile' };
  const read = source.packageJson === undefined ? undefined : readPackage(source.packageJson);
  if (read?.kind === 'refused') return read;
  const start = read === undefined ? undefined : startOfPackage(read.pack, source.names);
  if (start !== undefined) return start;
  const folder = source.names.has('index.html') ? '.' : PAGE_FOLDERS.find((name) => source.pages.has(name));
  if (folder !== undefined)
    return { kind: 'static', folder, from: folder === '.' ? 'index.html' : `${folder}/index.html` };
  if (source.procfile !== undefined) {
    return { kind: 'refused', message: 'the Procfile has no web process; add a line such as: web: node server.js' };
  }
  return { kind: 'refused', message: NOTHING_FOUND };
}

type Package = { readonly [field: string]: unknown };

function startOfPackage(pack: Package, names: ReadonlySet<string>): Start | undefined {
  const script = scriptOf(pack, 'start');
  if (script !== undefined) {
    // npm itself is left out unless it has something to add: it would stand between the app and its signals.
    const hasHooks = scriptOf(pack, 'prestart') !== undefined || scriptOf(pack, 'poststart') !== undefined;
    return { kind: 'command', command: hasHooks ? 'npm start' : script, from: 'the start script of package.json' };
  }
  const { main } = pack;
  const file = typeof main === 'string' && main !== '' ? main : MAIN_FILES.find((name) => names.has(name));
  if (file === undefined) return undefined;
  const from = file === main ? 'main of package.json' : `package.json and ${file}`;
  return { kind: 'program', argv: ['node', file], from };
}

function install({ names }: Source, builds: boolean): BuildStep {
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', builds ? '--include=dev' : '--omit=dev'];
  const lock = ['package-lock.json', 'npm-shrinkwrap.json'].find((name) => names.has(name));
  if (lock !== undefined)
    return { argv: ['npm', 'ci', ...quiet], reason: `package.json has dependencies, and ${lock} pins them` };
  const reason = 'package.json has dependencies; add a package-lock.json so that each build gets the same ones';
  return { argv: ['npm', 'install', '--no-package-lock', ...quiet], reason };
}

function readPackage(text: string): { readonly kind: 'read'; readonly pack: Package } | Refused {
  try {
    const pack: unknown = JSON.parse(text.replace(/^\ufeff/, ''));
    if (isObject(pack)) return { kind: 'read', pack };
    return { kind: 'refused', message: 'package.json is not an object; correct it' };
  } catch (error) {
    return { kind: 'refused', message: `package.json is not JSON: ${(error as Error).message}; correct it` };
  }
}

function scriptOf(pack: Package, name: string): string | undefined {
  const script = getPath(pack, 'scripts', name);
  return typeof script === 'string' && script.trim() !== '' ? script : undefined;
}

function has(pack: Package, field: string): boolean {
  const entries = getPath(pack, field);
  return isObject(entries) && Object.keys(entries).length > 0;
}

/** The command of `web:`, as Heroku's format has it. */
function webProcess(procfile: string): string | undefined {
  for (const line of procfile.split(/\r?\n/)) {
    const command = /^web\s*:(.*)$/.exec(line)?.[1]?.trim() ?? '';
    if (command !== '') return command;
  }
  return undefined;
}
