import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, createRetryBackoff, type Log, messageOf } from '@cartographer/machinery';
import type { EnvValues } from '../env/env-values.ts';
import type { Exit, Keeper, KeptProcess } from '../keeper/keeper.ts';
import { lastLines } from '../last-lines.ts';
import { type Environment, programEnvironment } from '../program-environment.ts';
import { findFreePort } from '../stable-port.ts';
import { appCommand } from './app-command.ts';
import { probeApp } from './probe-app.ts';
import { parseImageReference, pullImage } from './pull-image.ts';
import type { Revision } from './revisions.ts';

/** How an app is doing. */
export type AppState =
  /** `why` is there once it takes longer than most apps need. */
  | { readonly kind: 'starting'; readonly why?: string }
  | { readonly kind: 'answering'; readonly port: number }
  /** It ended, does not answer or cannot be started; it is tried again. */
  | { readonly kind: 'failing'; readonly message: string };

/** One revision as a process that is kept running. */
export interface App {
  readonly revision: Revision;
  state(): AppState;
  /** Ends the process, gently first, and resolves when it is gone. */
  stop(graceMs: number): Promise<void>;
}

/** What an app needs from around it. */
export type AppDeps = {
  readonly keeper: Keeper;
  readonly environment: Environment;
  readonly envValues: EnvValues;
  readonly clock: Clock;
  readonly log: Log;
};

/** Which revision, of what, and where. */
export type AppOrder = {
  readonly namespace: string;
  readonly service: string;
  readonly revision: Revision;
  /** Where its image is unpacked. */
  readonly folder: string;
  readonly logFile: string;
  readonly onChange: () => void;
};

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;
/** An app that answered this long starts again at once when it ends, as if for the first time. */
const STABLE_MS = 60_000;
const POLL_MS = 25;
const SLOW_POLL_MS = 250;
const SLOW_AFTER_MS = 5_000;
const ADVICE = 'it has to listen on the port in the variable PORT';

/** Starts an app and keeps it running until it is stopped. */
export function startApp(order: AppOrder, deps: AppDeps): App {
  const { clock } = deps;
  const abort = new AbortController();
  const { signal } = abort;
  let state: AppState = { kind: 'starting' };
  let process_: KeptProcess | undefined;

  function become(next: AppState): void {
    if (signal.aborted) return;
    state = next;
    order.onChange();
  }

  /** Runs the app once; answers with what to tell when it is over. */
  async function live(): Promise<string> {
    const prepared = await prepare(order, deps, signal);
    if (typeof prepared === 'string') return prepared;
    signal.throwIfAborted();
    process_ = await deps.keeper.start({ ...prepared.command, logFile: order.logFile });
    // A stop that came while it was being started.
    if (signal.aborted) await process_.stop(0);
    const ended = process_.exited;
    const onSlow = (why: string): void => {
      if (state.kind === 'starting') become({ kind: 'starting', why: `${why}; log: ${order.logFile}` });
    };
    const probed = await untilAnswers(order, { port: prepared.port, ended, onSlow, clock, signal });
    if (probed.kind === 'late') {
      const { tail } = await process_.stop(FIRST_RETRY_MS);
      return `${probed.message}; last lines: ${lastLines(tail)}`;
    }
    if (probed.kind === 'answers') become({ kind: 'answering', port: prepared.port });
    return describeExit(await ended);
  }

  async function run(): Promise<void> {
    const backoff = createRetryBackoff({ firstMs: FIRST_RETRY_MS, capMs: LAST_RETRY_MS });
    while (!signal.aborted) {
      const startedAt = clock.monotonicMs();
      const message = await live().catch((error: unknown) => messageOf(error));
      if (signal.aborted) return;
      deps.log.warn(
        { service: `${order.namespace}/${order.service}`, revision: order.revision.name, message },
        'app does not run',
      );
      become({ kind: 'failing', message: `${message}; log: ${order.logFile}` });
      if (clock.monotonicMs() - startedAt > STABLE_MS) backoff.reset();
      await clock.sleep(backoff.next(), signal).catch(() => undefined);
    }
  }

  const ended = run();
  return {
    revision: order.revision,
    state: () => state,
    async stop(graceMs) {
      abort.abort(new Error('the app is not needed any more'));
      await process_?.stop(graceMs);
      await ended;
    },
  };
}

/** Pulls the image, looks up the environment and finds a port. */
async function prepare(
  order: AppOrder,
  deps: AppDeps,
  signal: AbortSignal,
): Promise<{ command: Command; port: number } | string> {
  const { template, name } = order.revision;
  const reference = parseImageReference(template.image);
  if (reference.kind === 'refused') return reference.message;
  const image = await pullImage(reference.image, order.folder, { clock: deps.clock, signal });
  const env = await deps.envValues(order.namespace, template.env, signal);
  const port = await findFreePort();
  const platform = { PORT: String(port), K_SERVICE: order.service, K_CONFIGURATION: order.service, K_REVISION: name };
  const rootfs = join(order.folder, 'rootfs');
  const base = programEnvironment(deps.environment);
  const command = appCommand({ image, template, rootfs, base, platform, env });
  if ('refused' in command) return command.refused;
  await mkdir(command.cwd, { recursive: true });
  return { command, port };
}

type Command = Exclude<ReturnType<typeof appCommand>, { refused: string }>;

type Waiting = {
  readonly port: number;
  readonly ended: Promise<unknown>;
  /** Called once, when it takes long. */
  readonly onSlow: (why: string) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

/** Resolves when the app answers, or says why it has not until its deadline; ends quietly when the app does. */
async function untilAnswers(
  { revision: { template } }: AppOrder,
  { port, ended, onSlow, clock, signal }: Waiting,
): Promise<{ readonly kind: 'answers' | 'gone' } | { readonly kind: 'late'; readonly message: string }> {
  const startedAt = clock.monotonicMs();
  let isGone = false;
  let isSlow = false;
  void ended.then(() => (isGone = true));
  for (;;) {
    const found = await probeApp(port, template.probe, signal);
    if (isGone || signal.aborted) return { kind: 'gone' };
    if (found.kind === 'answers') return found;
    const waitedMs = clock.monotonicMs() - startedAt;
    if (waitedMs >= template.progressMs) {
      return {
        kind: 'late',
        message: `it did not answer within ${template.progressMs / 1000} s: ${found.why}; ${ADVICE}`,
      };
    }
    if (waitedMs >= SLOW_AFTER_MS && !isSlow) {
      isSlow = true;
      onSlow(`it does not answer yet: ${found.why}; ${ADVICE}`);
    }
    await clock.sleep(waitedMs < SLOW_AFTER_MS ? POLL_MS : SLOW_POLL_MS, signal).catch(() => undefined);
  }
}

function describeExit({ code, signal, tail }: Exit): string {
  const how = code === null ? `it was ended by ${signal ?? 'a signal'}` : `it ended with exit code ${code}`;
  const hint = /EADDRINUSE/.test(tail) ? '; it has to listen on the port in the variable PORT, and on no other' : '';
  return `Container failed with: ${how}${hint}; last lines: ${lastLines(tail)}`;
}
