import type { Client, RestMapper } from '@cartographer/kube';
import { ApiError, isNotFound, NoMatchError } from '@cartographer/kube';
import type { Clock, Json, JsonObject } from '@cartographer/machinery';
import { getKey, isObject, stringifyJson } from '@cartographer/machinery';
import type { AcceptanceCase, CaseStep } from './acceptance-case.ts';
import type { CaseClient } from './case-client.ts';
import { createCaseClient } from './case-client.ts';
import { firstMismatch } from './subset.ts';

/**
 * How a case waits for what it asserts: for the moment when nothing happens any more, which a cluster in this process
 * can tell, or by looking again and again until a deadline.
 */
export type Waiting =
  | { readonly kind: 'quiet'; readonly settled: () => Promise<void> }
  | { readonly kind: 'poll'; readonly clock: Clock; readonly deadlineMs: number };

/** What cases are run against. */
export type AcceptanceTarget = {
  /** Speaks as an administrator. */
  readonly client: Client;
  readonly mapper: RestMapper;
  readonly waiting: Waiting;
};

const POLL_MS = 100;
const SECOND_MS = 1000;

/** Runs one case; what does not hold ends in an error that names file, object and place. */
export async function runCase(
  { name, namespace, steps }: AcceptanceCase,
  { client, mapper, waiting }: AcceptanceTarget,
  signal: AbortSignal,
): Promise<void> {
  const cluster = createCaseClient(client, mapper, namespace);
  await cluster.prepare();
  for (const step of steps) {
    signal.throwIfAborted();
    const faults = LOOKS.has(step.action)
      ? await eventually(() => look(cluster, step), waiting, signal)
      : await act(cluster, step, waiting, signal);
    if (faults.length > 0) throw new Error(`${name}/${step.file}:\n${faults.join('\n')}`);
  }
}

const LOOKS: ReadonlySet<CaseStep['action']> = new Set(['assert', 'absent']);

/** Does what a step says; what must be refused and is not is a fault. */
async function act(
  cluster: CaseClient,
  step: CaseStep,
  waiting: Waiting,
  signal: AbortSignal,
): Promise<readonly string[]> {
  // Runs are told apart by their age in whole seconds.
  if (waiting.kind === 'poll') await waiting.clock.sleep(SECOND_MS - (waiting.clock.now() % SECOND_MS), signal);
  const faults: string[] = [];
  for (const document of step.documents) {
    switch (step.action) {
      case 'patch':
        await cluster.patch(document);
        break;
      case 'patch-status':
        await cluster.patchStatus(document);
        break;
      case 'delete':
        await cluster.delete(document);
        break;
      case 'refused':
        faults.push(...(await tryRefused(cluster, document)));
        break;
      case 'apply':
        await cluster.apply(document);
        break;
      case 'assert':
      case 'absent':
        throw new Error(`${step.action} does nothing`);
    }
  }
  // The next step finds the world that this one makes.
  if (waiting.kind === 'quiet') await waiting.settled();
  return faults;
}

/** A document `kind: Refusal` holds an object that must not be let in, and a part of the text that says why. */
async function tryRefused(cluster: CaseClient, { object, message }: JsonObject): Promise<readonly string[]> {
  if (!isObject(object) || typeof message !== 'string') throw new Error('a Refusal has an object and a message');
  try {
    await cluster.create(object);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.message.includes(message) ? [] : [`refused with [${error.message}], not with [${message}]`];
  }
  return [`${nameOf(object)} was let in; it should be refused with [${message}]`];
}

async function eventually(
  check: () => Promise<readonly string[]>,
  waiting: Waiting,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (waiting.kind === 'quiet') return check();
  const until = waiting.clock.now() + waiting.deadlineMs;
  for (;;) {
    const faults = await check();
    if (faults.length === 0 || waiting.clock.now() >= until) return faults;
    await waiting.clock.sleep(POLL_MS, signal);
  }
}

async function look(cluster: CaseClient, { action, documents }: CaseStep): Promise<readonly string[]> {
  const faults = await Promise.all(
    documents.map((document) =>
      document['kind'] === 'Count'
        ? countFault(cluster, document)
        : action === 'assert'
          ? missingFault(cluster, document)
          : presentFault(cluster, document),
    ),
  );
  return faults.filter((fault) => fault !== undefined);
}

/** A document `kind: Count` says how many objects match the one that it holds. */
async function countFault(cluster: CaseClient, { of, count }: JsonObject): Promise<string | undefined> {
  if (!isObject(of)) throw new Error('a Count has an object `of`');
  const found = (await known(cluster, of)).filter((object) => firstMismatch(of, object) === undefined);
  return found.length === count ? undefined : `${found.length} objects match ${nameOf(of)}, not ${text(count)}`;
}

async function missingFault(cluster: CaseClient, document: JsonObject): Promise<string | undefined> {
  const mismatches: string[] = [];
  for (const object of await known(cluster, document)) {
    const mismatch = firstMismatch(document, object);
    if (mismatch === undefined) return undefined;
    const { at, expected, actual } = mismatch;
    const status = text(getKey(object, 'status')).slice(0, MOST_STATUS);
    mismatches.push(
      `  ${nameOf(object)} at ${at}: expected ${text(expected)}, found ${text(actual)}\n  status: ${status}`,
    );
  }
  return `no object matches ${nameOf(document)}\n${mismatches.slice(0, MOST_SHOWN).join('\n')}`;
}

async function presentFault(cluster: CaseClient, document: JsonObject): Promise<string | undefined> {
  const found = (await known(cluster, document)).find((object) => firstMismatch(document, object) === undefined);
  return found === undefined ? undefined : `${nameOf(found)} is there, and should not be`;
}

const MOST_SHOWN = 12;
const MOST_STATUS = 4_000;

/** Of a kind that the server does not know, there are no objects. */
async function known(cluster: CaseClient, document: JsonObject): Promise<readonly JsonObject[]> {
  try {
    return await cluster.candidates(document);
  } catch (error) {
    if (error instanceof NoMatchError || isNotFound(error)) return [];
    throw error;
  }
}

function nameOf({ kind, metadata, ...rest }: JsonObject): string {
  const { name, labels } = isObject(metadata) ? metadata : {};
  return `${typeof kind === 'string' ? kind : '?'} ${typeof name === 'string' ? name : text(labels === undefined ? rest : { labels })}`;
}

function text(value: Json | undefined): string {
  return value === undefined ? 'nothing' : stringifyJson(value);
}
