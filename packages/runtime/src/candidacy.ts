import type { LeaderElector } from '@cartographer/kube';
import type { Runnable } from './manager.ts';

/** Standing for election as a part of the process: what comes after it starts when this process leads. */
export function candidacy(elector: LeaderElector): Runnable {
  return {
    name: 'leader election',
    run: (until) => elector.run(until),
    ready: () => elector.elected,
    patient: true,
    trouble: elector.trouble,
  };
}

/** What keeps a candidate from standing for election, in a form for readiness; undefined where nothing does. */
export function withoutLease(elector: LeaderElector | undefined): string | undefined {
  const trouble = elector?.trouble();
  return trouble && `the lease can be neither taken nor renewed: ${trouble.message}`;
}
