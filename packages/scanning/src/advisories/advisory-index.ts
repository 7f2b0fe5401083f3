import { baseEcosystem, ecosystemKey, packageKey } from '../versions/ecosystems.ts';
import type { Advisory } from './advisory.ts';

/** Advisories by the packages that they speak of; what findings look up. */
export type AdvisoryLookup = {
  /** Records that may speak of a package, each once: of any release of its distribution. */
  readonly of: (ecosystem: string, name: string) => readonly Advisory[];
  /** Whether any record speaks of packages of the ecosystem: one without is uncovered. */
  readonly covers: (ecosystem: string) => boolean;
};

/** What is kept of a record that speaks of no package that is asked for: enough to know which of several counts. */
type Passed = Pick<Advisory, 'id' | 'modified'> & { readonly affected: readonly [] };

/** Advisories in memory, by id; of several records of one id the one that was modified last counts. */
export class AdvisoryIndex implements AdvisoryLookup {
  readonly #byId = new Map<string, Advisory | Passed>();
  readonly #byPackage = new Map<string, Advisory[]>();
  readonly #covered = new Set<string>();
  readonly #packages: ReadonlySet<string> | undefined;

  /** @param packages Keys of {@link packageKey} that will be asked for; all, where none are given. */
  constructor(packages?: ReadonlySet<string>) {
    this.#packages = packages;
  }

  /** @returns whether the record counts. */
  add(advisory: Advisory): boolean {
    const { id, modified = '' } = advisory;
    const before = this.#byId.get(id);
    if (before !== undefined) {
      if (timeOf(before) > timeOf(advisory)) return false;
      for (const key of keysOf(before)) {
        this.#byPackage.set(key, this.#byPackage.get(key)?.filter((other) => other !== before) ?? []);
      }
    }
    const keys = [...keysOf(advisory)].filter((key) => this.#packages?.has(key) ?? true);
    this.#byId.set(id, keys.length > 0 ? advisory : { id, modified, affected: [] });
    for (const key of keys) {
      const there = this.#byPackage.get(key);
      if (there === undefined) this.#byPackage.set(key, [advisory]);
      else there.push(advisory);
    }
    for (const { ecosystem } of advisory.affected) if (ecosystem !== '') this.#covered.add(ecosystemKey(ecosystem));
    return true;
  }

  /** How many records there are. */
  get size(): number {
    return this.#byId.size;
  }

  of(ecosystem: string, name: string): readonly Advisory[] {
    return this.#byPackage.get(packageKey(ecosystem, name)) ?? [];
  }

  covers(ecosystem: string): boolean {
    return this.#covered.has(ecosystemKey(ecosystem)) || this.#covered.has(baseEcosystem(ecosystem));
  }
}

/** The packages that a record speaks of, as {@link packageKey}, each once. */
export function keysOf({ affected }: Pick<Advisory, 'affected'>): ReadonlySet<string> {
  return new Set(affected.filter(({ name }) => name !== '').map(({ ecosystem, name }) => packageKey(ecosystem, name)));
}

function timeOf({ modified = '' }: Pick<Advisory, 'modified'>): number {
  return Date.parse(modified) || 0;
}
