/** The worker thread: holds one Go program, renders what it is sent, and ends when that program crashes. */
import { parentPort, workerData } from 'node:worker_threads';
import { type GoInstance, type GoProgram, startGo } from './go-instance.ts';

/** What the worker is started with. */
export type WorkerStart = GoProgram & { readonly maxOutputBytes: number };

/** One render: each value is `KEY=JSON`. */
export type RenderRequest = { readonly template: string; readonly values: readonly string[] };

/** What the worker says: `ready` once, then one answer for each request. */
export type WorkerReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'rendered'; readonly output: string; readonly memoryBytes: number }
  | { readonly kind: 'failed'; readonly message: string; readonly memoryBytes: number }
  | { readonly kind: 'tooLong'; readonly outputBytes: number; readonly memoryBytes: number }
  | { readonly kind: 'crashed'; readonly lastWords: string };

const start = workerData as WorkerStart;
// The decoder must not swallow a byte order mark: what ytt prints is handed on as it is.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function answer(go: GoInstance, { template, values }: RenderRequest): WorkerReply {
  const result = go.render(template, values);
  if (result.kind === 'crashed') return result;
  const memoryBytes = go.memoryBytes();
  const outputBytes = result.text.length;
  if (!result.ok) {
    const message = result.printed + decoder.decode(result.text.subarray(0, start.maxPrintedBytes));
    return { kind: 'failed', message, memoryBytes };
  }
  if (outputBytes > start.maxOutputBytes) return { kind: 'tooLong', outputBytes, memoryBytes };
  return { kind: 'rendered', output: decoder.decode(result.text), memoryBytes };
}

async function serve(port: typeof parentPort): Promise<void> {
  const go = await startGo(start);
  // The first render of a program takes 20 times as long as the next: this one is nobody's.
  go.render('a: #@ [n for n in range(1)]', []);
  port?.on('message', (request: RenderRequest) => {
    const reply = answer(go, request);
    port.postMessage(reply);
    if (reply.kind === 'crashed') port.close();
  });
  port?.postMessage({ kind: 'ready' } satisfies WorkerReply);
}

void serve(parentPort);
