import type { BillPackage } from '@cartographer/bills';
import { BoundedMap, CartoError, type Clock, messageOf } from '@cartographer/machinery';
import {
  ImageError,
  type RegistryClient,
  RegistryError,
  type RegistryFailure,
  type Repository,
} from '@cartographer/oci';
import type { AttachedFindings } from '../../inventory/attached/attached-findings.ts';
import { placedFindings } from '../../inventory/attached/placed-findings.ts';
import { readAttached } from '../../inventory/attached/read-attached.ts';
import { readJoinedImage } from '../../inventory/attached/read-joined.ts';
import { trustedKeys } from '../../inventory/attached/signatures.ts';
import type { UnreadReason } from '../../kinds/reasons.ts';
import type { KeptAttached } from '../../portfolio/kept-attached.ts';
import type { Portfolio } from '../../portfolio/portfolio.ts';
import type { ScanTarget } from '../scan-request.ts';
import { createFindingLooks, findingsTrustOf, keysOf } from './finding-looks.ts';
import {
  type Inventories,
  type Inventory,
  type InventoryAsk,
  type KeptInventory,
  keptInventory,
  subjectOf,
} from './inventory.ts';
import { createKeptLayers } from './kept-layers.ts';
import type { PullSecrets } from './pull-secrets.ts';

/** What {@link createImageInventories} needs. */
export type ImageInventoryDeps = {
  readonly portfolio: Portfolio;
  readonly registries: Pick<RegistryClient, 'repository'>;
  readonly pullSecrets: PullSecrets;
  readonly clock: Clock;
  /** Spreads what is looked at again after a start. */
  readonly random: () => number;
};

/** What a registry said that does not want to be asked until then, in milliseconds since 1970. */
type Refusal = Pick<RegistryError, 'reason' | 'message'> & { readonly untilMs: number };
type ImageTarget = Extract<ScanTarget, { kind: 'image' }>;

/** So long an account that was answered for a digest is taken to be answered still. */
const ANSWERED_MS = 3_600_000;
const MOST_ANSWERED = 10_000;
/** Registries that do not want to be asked for a while, by whom. */
const MOST_REFUSALS = 1_000;
/** Whoever else reads the same digest may fail; then it is read here. */
const MOST_TRIES = 8;

/**
 * Gives the packages of images, each digest read once. What is kept is given to a scan only once the registry has answered
 * for it with the scan's own account: a digest is no key to another tenant's packages.
 */
