import type {
  AccountAnswer,
  AccountKey,
  Acting,
  Cluster,
  Delete,
  DeleteAnswer,
  Deletion,
  Lookup,
  Memory,
  Render,
  RenderAnswer,
  Write,
  WriteAnswer,
} from '@cartographer/engine';
import { type Client, isUnauthorized, TokenError } from '@cartographer/kube';
import { allEnded, BoundedMap, type KubeObject, messageOf, objectKey } from '@cartographer/machinery';
import type { KindMappings } from '../caches/kind-mappings.ts';
import type { StampedCaches } from '../caches/stamped-caches.ts';
import type { StaticCaches } from '../caches/static-caches.ts';
import type { OwnerAccess } from './owner-access.ts';
import type { PaceCounter } from './pace.ts';
import { performDelete, performWrite } from './writes.ts';

/** Renders a ytt template; `message` of a failure is what stands after `unable to apply ytt template: `. */
export type Renderer = (render: Render, signal: AbortSignal) => Promise<RenderAnswer>;

/** What all reconciles share. */
export type Shared = {
  readonly caches: StaticCaches;
  readonly stamped: StampedCaches;
  readonly mappings: KindMappings;
  readonly access: OwnerAccess;
  readonly pace: PaceCounter;
  readonly memories: BoundedMap<Memory>;
  readonly renders: BoundedMap<RenderAnswer>;
  readonly render: Renderer;
};

/** What one reconcile saw and did so far; the plan reads it, {@link Effects.act} adds to it. */
export interface Effects {
  readonly cluster: Cluster;
  /**
   * Does all that the plan asks for, side by side, and folds the answers in. Ends when all of it has ended.
   * @throws the first failure that is no answer, once the others are answered.
   */
  act(plan: Acting, signal: AbortSignal): Promise<void>;
  /** The plan asked for nothing more. */
  settled(owner: KubeObject): void;
}

/** Begins a reconcile of one owner. */
export function beginEffects(shared: Shared, ownerKey: string): Effects {
  const { caches, stamped, mappings, memories, renders, pace } = shared;
  const reading = stamped.reading(ownerKey);
  const failedRenders = new Map<string, RenderAnswer>();
  const written = new Map<string, WriteAnswer>();
  const deletions: Deletion[] = [];
  const failedTokens = new Map<string, AccountAnswer>();

  const account = (key: AccountKey): AccountAnswer => failedTokens.get(objectKey(key)) ?? caches.account(key);
  const cluster: Cluster = {
    template: caches.template,
    account,
    mapping: mappings.known,
    readsCurrent: caches.readsCurrent,
    observed: reading.observed,
    listed: reading.listed,
    written: (id) => written.get(id),
    deletions: () => deletions,
    rendered: (id) => renders.get(id) ?? failedRenders.get(id),
    recall: (key) => memories.get(key),
    pace: (resource) => pace.pace(ownerKey, resource),
  };

  async function lookUp(lookup: Lookup, signal: AbortSignal): Promise<void> {
    switch (lookup.lookup) {
      case 'account':
        return; // the cache answers at once
      case 'mapping':
        return mappings.find(lookup.apiVersion, lookup.kind, signal);
      case 'object':
      case 'list':
        return reading.ensure(lookup.key, signal);
    }
  }

  /** Acts as the owner's account; without a token nothing is done, and the plan hears of it as the account's answer. */
  async function asOwner(plan: Acting, signal: AbortSignal, action: Parameters<OwnerAccess['as']>[2]): Promise<void> {
    const key = plan.dependencies.account;
    const found = key === undefined ? undefined : account(key);
    if (key === undefined || found?.kind !== 'found') return;
    try {
      await shared.access.as({ ...key, uid: found.uid }, signal, action);
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      failedTokens.set(objectKey(key), { kind: 'tokenFailed', message: error.message });
    }
  }

  async function write(plan: Acting, asked: Write, signal: AbortSignal): Promise<void> {
    if (asked.fresh !== undefined) await stamped.refresh(asked.fresh, signal);
    await asOwner(plan, signal, async (client) => {
      const answer = await attempt(client, asked, signal);
      written.set(asked.id, answer);
      // The type itself may be gone, or served under another name: ask again before the next try.
      if (answer.kind === 'refused' && answer.code === 404) mappings.forget(asked.type.group);
      if (answer.kind === 'done' && asked.cause !== 'tried') pace.count(ownerKey, asked.resource, asked.cause);
    });
  }

  /** One try of a write, its answer folded into the caches. */
  async function attempt(client: Client, asked: Write, signal: AbortSignal): Promise<WriteAnswer> {
    const answered = isDryRun(asked) ? undefined : stamped.writing(asked.type, asked.object.metadata);
    let made: KubeObject | undefined;
    try {
      const answer = await performWrite(client, asked, signal);
      if (answer.kind === 'done') made = answer.object;
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      if (isUnauthorized(error)) throw error;
      return { kind: 'failed', message: messageOf(error) };
    } finally {
      answered?.(made);
    }
  }

  async function remove(plan: Acting, asked: Delete, signal: AbortSignal): Promise<void> {
    await asOwner(plan, signal, async (client) => {
      const answer = await performDelete(client, asked, signal).catch((error: unknown): DeleteAnswer => {
        signal.throwIfAborted();
        if (isUnauthorized(error)) throw error;
        return { kind: 'failed', message: messageOf(error) };
      });
      deletions.push({ request: asked, answer });
      if (answer.kind === 'deleted') stamped.deleted(asked.key);
    });
  }

  /** What was rendered is kept for good; a failure may have been the machine's (a deadline), so it lasts one reconcile. */
  async function render(asked: Render, signal: AbortSignal): Promise<void> {
    const answer = await shared.render(asked, signal);
    if (answer.kind === 'rendered') renders.set(asked.id, answer);
    else failedRenders.set(asked.id, answer);
  }

  return {
    cluster,
    async act(plan, signal) {
      await allEnded([
        ...plan.lookups.map((lookup) => lookUp(lookup, signal)),
        ...plan.renders.map((asked) => render(asked, signal)),
        ...plan.writes.map((asked) => write(plan, asked, signal)),
        ...plan.deletes.map((asked) => remove(plan, asked, signal)),
      ]);
    },
    settled: ({ metadata }) => reading.settled(metadata.uid),
  };
}

function isDryRun({ verb }: Write): boolean {
  return verb === 'tryCreate' || verb === 'tryPatch' || verb === 'tryApply';
}
