/**
 * The files that carry the promises (nothing runs twice, nothing is lost, nothing is written without need), and what each
 * of them promises. Paths are from the root of the repository.
 */
export const PROMISES: Readonly<Record<string, string>> = {
  'packages/kube/src/lease/lease-proof.ts': 'how long a lease is proven, by two clocks',
  'packages/runtime/src/work-queue.ts': 'no key with two workers, none forgotten',
};
