import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@cartographer/kube';
import { isAlreadyExists, isNotFound, isTooManyRequests } from '@cartographer/kube';
import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { grantedAccount } from '../granted-account.ts';
import { Placeholders } from './placeholders.ts';
import type { Prelude, Scenario, Snapshot, Step, Target } from './scenario.ts';
import { listOf, STAMPED_KINDS, takeSnapshot, typeOf } from './snapshot.ts';

/** What a scenario is played to. */
export type ReplayOptions = {
  /** Speaks as an administrator. */
  readonly client: Client;
  /** Resolves once the controller has nothing left to do about what was written before the call. */
  readonly settled: () => Promise<void>;
  readonly signal: AbortSignal;
};

/** Plays the steps of a scenario and gives what each of them left, in the form of the recordings. */
export async function replay(scenario: Scenario, options: ReplayOptions): Promise<readonly Snapshot[]> {
  const { client, settled } = options;
  const { namespace } = scenario;
  const placeholders = new Placeholders(namespace);
  const watching = new AbortController();
  const signal = AbortSignal.any([watching.signal, options.signal]);
  await playPrelude(client, namespace, scenario.prelude);
  const watches = STAMPED_KINDS.map((kind) => noteNames(client, namespace, kind, placeholders, signal));
  // They are waited for in the end; until then a failure is not yet unhandled.
  for (const watch of watches) watch.catch(() => undefined);
  try {
    const snapshots: Snapshot[] = [];
    for (const [index, step] of scenario.steps.entries()) {
      await playStep(client, namespace, placeholders.reveal(step));
      await settled();
      await namesAreNoted(client, namespace, placeholders);
      snapshots.push(await takeSnapshot(client, namespace, index + 1, placeholders));
    }
    return snapshots;
  } finally {
    watching.abort();
    await Promise.all(watches);
  }
}

async function playPrelude(client: Client, namespace: string, prelude: Prelude): Promise<void> {
  await put(client, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  if (prelude === 'namespace') return;
  const [account, ...grants] = grantedAccount(namespace);
  for (const object of [account, ...(prelude === 'full' ? grants : [])]) {
    if (object !== undefined) await put(client, object);
  }
}

async function playStep(client: Client, namespace: string, step: Step): Promise<void> {
  if ('apply' in step) {
    for (const object of step.apply) await put(client, object);
  } else if ('patch' in step) {
    await mergePatch(client, namespace, step.patch, step.patch.merge);
  } else if ('patchStatus' in step) {
    // The kind Thing has no status subresource: its status is a field like any other.
    const subresource = step.patchStatus.kind === 'Thing' ? undefined : 'status';
    await mergePatch(client, namespace, step.patchStatus, { status: step.patchStatus.status }, subresource);
  } else if ('delete' in step) {
    await remove(client, namespace, step.delete);
  }
}

/** Creates an object, or replaces the one that has the name. */
async function put(client: Client, object: KubeObject): Promise<void> {
  const type = typeOf(object.kind);
  try {
    await client.create(type, object);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const { namespace, name = '' } = object.metadata;
    const { metadata } = await client.get(type, { namespace, name });
    await client.update(type, {
      ...object,
      metadata: { ...object.metadata, resourceVersion: metadata.resourceVersion },
    });
  }
}

async function mergePatch(
  client: Client,
  namespace: string,
  { kind, name }: Target,
  body: JsonObject,
  subresource?: string,
): Promise<void> {
  await client.patch(typeOf(kind), keyOf(kind, namespace, name), { kind: 'merge', body, subresource });
}

async function remove(client: Client, namespace: string, { kind, name }: Target): Promise<void> {
  try {
    await client.delete(typeOf(kind), keyOf(kind, namespace, name), { propagationPolicy: 'Background' });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function keyOf(kind: string, namespace: string, name: string): { namespace?: string; name: string } {
  return typeOf(kind).namespaced ? { namespace, name } : { name };
}

/** Takes note of generated names in the order in which the server made them, until the signal ends it. */
async function noteNames(
  client: Client,
  namespace: string,
  kind: string,
  placeholders: Placeholders,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const { type, object } of client.watch(typeOf(kind), { namespace, signal })) {
        if (type === 'ADDED') placeholders.note((object as KubeObject).metadata);
      }
    } catch (error) {
      if (signal.aborted) return;
      // A real server answers so while it fills its cache of a kind that is new.
      if (!isTooManyRequests(error)) throw error;
      await sleep(WATCH_AGAIN_MS);
    }
  }
}

/** A watch that is made again tells of everything that is there: a name is noted once. */
const WATCH_AGAIN_MS = 100;
const MAX_TURNS = 2000;

/** Waits until the watches have told of everything that is there. */
async function namesAreNoted(client: Client, namespace: string, placeholders: Placeholders): Promise<void> {
  const lists = await Promise.all(STAMPED_KINDS.map((kind) => listOf(client, namespace, kind)));
  const names = lists
    .flat()
    .filter(
      ({ metadata }) => (metadata.generateName ?? '') !== '' && metadata.name?.startsWith(metadata.generateName ?? ''),
    )
    .map(({ metadata }) => metadata.name ?? '');
  for (let turn = 0; !names.every((name) => placeholders.knows(name)); turn++) {
    if (turn >= MAX_TURNS) throw new Error(`no watch told of one of ${names.join(', ')}`);
    await sleep(1);
  }
}
