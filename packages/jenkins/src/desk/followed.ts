import type { BuildSight, Identity } from '../judge/sight.ts';
import type { ServerTrouble } from '../kinds/reasons.ts';
import type { RemoteJob, RemoteStage } from '../remote/views.ts';

/** A build that is followed. */
export type Follow = {
  readonly namespace: string;
  /** Path of the job. */
  readonly job: string;
  readonly identity: Identity;
};

/** What is known of a followed build. */
export type Seen =
  /** Nobody has looked since it is followed so. */
  | { readonly kind: 'unseen' }
  | { readonly kind: 'trouble'; readonly reason: ServerTrouble; readonly message: string }
  | { readonly kind: 'forbidden'; readonly message: string }
  | {
      readonly kind: 'seen';
      readonly sight: BuildSight;
      /** Undefined where the job is not there. */
      readonly job?: RemoteJob;
      readonly stages?: readonly RemoteStage[];
    };

/** A job that is asked about, and the builds that are followed on it. */
export type JobAsk = {
  readonly job: string;
  readonly builds: readonly { readonly key: string; readonly follow: Follow; readonly isDue: boolean }[];
};
