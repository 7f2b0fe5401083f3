/**
 * The files that carry the promises (nothing runs twice, nothing is lost, nothing is written without need), and what each
 * of them promises. Paths are from the root of the repository.
 */
export const PROMISES: Readonly<Record<string, string>> = {
  'packages/controller/src/caches/catch-up.ts': 'own writes count before the watch brings them',
  'packages/controller/src/caches/dependency-index.ts': 'which owners look at an object',
  'packages/controller/src/caches/writes-in-flight.ts': 'the echo of an own write, and of no other',
  'packages/engine/src/plan/choose-template.ts': 'which template a step gets, and none by chance',
  'packages/engine/src/plan/orphans.ts': 'what is deleted, and what never',
  'packages/engine/src/plan/plan-runnable.ts': 'a run for each set of inputs, outputs of the last success',
  'packages/engine/src/plan/plan.ts': 'what an owner gets, step by step',
  'packages/engine/src/plan/read-standing.ts': 'what a step hands on, and what a gate holds back',
  'packages/engine/src/plan/realize-resource.ts': 'how far one step goes',
  'packages/engine/src/read/object-health.ts': 'when an object is healthy',
  'packages/engine/src/read/resource-outputs.ts': 'which output is read, and which is kept',
  'packages/engine/src/select/owner-selection.ts': 'which blueprint an owner gets',
  'packages/engine/src/stand/current-read.ts': "a gate's word counts only for the object as it is",
  'packages/engine/src/stand/object-drift.ts': 'what has drifted, and who controls an object',
  'packages/engine/src/stand/stand-run.ts': 'no run twice, and which runs are kept',
  'packages/engine/src/stand/stand.ts': 'what an answer to a write means',
  'packages/kube/src/lease/fenced-transport.ts': 'no write after the lease is lost',
  'packages/kube/src/lease/lease-claim.ts': 'when a lease may be taken',
  'packages/kube/src/lease/lease-proof.ts': 'how long a lease is proven, by two clocks',
  'packages/kube/src/lease/lease.ts': 'what a lease says',
  'packages/runtime/src/work-queue.ts': 'no key with two workers, none forgotten',
};
