import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { createDeadline } from '@cartographer/kube';
import { CartoError, type Clock, messageOf } from '@cartographer/machinery';
import { ifThere } from '@cartographer/oci';
import type { EnvValues } from '../../env/env-values.ts';
import type { Keeper } from '../../keeper/keeper.ts';
import { lastLines } from '../../last-lines.ts';
import { type Environment, programEnvironment } from '../../program-environment.ts';
import { expand } from '../../service/app-command.ts';
import type { Step } from '../kind/task-spec.ts';
import { type Declared, typeOf, writtenValue } from '../values/param-value.ts';
import { failingPlace } from './failing-place.ts';
import { USER_ERROR } from './prepare-task.ts';
import { type RunPlaces, stepLog, workingFolder } from './run-places.ts';
import { type RunEnd, type RunRecord, type StepRecord, writeRunRecord } from './run-record.ts';
import { scriptCommand } from './script-command.ts';

/** One try of a run, ready to be run. */
export type RunOrder = {
  readonly uid: string;
  readonly attempt: number;
  readonly namespace: string;
  readonly pod: string;
  readonly places: RunPlaces;
  readonly steps: readonly Step[];
  readonly results: readonly Declared[];
  /** The folders that workspaces are bound to. */
  readonly folders: readonly string[];
};

/** What runs stand on. */
export type RunTools = {
  readonly keeper: Keeper;
  readonly environment: Environment;
  readonly envValues: EnvValues;
  readonly clock: Clock;
};

/** Room for the results of a task, Kubernetes' for the last words of a container. */
const MAX_RESULTS_BYTES = 4096;
const STOP_GRACE_MS = 1_000;
/** How much of a log is looked through for the place of a failure. */
const LOOK_BYTES = 256 * 1024;

/**
 * Runs the steps of a task one after the other, each written down before it is started: a step that may have run is never
 * started again. Every exit of a step is an end of the run, never an error.
 *
 * @throws when the record cannot be written before anything has run, and the signal's reason when it is aborted.
 */
export async function runSteps(
  order: RunOrder,
  tools: RunTools,
  signal: AbortSignal,
  onChange: (record: RunRecord) => void,
): Promise<RunRecord> {
  const { uid, attempt, places, results } = order;
  for (const folder of [places.workspace, places.results, places.scripts, join(places.work, 'tmp'), ...order.folders])
    await mkdir(folder, { recursive: true, mode: 0o700 });
  let record: RunRecord = { uid, attempt, steps: [], results: {} };
  const keep = async (change: Partial<RunRecord>): Promise<void> => {
    record = { ...record, ...change };
    await writeRunRecord(places.recordFile, record);
    onChange(record);
  };
  for (const step of order.steps) {
    signal.throwIfAborted();
    const before = record.steps;
    const begun: StepRecord = { name: step.name, startedMs: tools.clock.now() };
    await keep({ steps: [...before, begun] });
    const exit = await runStep(step, order, tools, signal);
    const finished: StepRecord = {
      ...begun,
      finishedMs: tools.clock.now(),
      exitCode: exit.code,
      ...(exit.tookTooLong ? { took: 'tooLong' as const } : {}),
    };
    const written = await readResults(places, results);
    const failure = exit.problem ?? tooLarge(written);
    const end: RunEnd | undefined = failure === undefined ? undefined : { kind: 'failed', message: failure };
    await keep({ steps: [...before, finished], results: written, ...(end === undefined ? {} : { end }) });
    if (end !== undefined) return record;
  }
  await keep({ end: endOf(results, record.results) });
  return record;
}

type StepExit = { readonly code: number; readonly tookTooLong: boolean; readonly problem?: string };

async function runStep(step: Step, order: RunOrder, tools: RunTools, signal: AbortSignal): Promise<StepExit> {
  const { places, pod } = order;
  const logFile = stepLog(places, pod, step.name);
  const container = `"step-${step.name}"`;
  const fails = (words: string, code = 1): StepExit => ({
    code,
    tookTooLong: false,
    problem: `${container} exited with code ${code}: Error; ${words}`,
  });
  let started: Awaited<ReturnType<Keeper['start']>>;
  try {
    started = await tools.keeper.start({ ...(await commandOf(step, order, tools, signal)), logFile });
  } catch (error) {
    signal.throwIfAborted();
    return fails(messageOf(error));
  }
  const limit = step.timeoutMs;
  const expire = (): Error => new Error('the step took too long');
  const deadline =
    limit > 0 ? createDeadline({ clock: tools.clock, limitMs: limit, parent: signal, expire }) : undefined;
  const either = deadline?.signal ?? signal;
  const stop = (): void => void started.stop(STOP_GRACE_MS);
  either.addEventListener('abort', stop, { once: true });
  if (either.aborted) stop();
  const exit = await started.exited;
  either.removeEventListener('abort', stop);
  const tookTooLong = deadline?.expired !== undefined;
  deadline?.end();
  signal.throwIfAborted();
  const code = exit.code ?? 128 + (signalNumber(exit.signal) ?? 0);
  await noteExitCode(places, step, code);
  const words = `${await tellingWords(exit.tail, logFile, order)}; log: ${logFile}`;
  if (tookTooLong)
    return {
      code: code === 0 ? 1 : code,
      tookTooLong,
      problem: `${container} exited because the step exceeded the specified timeout limit; ${words}`,
    };
  return code === 0 || step.goesOn ? { code, tookTooLong } : fails(words, code);
}

