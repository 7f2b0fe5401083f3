import type { StepState } from '@cartographer/api';
import type { Hop } from './hops.ts';

/** How far a commit got along the steps of an owner. */
export type Reached = {
  /** Steps that hand on, or made, something from it. */
  readonly passed: readonly string[];
  /** The step where it is: that works on it or holds it, counted from 1; undefined once it is through all. */
  readonly at: { readonly position: number; readonly step: string; readonly state: StepState } | undefined;
  /** How many steps there are. */
  readonly steps: number;
  /** Commits that came after it and are before it on the way. */
  readonly newer: readonly string[];
};

/** Least digits of a commit by which it is told from others. */
export const LEAST_DIGITS = 4;

/** Whether a revision such as `main@sha1:4f2a9c1…` is of a commit, given by its first digits. */
export function isOfCommit(revision: string, commit: string): boolean {
  const digits = commit.toLowerCase();
  return (revision.toLowerCase().match(/[0-9a-f]{7,64}/g) ?? []).some((found) => found.startsWith(digits));
}

/** How far a commit got; undefined where no step knows of it. */
export function reachedBy(hops: readonly Hop[], commit: string): Reached | undefined {
  const has = (commits: readonly string[]): boolean => commits.some((revision) => isOfCommit(revision, commit));
  const passed = hops.filter(({ commits }) => has(commits));
  const working = hops.find(({ making }) => has(making));
  if (passed.length === 0 && working === undefined) return undefined;
  const isAfterPassed = (hop: Hop): boolean => hops.indexOf(hop) > hops.findIndex((other) => passed.includes(other));
  const stopped = working ?? hops.find((hop) => !passed.includes(hop) && isAfterPassed(hop));
  const first = hops.findIndex((hop) => passed.includes(hop) || hop === working);
  const newer = hops.slice(0, first).flatMap(({ commits }) => commits);
  return {
    passed: passed.map(({ step }) => step),
    at: stopped && { position: hops.indexOf(stopped) + 1, step: stopped.step, state: stopped.state },
    steps: hops.length,
    newer: [...new Set(newer)],
  };
}
