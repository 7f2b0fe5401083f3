import { type WasmImports, type WasmInstance, type WasmModule, webAssembly } from './web-assembly.ts';

/** Runs the Go program in a room of its own: it sees what stands in the sandbox below, and nothing else of this process. */

/** What the worker starts with. */
export type GoProgram = {
  readonly module: WasmModule;
  /** The text of Go's `wasm_exec.js`. */
  readonly loader: string;
  /** The bytes at which Go's collector works its hardest. */
  readonly softMemoryBytes: number;
  /** How much of what a template prints is kept for its error message. */
  readonly maxPrintedBytes: number;
};

/** What one call of the program gave. */
type GoResult =
  | { readonly kind: 'done'; readonly ok: boolean; readonly text: Uint8Array; readonly printed: string }
  /** The program is gone: what it said last. The worker that held it must end. */
  | { readonly kind: 'crashed'; readonly lastWords: string };

/** A Go program that is loaded and waits. */
export interface GoInstance {
  render(template: string, values: readonly string[]): GoResult;
  /** Bytes of its memory, which never shrinks. */
  memoryBytes(): number;
}

type Sandbox = {
  render?: (template: string, values: readonly string[]) => readonly [boolean, Uint8Array];
  Go?: new () => GoLoader;
};

type GoLoader = {
  readonly importObject: WasmImports;
  env: Record<string, string>;
  exit: (code: number) => void;
  run(instance: WasmInstance): Promise<void>;
};

/** Starts the program; when the promise resolves it takes renders. */
export async function startGo(program: GoProgram): Promise<GoInstance> {
  const printed = createPrinted(program.maxPrintedBytes);
  let isReady = false;
  let hasExited = false;
  const sandbox: Sandbox & Record<string, unknown> = {
    ...roomFor(printed),
    memoryLimit: program.softMemoryBytes,
    ready: () => {
      isReady = true;
    },
  };
  const go = load(program.loader, sandbox);
  go.env = {};
  go.exit = () => {
    hasExited = true;
  };
  const instance = await webAssembly.instantiate(program.module, go.importObject);
  // Settles when the program exits, which it does by crashing alone; `render` sees that by itself.
  void go.run(instance).catch(() => undefined);
  const { render } = sandbox;
  if (!isReady || render === undefined) throw new Error(`the Go program did not start: ${printed.take()}`);
  return {
    memoryBytes: () => instance.exports.mem.buffer.byteLength,
    render(template, values) {
      printed.take();
      try {
        const [ok, text] = render(template, values);
        if (!hasExited) return { kind: 'done', ok, text, printed: printed.take() };
        return { kind: 'crashed', lastWords: printed.take() };
      } catch (error) {
        return { kind: 'crashed', lastWords: `${printed.take()}${String(error)}` };
      }
    },
  };
}

/** Evaluates `wasm_exec.js` with our sandbox as its global object: it finds no `process`, no `fs` and no `fetch` of Node's. */
function load(loader: string, sandbox: Sandbox & Record<string, unknown>): GoLoader {
  const names = ['globalThis', 'fs', 'console'];
  // oxlint-disable-next-line typescript/no-implied-eval -- the file comes from the Go installation that built the module
  const evaluate = new Function(...names, loader) as (...values: readonly unknown[]) => void;
  evaluate(sandbox, sandbox['fs'], { log: () => undefined, warn: () => undefined, error: () => undefined });
  const { Go } = sandbox;
  if (Go === undefined) throw new Error('wasm_exec.js did not define Go');
  return new Go();
}

/** All that Go's `syscall/js` finds when it looks around. */
function roomFor(printed: Printed): Record<string, unknown> {
  return {
    Object,
    Array,
    Uint8Array,
    Date,
    TextEncoder,
    TextDecoder,
    performance: { now: () => performance.now() },
    crypto: { getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes) },
    fs: noFiles(printed),
    process: noProcess(),
    path: { resolve: (...parts: readonly string[]) => parts.join('/') },
  };
}

const FILE_CALLS =
  'chmod chown close fchmod fchown fstat fsync ftruncate lchown link lstat mkdir open read readdir readlink rename ' +
  'rmdir stat symlink truncate unlink utimes';

type Callback = (error: Error | null, count?: number) => void;

function noFiles(printed: Printed): Record<string, unknown> {
  const refuse = (...args: readonly unknown[]): void => (args.at(-1) as Callback)(notThere());
  const refused = Object.fromEntries(FILE_CALLS.split(' ').map((name) => [name, refuse]));
  const names = ['O_WRONLY', 'O_RDWR', 'O_CREAT', 'O_TRUNC', 'O_APPEND', 'O_EXCL', 'O_DIRECTORY'];
  return {
    ...refused,
    constants: Object.fromEntries(names.map((name) => [name, -1])),
    writeSync: (_fd: number, bytes: Uint8Array) => printed.add(bytes),
    write(_fd: number, bytes: Uint8Array, offset: number, length: number, _position: unknown, done: Callback) {
      done(null, printed.add(bytes.subarray(offset, offset + length)));
    },
  };
}

function noProcess(): Record<string, unknown> {
  const refuse = (): never => {
    throw notThere();
  };
  const nobody = (): number => -1;
  const ids = { getuid: nobody, getgid: nobody, geteuid: nobody, getegid: nobody, pid: -1, ppid: -1 };
  return { ...ids, getgroups: refuse, umask: refuse, cwd: refuse, chdir: refuse };
}

/** Go turns the code into its `ENOSYS`. */
function notThere(): Error {
  return Object.assign(new Error('not implemented'), { code: 'ENOSYS' });
}

type Printed = { add(bytes: Uint8Array): number; take(): string };

/** What went to standard error, up to a bound: `print()` in a loop must not fill this worker's memory. */
function createPrinted(maxBytes: number): Printed {
  let chunks: Uint8Array[] = [];
  let size = 0;
  return {
    add(bytes) {
      const kept = bytes.slice(0, Math.max(0, maxBytes - size)); // a copy: `bytes` is a window on Go's memory
      if (kept.length > 0) chunks.push(kept);
      size += kept.length;
      return bytes.length;
    },
    take() {
      const text = Buffer.concat(chunks).toString('utf8');
      chunks = [];
      size = 0;
      return text;
    },
  };
}