/** Where it failed, if the step said so, and its last lines. */
async function tellingWords(tail: string, logFile: string, { places }: RunOrder): Promise<string> {
  const output = (await lastBytes(logFile, LOOK_BYTES)) ?? tail;
  const place = failingPlace(output, places.workspace);
  return `${place === undefined ? '' : `at ${place}; `}last lines: ${lastLines(tail)}`;
}

async function lastBytes(file: string, maxBytes: number): Promise<string | undefined> {
  const handle = await ifThere(open(file, 'r'));
  if (handle === undefined) return undefined;
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, maxBytes);
    const { buffer } = await handle.read({ buffer: new Uint8Array(length), length, position: size - length });
    return new TextDecoder().decode(buffer);
  } finally {
    await handle.close();
  }
}

/** A step that fails may be looked at by those after it. */
async function noteExitCode({ steps }: RunPlaces, step: Step, code: number): Promise<void> {
  const file = join(steps, `step-${step.name}`, 'exitCode');
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, String(code), { mode: 0o600 });
}

/** @throws CartoError that names what is missing. */
async function commandOf(
  step: Step,
  { places, namespace, folders }: RunOrder,
  tools: RunTools,
  signal: AbortSignal,
): Promise<{ readonly argv: readonly string[]; readonly env: Record<string, string>; readonly cwd: string }> {
  const cwd = workingFolder(places, step.workingDir, folders);
  if (cwd === undefined)
    throw new CartoError(
      'CARTO_PROCESS',
      `workingDir ${step.workingDir} is outside of the run's workspaces, and there is no container that would have it`,
    );
  await mkdir(cwd, { recursive: true, mode: 0o700 });
  const own: Record<string, string> = {};
  for (const { name, value } of await tools.envValues(namespace, step.env, signal)) own[name] = expand(value, own);
  const env = {
    ...programEnvironment(tools.environment, { npm: true }),
    TMPDIR: join(places.work, 'tmp'),
    npm_config_update_notifier: 'false',
    ...own,
  };
  const args = step.args.map((word) => expand(word, own));
  if (step.script === '') return { argv: [...step.command.map((word) => expand(word, own)), ...args], env, cwd };
  const file = join(places.scripts, `step-${step.name}`);
  const { text, argv } = scriptCommand(step.script, file);
  await writeFile(file, text, { mode: 0o700 });
  return { argv: [...argv, ...args], env, cwd };
}

async function readResults(places: RunPlaces, declared: readonly Declared[]): Promise<Record<string, string>> {
  const results: Record<string, string> = {};
  for (const { name } of declared) {
    const text = await ifThere(readFile(join(places.results, name), 'utf8'));
    if (text !== undefined) results[name] = text;
  }
  return results;
}

function tooLarge(results: Readonly<Record<string, string>>): string | undefined {
  const bytes = Object.values(results).reduce((sum, text) => sum + new TextEncoder().encode(text).length, 0);
  return bytes <= MAX_RESULTS_BYTES
    ? undefined
    : `the results ${Object.keys(results).join(', ')} have ${bytes} bytes together, and there is room for ${MAX_RESULTS_BYTES}; hand on a reference instead`;
}

/** Whether what was given out is what the task declares. */
function endOf(declared: readonly Declared[], results: Readonly<Record<string, string>>): RunEnd {
  const wrong = declared.flatMap(({ name, type }) => {
    const text = results[name];
    const found = text === undefined ? type : typeOf(writtenValue(text, type));
    return found === type
      ? []
      : [` "${name}": task result is expected to be "${type}" type but was initialized to a different type "${found}"`];
  });
  if (wrong.length === 0) return { kind: 'succeeded' };
  const words = "Provided results don't match declared results; may be invalid JSON or missing result declaration: ";
  return { kind: 'invalid', message: `${USER_ERROR}${words}${wrong.toSorted().join(',')}` };
}

function signalNumber(signal: string | null): number | undefined {
  return signal === null ? undefined : constants.signals[signal as NodeJS.Signals];
}
