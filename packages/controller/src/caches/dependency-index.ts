const NOBODY: ReadonlySet<string> = new Set();

/** Who depends on what, both ways: a change of a thing wakes exactly those that looked at it. */
export class DependencyIndex {
  readonly #dependents = new Map<string, Set<string>>();
  readonly #dependencies = new Map<string, readonly string[]>();

  /** Replaces everything that the dependent depends on. */
  set(dependent: string, dependencies: readonly string[]): void {
    const before = this.#dependencies.get(dependent);
    if (before !== undefined && sameList(before, dependencies)) return;
    this.#detach(dependent, before ?? []);
    this.#dependencies.set(dependent, dependencies);
    for (const dependency of dependencies) {
      const dependents = this.#dependents.get(dependency) ?? new Set();
      dependents.add(dependent);
      this.#dependents.set(dependency, dependents);
    }
  }

  /** Adds one thing to what the dependent depends on. */
  add(dependent: string, dependency: string): void {
    const before = this.dependencies(dependent);
    if (!before.includes(dependency)) this.set(dependent, [...before, dependency]);
  }

  /** What the dependent depends on. */
  dependencies(dependent: string): readonly string[] {
    return this.#dependencies.get(dependent) ?? [];
  }

  /** Forgets a dependent that is gone. */
  delete(dependent: string): void {
    this.#detach(dependent, this.#dependencies.get(dependent) ?? []);
    this.#dependencies.delete(dependent);
  }

  /** Those that depend on a thing. */
  dependents(dependency: string): ReadonlySet<string> {
    return this.#dependents.get(dependency) ?? NOBODY;
  }

  #detach(dependent: string, dependencies: readonly string[]): void {
    for (const dependency of dependencies) {
      const dependents = this.#dependents.get(dependency);
      dependents?.delete(dependent);
      if (dependents?.size === 0) this.#dependents.delete(dependency);
    }
  }
}

function sameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((item, index) => item === right[index]);
}
