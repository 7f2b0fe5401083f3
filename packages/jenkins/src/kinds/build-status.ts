import {
  choice,
  condition,
  type Infer,
  integer,
  list,
  map,
  object,
  observedGeneration,
  required,
  string,
} from '@cartographer/api';

/** How far a build is. */
const PHASES = ['Pending', 'Queued', 'Running', 'Succeeded', 'Failed', 'Aborted'] as const;

const time = (description: string) => string(description, { format: 'date-time' });

const attempt = object('The trigger, written down before it is sent.', {
  id: required(string('The correlation id: what the build is found by.')),
  parameter: string('The parameter that carries it; absent where the job declares none.'),
  number: required(integer('How many triggers were written down; only one of them can have made a build.')),
  intendedAt: required(time('When this one was written down.')),
  nextBuildNumber: required(integer('The number that the next build of the job had then.')),
  answeredAt: time('When the server said that it took it.'),
});

const queue = object('The place in the queue of the server.', {
  id: integer('Number of the item; absent where the server tells none.'),
  why: string("Why it waits, in the server's words."),
  since: time('Since when it waits.'),
});

const build = object('The build.', {
  number: required(integer('Its number.')),
  url: string('Its page.'),
  result: string("What it ended with, in the server's word: SUCCESS, UNSTABLE, FAILURE, ABORTED, NOT_BUILT."),
  startedAt: time('When it began, by the clock of the server.'),
  durationMs: integer('How long it took.'),
  estimatedMs: integer('How long the server thinks it takes.'),
  progressPercent: integer('How far it is by that, in steps of ten, and 90 at most.'),
});

const stage = object('A stage of a pipeline.', {
  name: required(string('Its name.')),
  status: required(string("In the server's word: SUCCESS, FAILED, IN_PROGRESS, PAUSED_PENDING_INPUT.")),
  startedAt: time('When it began.'),
  durationMs: integer('How long it took.'),
  id: string('What the server knows it by.'),
});

/** `status` of a JenkinsBuild. */
export const buildStatus = object('What became of it.', {
  observedGeneration,
  phase: choice('How far it is.', PHASES),
  attempt,
  queue,
  build,
  stages: list('Stages of a pipeline, the last fifty; absent where the server tells none.', stage),
  tests: object('Counts of the test report.', {
    total: required(integer('All.')),
    failed: required(integer('Those that failed.')),
    skipped: required(integer('Those that were skipped.')),
  }),
  log: object('The log: its end while the build runs, and when it did not succeed.', {
    url: string('Where all of it is.'),
    stage: string('The stage that these lines are of; absent where they are the last of the whole log.'),
    lines: list('The last lines.', string('A line.')),
    sizeBytes: integer('How long the whole log was when they were read; absent where they are its last.'),
    readAt: time('When they were read; absent where they are its last.'),
  }),
  outputs: map('What was lifted out of it; there only when it succeeded.', string('A value.')),
  message: string('What is to be said of it in words.'),
  conditions: list('Triggered, Succeeded; `Ready` sums up and comes last.', condition),
});
/** `status` of a JenkinsBuild. */
export type JenkinsBuildStatus = Infer<typeof buildStatus>;