export function createImageInventories(deps: ImageInventoryDeps): Inventories<ImageTarget> {
  const { portfolio, registries, pullSecrets, clock } = deps;
  const answeredMs = new BoundedMap<number>(MOST_ANSWERED);
  const keptLayers = createKeptLayers(portfolio);
  const reading = new Map<string, Promise<void>>();
  const refusals = new BoundedMap<Refusal>(MOST_REFUSALS);
  const looks = createFindingLooks(deps);

  async function read(repository: Repository, target: ImageTarget, ask: InventoryAsk): Promise<void> {
    const { signal, trust = [] } = ask;
    const { registry } = target.reference;
    const keys = trust.map(({ policy, keys }) => trustedKeys(`ClusterScanPolicy ${policy}`, keys));
    const findings = ask.findings === undefined ? {} : { findings: findingsTrustOf(ask.findings, undefined) };
    const { bill, from, platforms, layers, ...seen } = await readJoinedImage(repository, target.digest, {
      signal,
      trust: keys,
      ...findings,
      kept: (layer, visit) => keptLayers(layer, { registry, repository, signal }, visit),
    });
    await portfolio.putBill({ ...subjectOf(target, ask), said: { platforms, from }, layers }, bill);
    await note(target, ask, seen.findings, bill.packages);
  }

  /** Keeps what was seen of attached findings; @returns all that was. */
  async function note(
    target: ImageTarget,
    ask: InventoryAsk,
    seen: AttachedFindings | undefined,
    packages: readonly BillPackage[],
  ): Promise<KeptAttached | undefined> {
    const { findings } = ask;
    if (findings === undefined || seen === undefined) return undefined;
    const placed = { ...seen, findings: placedFindings(seen.findings, packages) };
    const attached = await portfolio.noteAttached(subjectOf(target, ask), placed, keysOf(findings));
    if (attached !== undefined) looks.looked(placeOf(target, ask), attached, findings);
    return attached;
  }

  /** Looks whether scanners of the operator have attached more; bills that came meanwhile count for the next digest. */
  async function look(
    repository: Repository,
    target: ImageTarget,
    ask: InventoryAsk,
    kept: KeptInventory,
  ): Promise<Inventory> {
    const { findings, signal } = ask;
    const place = placeOf(target, ask);
    if (findings === undefined || !looks.isDue(place, kept, findings)) return looks.told(place, kept, findings);
    const trust = findingsTrustOf(findings, kept.everAttached);
    const { findings: seen } = await readAttached(repository, target.digest, { signal, findings: trust });
    const isPlaced = seen?.findings.every(({ finding }) => finding.package.purl !== '') === true;
    const bill = isPlaced ? undefined : await portfolio.billOf(subjectOf(target, ask));
    const attached = await note(target, ask, seen, bill?.bill.packages ?? []);
    return looks.told(place, { ...kept, ...(attached === undefined ? {} : { everAttached: attached }) }, findings);
  }

  async function allowed(target: ImageTarget, ask: InventoryAsk): Promise<Inventory> {
    const { namespace, signal } = ask;
    const { logins, key } = await pullSecrets.loginsFor(
      { namespace, account: target.account },
      target.reference,
      signal,
    );
    const who = JSON.stringify([namespace, key, target.reference.registry]);
    const refusal = refusals.get(who);
    if (refusal !== undefined && clock.monotonicMs() < refusal.untilMs) {
      const afterMs = refusal.untilMs - clock.monotonicMs();
      throw new RegistryError(refusal.reason, refusal.message, { retry: 'after', afterMs });
    }
    try {
      return await answered(target, ask, registries.repository(target.reference, logins), key);
    } catch (error) {
      if (error instanceof RegistryError && error.afterMs !== undefined) {
        const { reason, message, afterMs } = error;
        refusals.set(who, { reason, message, untilMs: clock.monotonicMs() + afterMs });
      }
      throw error;
    }
  }

  async function answered(
    target: ImageTarget,
    ask: InventoryAsk,
    repository: Repository,
    key: string,
  ): Promise<Inventory> {
    const { namespace, signal } = ask;
    const asker = JSON.stringify([
      namespace,
      key,
      target.reference.registry,
      target.reference.repository,
      target.digest,
    ]);
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const kept = await keptInventory(portfolio, target, ask);
      const place = placeOf(target, ask);
      const under = reading.get(place);
      if (kept !== undefined) {
        const since = answeredMs.get(asker);
        if (since === undefined || clock.monotonicMs() - since >= ANSWERED_MS) {
          await repository.resolve(target.digest, signal);
          answeredMs.set(asker, clock.monotonicMs());
        }
        return await look(repository, target, ask, kept);
      }
      if (under === undefined) {
        const run = read(repository, target, ask).finally(() => reading.delete(place));
        reading.set(place, run);
        await run;
        answeredMs.set(asker, clock.monotonicMs());
      } else await under.catch(() => undefined); // whoever reads it tells what failed
    }
    return { kind: 'failed', reason: 'StoreEmptied', message: 'what was read of the image does not stay in the store' };
  }

  return async (target, ask) => {
    const kept = await keptInventory(portfolio, target, ask);
    const place = placeOf(target, ask);
    const given = kept !== undefined && kept.bill === ask.given ? kept : undefined;
    if (given !== undefined && !looks.isDue(place, given, ask.findings)) return looks.told(place, given, ask.findings);
    try {
      return await allowed(target, ask);
    } catch (error) {
      ask.signal.throwIfAborted();
      // What was known stays while nobody can look whether there is more.
      if (given !== undefined && (error instanceof RegistryError || error instanceof ImageError))
        return looks.failed(place, given, ask.findings, error);
      const hint = pullSecrets.hint(ask.namespace);
      if (error instanceof RegistryError) return refused(error, hint);
      if (error instanceof CartoError && error.code === 'CARTO_PULL_SECRET') {
        return { kind: 'failed', reason: 'RegistryForbidden', message: forbidden(error.message, hint) };
      }
      if (error instanceof ImageError) return { kind: 'failed', reason: 'ImageUnreadable', message: error.message };
      throw error;
    }
  };
}

function placeOf(target: ImageTarget, ask: InventoryAsk): string {
  return JSON.stringify(subjectOf(target, ask));
}

/** The command first: what is long is cut at its end. */
function forbidden(why: string, hint: string): string {
  return `${hint === '' ? '' : `${hint}; `}${why}; it is asked again within ten minutes, and at once when a Secret changes that the scanner may watch`;
}

const REASONS = {
  Unauthorized: 'RegistryForbidden',
  Forbidden: 'RegistryForbidden',
  NotFound: 'ImageNotFound',
  RateLimited: 'RegistryRateLimited',
  Unavailable: 'RegistryUnavailable',
  Misbehaved: 'RegistryMisbehaved',
  DestinationRefused: 'DestinationRefused',
} as const satisfies Record<RegistryFailure, UnreadReason>;

function refused(error: RegistryError, hint: string): Inventory {
  const reason = REASONS[error.reason];
  const message = reason === 'RegistryForbidden' ? forbidden(messageOf(error), hint) : messageOf(error);
  return { kind: 'failed', reason, message, ...(error.afterMs === undefined ? {} : { afterMs: error.afterMs }) };
}
