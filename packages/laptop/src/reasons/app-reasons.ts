import type { KindReasons } from './laptop-explanation.ts';

/** What an Image says. */
export const imageReasons = {
  conditions: ['Ready', 'BuilderReady', 'BuilderUpToDate'],
  reasons: {
    UpToDate: {
      of: 'condition',
      means: 'the image is that of the source; the message has the path of the log',
    },
    BuildRunning: { of: 'condition', means: 'a build is running', next: 'wait' },
    BuildFailed: {
      of: 'both',
      means: 'the build failed, or the source cannot be fetched',
      next: 'read the log that the message names. *trying again*: wait',
    },
    SourceNotSupported: {
      of: 'both',
      means: 'nothing here can build this source or honour this spec',
      next: 'see the message: Node, a static site, or a `Procfile`',
    },
    BuilderReady: { of: 'condition', means: 'always true: the builder is part of the process' },
    BuilderUpToDate: { of: 'condition', means: 'always true' },
    BuildStarted: { of: 'event', means: 'a build began, and why' },
    BuildSucceeded: { of: 'event', means: 'a build ended well; the message has the image' },
  },
} as const satisfies KindReasons;

/** What a Service says. */
export const serviceReasons = {
  conditions: ['ConfigurationsReady', 'RoutesReady', 'Ready'],
  reasons: {
    RevisionFailed: {
      of: 'both',
      means: 'the newest revision cannot be pulled, started or reached, or crashed',
      next: "see the message: it ends with the app's last words. The revision before goes on serving",
    },
    RevisionMissing: {
      of: 'condition',
      means: 'no revision has answered yet',
      next: 'wait, or see `ConfigurationsReady`',
    },
    Created: { of: 'event', means: 'there is a new revision' },
    LatestReadyUpdate: { of: 'event', means: 'the newest revision answers' },
  },
} as const satisfies KindReasons;
