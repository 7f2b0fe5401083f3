import { availableParallelism } from 'node:os';
import { CartoError, type Clock, goJson, type JsonObject, type Log } from '@cartographer/machinery';
import { DEFAULT_MEMORY_MIB } from './built-files.ts';
import type { RenderRequest } from './render-worker.ts';
import { type PoolAnswer, WorkerPool } from './worker-pool.ts';
import { loadYttModule, type YttModule } from './ytt-module.ts';

/** A template and what it is rendered with. */
export type YttRender = {
  readonly template: string;
  /** Each top-level key becomes one `--data-value-yaml key=json`. */
  readonly values: JsonObject;
};

/** ytt's standard output, or what it said on standard error, to the byte as the command prints it. */
export type YttAnswer =
  | { readonly kind: 'rendered'; readonly output: string }
  | { readonly kind: 'failed'; readonly message: string };

/** What {@link createYtt} needs. */
export type YttOptions = {
  readonly clock: Clock;
  readonly log: Log;
  /** Templates rendered at the same time. Two when not given, one on a machine with one processor. */
  readonly workers?: number;
  /** How long one render may take, not counting its wait for a worker. 4 s when not given, as upstream has it. */
  readonly deadlineMs?: number;
  /** The memory of a worker, ytt itself (some 12 MiB) included. 256 when not given. */
  readonly maxMemoryMiB?: number;
  /** Longest output that is taken. 10 MB when not given: far above what an API server accepts. */
  readonly maxOutputBytes?: number;
  /** Renders that may wait for a worker. 1,000 when not given. */
  readonly maxWaiting?: number;
  /** Folder of builds; where `npm run build:ytt` puts them when not given. */
  readonly cache?: string;
};

/** ytt in worker threads: the event loop of the caller never waits for a template. */
export interface Ytt {
  /**
   * Renders as `ytt -f -` does. What a template can cause is an answer, a runaway template included.
   * @throws CartoError when there is no answer now and there may be one later: too many wait, no worker starts.
   */
  render(render: YttRender, signal: AbortSignal): Promise<YttAnswer>;
  /** Workers alive, and renders waiting for one. */
  load(): { readonly workers: number; readonly waiting: number };
  /** Ends all workers; renders under way and to come are refused. */
  close(): Promise<void>;
}

const DEFAULT_DEADLINE_MS = 4_000;
const DEFAULT_MAX_OUTPUT_BYTES = 10_000_000;
const DEFAULT_MAX_WAITING = 1_000;
const MAX_INPUT_BYTES = 16_000_000;
// A condition's message holds 32 KiB.
const MAX_MESSAGE_BYTES = 65_536;
const MIB = 1_048_576;
const NOT_BUILT = 'ytt is not built; install Go and run npm run build:ytt';

/** Makes a {@link Ytt}. Nothing is loaded before the first render. */
export function createYtt(options: YttOptions): Ytt {
  const memoryMiB = options.maxMemoryMiB ?? DEFAULT_MEMORY_MIB;
  const limits = { memoryMiB, maxOutputBytes: options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES };
  const closing = new AbortController();
  let opening: Promise<WorkerPool | undefined> | undefined;
  let pool: WorkerPool | undefined;

  async function open(): Promise<WorkerPool | undefined> {
    try {
      const loaded = await loadYttModule(memoryMiB, options.cache);
      if (loaded !== undefined) pool = createPool(options, limits, loaded);
      return pool;
    } finally {
      if (pool === undefined) opening = undefined; // a build may come while we run
    }
  }

  return {
    async render({ template, values }, signal) {
      signal.throwIfAborted();
      closing.signal.throwIfAborted();
      const request = {
        template,
        values: Object.keys(values)
          .toSorted()
          // ytt reads JSON as YAML 1.1, where U+0085 would end a line and be lost.
          .map((key) => `${key}=${goJson(values[key]).replaceAll('\u0085', '\\u0085')}`),
      };
      const tooLarge = inputTooLarge(request);
      if (tooLarge !== undefined) return { kind: 'failed', message: tooLarge };
      const workers = pool ?? (await (opening ??= open()));
      closing.signal.throwIfAborted();
      if (workers === undefined) return { kind: 'failed', message: NOT_BUILT };
      return answerOf(await workers.render(request, signal), limits);
    },
    load: () => ({ workers: pool?.workers ?? 0, waiting: pool?.waiting ?? 0 }),
    async close() {
      closing.abort(new CartoError('CARTO_YTT_CLOSED', 'ytt has been closed', { retry: 'never' }));
      await opening?.catch(() => undefined);
      await pool?.close();
    },
  };
}

type Limits = { readonly memoryMiB: number; readonly maxOutputBytes: number };

function createPool(options: YttOptions, { memoryMiB, maxOutputBytes }: Limits, loaded: YttModule): WorkerPool {
  return new WorkerPool({
    workers: options.workers ?? Math.min(2, availableParallelism()),
    maxWaiting: options.maxWaiting ?? DEFAULT_MAX_WAITING,
    deadlineMs: options.deadlineMs ?? DEFAULT_DEADLINE_MS,
    retireAboveBytes: (memoryMiB * MIB) / 2,
    clock: options.clock,
    log: options.log,
    start: {
      ...loaded,
      softMemoryBytes: memoryMiB * MIB * 0.8,
      maxPrintedBytes: MAX_MESSAGE_BYTES,
      maxOutputBytes,
    },
  });
}

function inputTooLarge({ template, values }: RenderRequest): string | undefined {
  const size = values.reduce((sum, value) => sum + value.length, template.length);
  if (size <= MAX_INPUT_BYTES) return undefined;
  return `template and values are ${megabytes(size)} long, and ytt takes ${megabytes(MAX_INPUT_BYTES)} at most`;
}

function answerOf(answer: PoolAnswer, { memoryMiB, maxOutputBytes }: Limits): YttAnswer {
  switch (answer.kind) {
    case 'rendered':
      return { kind: 'rendered', output: answer.output };
    case 'failed':
      return { kind: 'failed', message: answer.message };
    case 'killed':
      return { kind: 'failed', message: 'signal: killed' };
    case 'tooLong': {
      const size = megabytes(answer.outputBytes);
      return { kind: 'failed', message: `the output is ${size} long, and ${megabytes(maxOutputBytes)} are allowed` };
    }
    case 'crashed':
      return { kind: 'failed', message: crashText(answer.lastWords, memoryMiB) };
  }
}

/** Where the command would print pages of Go's stacks, or would be killed by the system. */
function crashText(lastWords: string, memoryMiB: number): string {
  if (/out of memory|cannot allocate memory/.test(lastWords)) {
    return `the template needs more memory than the ${memoryMiB} MiB it may use`;
  }
  if (/call stack|stack overflow|stack exceeds/.test(lastWords)) return 'the template recurses too deeply';
  const [reason = ''] = lastWords.split('\n').filter((line) => line !== '');
  return `ytt crashed: ${reason.slice(0, 200)}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
