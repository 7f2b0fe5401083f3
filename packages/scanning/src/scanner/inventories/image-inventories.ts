import { BoundedMap, type Clock, messageOf } from '@cartographer/machinery';
import {
  ImageError,
  type RegistryClient,
  RegistryError,
  type RegistryFailure,
  type Repository,
} from '@cartographer/oci';
import { LAYER_FACTS, type LayerFacts, readImageInventory } from '../../inventory/layers/read-image-inventory.ts';
import type { Portfolio } from '../../portfolio/portfolio.ts';
import type { ScanTarget } from '../scan-request.ts';
import { type Inventories, type Inventory, type InventoryAsk, keptInventory } from './inventory.ts';
import type { PullSecrets } from './pull-secrets.ts';

/** What {@link createImageInventories} needs. */
export type ImageInventoryDeps = {
  readonly portfolio: Portfolio;
  readonly registries: Pick<RegistryClient, 'repository'>;
  readonly pullSecrets: PullSecrets;
  readonly clock: Clock;
};

type ImageTarget = Extract<ScanTarget, { kind: 'image' }>;

/** So long an account that was answered for a digest is taken to be answered still. */
const ANSWERED_MS = 3_600_000;
const MOST_ANSWERED = 10_000;
/** Of layers, a few are kept, as images of one team share them; each may have some megabytes. */
const MOST_LAYERS = 64;
/** Whoever else reads the same digest may fail; then it is read here. */
const MOST_TRIES = 8;

/**
 * Gives the packages of images, each digest read once. What is kept is given to a scan only once the registry has answered
 * for it with the scan's own account: a digest is no key to another tenant's packages.
 */
export function createImageInventories(deps: ImageInventoryDeps): Inventories<ImageTarget> {
  const { portfolio, registries, pullSecrets, clock } = deps;
  const answered = new BoundedMap<number>(MOST_ANSWERED);
  const layers = new BoundedMap<LayerFacts>(MOST_LAYERS);
  const reading = new Map<string, Promise<void>>();

  async function read(repository: Repository, { digest }: ImageTarget, signal: AbortSignal): Promise<void> {
    const bill = await readImageInventory(repository, digest, {
      signal,
      async kept(layer, visit) {
        const key = `${LAYER_FACTS} ${repository.name}@${layer.digest}`;
        const facts = layers.get(key) ?? (await visit());
        layers.set(key, facts);
        return facts;
      },
    });
    await portfolio.putBill({ digest }, bill);
  }

  async function allowed(target: ImageTarget, { namespace, signal }: InventoryAsk): Promise<Inventory> {
    const { logins, key } = await pullSecrets.loginsFor(
      { namespace, account: target.account },
      target.reference,
      signal,
    );
    const repository = registries.repository(target.reference, logins);
    const asker = JSON.stringify([
      namespace,
      key,
      target.reference.registry,
      target.reference.repository,
      target.digest,
    ]);
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const kept = await keptInventory(portfolio, target, namespace);
      const under = reading.get(target.digest);
      if (kept !== undefined) {
        const since = answered.get(asker);
        if (since !== undefined && clock.now() - since < ANSWERED_MS) return kept;
        await repository.resolve(target.digest, signal);
        answered.set(asker, clock.now());
        return kept;
      }
      if (under === undefined) {
        const run = read(repository, target, signal).finally(() => reading.delete(target.digest));
        reading.set(target.digest, run);
        await run;
        answered.set(asker, clock.now());
      } else await under.catch(() => undefined); // whoever reads it tells what failed
    }
    return { kind: 'failed', reason: 'StoreEmptied', message: 'what was read of the image does not stay in the store' };
  }

  return async (target, ask) => {
    const kept = await keptInventory(portfolio, target, ask.namespace);
    if (kept !== undefined && kept.bill === ask.given) return kept;
    try {
      return await allowed(target, ask);
    } catch (error) {
      ask.signal.throwIfAborted();
      const hint = pullSecrets.hint(ask.namespace);
      if (error instanceof RegistryError) return refused(error, hint);
      if (error instanceof ImageError) return { kind: 'failed', reason: 'ImageUnreadable', message: error.message };
      throw error;
    }
  };
}

const REASONS = {
  Unauthorized: 'RegistryForbidden',
  Forbidden: 'RegistryForbidden',
  NotFound: 'ImageNotFound',
  RateLimited: 'RegistryRateLimited',
  Unavailable: 'RegistryUnavailable',
  Misbehaved: 'RegistryMisbehaved',
  DestinationRefused: 'DestinationRefused',
} as const satisfies Record<RegistryFailure, string>;

function refused(error: RegistryError, hint: string): Inventory {
  const reason = REASONS[error.reason];
  // The command first: what is long is cut at its end.
  const message = reason === 'RegistryForbidden' && hint !== '' ? `${hint}; ${messageOf(error)}` : messageOf(error);
  return { kind: 'failed', reason, message };
}
