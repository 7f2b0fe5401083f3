import { BoundedMap, type Clock, rfc3339 } from '@cartographer/machinery';
import type { ScanException } from '../kinds/read.ts';
import type { Finding } from '../match/finding.ts';
import type { Sighting } from '../portfolio/kept-sights.ts';
import { storedKey } from '../portfolio/keys.ts';
import type { Portfolio } from '../portfolio/portfolio.ts';
import { namesOf } from '../verdict/facts.ts';

/** What {@link FirstSights} stand on. */
export type FirstSightsDeps = {
  readonly portfolio: Pick<Portfolio, 'born' | 'sightsIn' | 'sawVulnerabilities' | 'forgetSights'>;
  readonly exceptions: () => readonly ScanException[];
  readonly clock: Clock;
};

/** Of so many namespaces the sights are held in memory as well; the store has them all. */
const MOST_NAMESPACES = 1_000;

/**
 * When each vulnerability was first seen in a namespace, from which `maxDays` of a policy counts. Kept in the store before
 * a verdict asks for it. A store that was lost begins anew: there the oldest exception that is older than the store tells
 * of an earlier sight. An exception that the store has seen come tells of none, and neither renews nor shortens anything.
 */
export class FirstSights {
  readonly #deps: FirstSightsDeps;
  readonly #held = new BoundedMap<Promise<Map<string, string>>>(MOST_NAMESPACES);

  constructor(deps: FirstSightsDeps) {
    this.#deps = deps;
  }

  /** The first sights of what was found now, by each name of each vulnerability; new ones are kept first. */
  async of(namespace: string, findings: readonly Finding[]): Promise<ReadonlyMap<string, string>> {
    const held = await this.#heldOf(namespace);
    const names = findings.map(namesOf);
    const sightings = names.flatMap((each) => this.#newOf(namespace, each, held));
    if (sightings.length > 0) {
      await this.#deps.portfolio.sawVulnerabilities(namespace, sightings);
      for (const { vulnerability, since } of sightings) {
        const key = storedKey(vulnerability);
        held.set(key, earliest([since, held.get(key)]) ?? since);
      }
    }
    return new Map(
      names.flat().flatMap((name) => {
        const since = held.get(storedKey(name));
        return since === undefined ? [] : [[name, since] as const];
      }),
    );
  }

  /** Forgets the sights of all namespaces but these. */
  async keepOnly(namespaces: ReadonlySet<string>): Promise<void> {
    for (const namespace of this.#held.keys()) if (!namespaces.has(namespace)) this.#held.delete(namespace);
    await this.#deps.portfolio.forgetSights(namespaces);
  }

  async #heldOf(namespace: string): Promise<Map<string, string>> {
    const known = this.#held.get(namespace);
    if (known !== undefined) return known;
    const reading = this.#deps.portfolio.sightsIn(namespace).then((sights) => new Map(sights));
    this.#held.set(namespace, reading);
    try {
      return await reading;
    } catch (error) {
      this.#held.delete(namespace);
      throw error;
    }
  }

  /** Names of one vulnerability that were not seen, or later than another name of it. */
  #newOf(namespace: string, names: readonly string[], held: ReadonlyMap<string, string>): readonly Sighting[] {
    const known = names.map((name) => held.get(storedKey(name)));
    if (known.every((since) => since !== undefined && since === known[0])) return [];
    const since = earliest(known) ?? this.#sightBefore(namespace, names) ?? rfc3339(this.#deps.clock.now());
    return names.filter((_name, at) => known[at] !== since).map((vulnerability) => ({ vulnerability, since }));
  }

  #sightBefore(namespace: string, names: readonly string[]): string | undefined {
    const { exceptions, portfolio } = this.#deps;
    const wanted = new Set(names.map((name) => name.toUpperCase()));
    return earliest(
      exceptions()
        .filter(
          (exception) => exception.namespace === namespace && wanted.has(exception.spec.vulnerability.toUpperCase()),
        )
        .map(({ created }) => created)
        .filter((created) => created !== '' && created < portfolio.born),
    );
  }
}

function earliest(times: readonly (string | undefined)[]): string | undefined {
  return times.filter((time) => time !== undefined).toSorted()[0];
}
