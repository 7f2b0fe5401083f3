import type { EndedReason, SucceededReason, UntriggeredReason } from '../kinds/reasons.ts';
import type { LogTail } from '../remote/read-log.ts';
import type { QueueItem, RemoteBuild, RemoteStage, TestCounts } from '../remote/views.ts';

/** What was read of a build besides; counts of tests are there when it has ended. */
export type Details = {
  readonly stages?: readonly RemoteStage[];
  readonly tests?: TestCounts;
  readonly log?: LogTail;
};

/** How a build stands. */
export type Standing =
  /** Nothing was sent; it is looked at again unless it is final. */
  | {
      readonly kind: 'untriggered';
      readonly reason: UntriggeredReason;
      readonly message: string;
      readonly isFinal: boolean;
    }
  | { readonly kind: 'waiting'; readonly message: string }
  | { readonly kind: 'triggering' }
  | { readonly kind: 'searching'; readonly message: string }
  | { readonly kind: 'queued'; readonly item?: QueueItem }
  | ({ readonly kind: 'running'; readonly build: RemoteBuild } & Pick<Details, 'stages' | 'log'>)
  | { readonly kind: 'reading'; readonly build: RemoteBuild; readonly message: string }
  | { readonly kind: 'aborting'; readonly message: string }
  /** The server gives no answer about what was triggered. */
  | { readonly kind: 'unanswered'; readonly reason: SucceededReason; readonly message: string }
  | ({
      readonly kind: 'ended';
      readonly reason: EndedReason;
      readonly message: string;
      readonly build?: RemoteBuild;
    } & Details)
  | ({
      readonly kind: 'succeeded';
      readonly reason: 'Succeeded' | 'Unstable';
      readonly build: RemoteBuild;
      readonly outputs: Readonly<Record<string, string>>;
    } & Details);
