import type { Explanations } from '@cartographer/api';

/** Why a server cannot be asked, before anything is sent to it. */
const UNASKED = {
  SpecInvalid: {
    means: 'the object cannot be read; the message names the field',
    move: 'platform',
    next: 'correct it',
  },
  CredentialsMissing: {
    means: 'the Secret of `secretRef` is not there, may not be read, or has no login',
    move: 'admin',
    next: 'do what the message says. It is looked at again after a growing pause, 10 minutes at most',
  },
  CaBundleInvalid: {
    means: '`caBundle` is not the base64 text of certificates in PEM',
    move: 'admin',
    next: 'make it anew: `base64 -w0 ca.crt`',
  },
  HostNotAllowed: {
    means: 'servers are asked only at the hosts that the controller was told, by TLS unless it was told otherwise',
    move: 'admin',
    next: 'name the host in `--server-hosts` of `carto jenkins`, and for a URL without TLS in `--plain-http`, if that is meant',
  },
} as const satisfies Explanations;

/** Why a server gives no answer that could be used. */
const UNANSWERED = {
  DestinationRefused: {
    means: "the address is of this machine, of a link or of a cloud's metadata, or would be asked without TLS",
    move: 'admin',
    next: 'allow it with `--allow-destination` of `carto jenkins`, if that is meant',
  },
  ServerUnavailable: {
    means: 'the server cannot be reached, starts, or fails',
    move: 'nobody',
    next: 'wait: it is asked again. If it stays: admin looks at the server and the way to it',
  },
  TlsFailed: {
    means: 'the certificate of the server is not trusted, is over, or is for another name',
    move: 'admin',
    next: 'correct the certificate, or name its authority in `caBundle`',
  },
  NotJenkins: {
    means: 'what answers at the URL is no Jenkins: a page, a redirect, another program',
    move: 'admin',
    next: 'correct `url`: it ends where `/api/json` begins',
  },
  AuthFailed: {
    means: 'the server refuses the login, or what it may do',
    move: 'admin',
    next: 'correct the Secret, or the rights of its user. The server is not asked again before the Secret changes, so that no account is locked',
  },
  AnswerTooLarge: {
    means: 'the server answers more than is read',
    move: 'admin',
    next: 'let the job keep fewer builds; the message says what was asked for',
  },
} as const satisfies Explanations;

/** Why a server is not asked or gives no answer. */
export type ServerTrouble = keyof typeof UNASKED | keyof typeof UNANSWERED;

/** Reasons of a server's conditions, by their type; `Ready` copies that of `Reachable`. */
export const SERVER_REASONS = {
  Reachable: {
    Reachable: { means: 'the server answers, and knows the login', move: 'nobody' },
    ...UNASKED,
    ...UNANSWERED,
  },
} as const satisfies Readonly<Record<string, Explanations>>;

/** Why a build was not triggered, and will not be as things stand. All are looked at again, but those that say that they end it. */
const UNTRIGGERED = {
  ServerNotFound: {
    means: 'the server that `serverRef` names does not exist',
    move: 'platform',
    next: 'create it, or correct `serverRef` in the template. Its creation wakes the build',
  },
  ...UNASKED,
  ...UNANSWERED,
  NamespaceNotAllowed: {
    means: 'the ClusterJenkinsServer is not for this namespace',
    move: 'admin',
    next: 'let its `namespaceSelector` select the namespace, if that is meant',
  },
  JobNotAllowed: {
    means: 'no entry of `allow` of the ClusterJenkinsServer has the job with all its parameters. Nothing was sent',
    move: 'admin',
    next: 'allow what the message names, if that is meant',
  },
  JobNotFound: {
    means: 'the server has no such job, or hides it from this user',
    move: 'platform',
    next: 'correct `job`, or let the user of the Secret see it: Jenkins says 404 for both',
  },
  JobForbidden: {
    means: 'this user may not do that with this job; others it may',
    move: 'admin',
    next: 'give the user of the Secret the rights Job/Read and Job/Build on the job, and Job/Cancel for `onCancel: Abort`',
  },
  JobDisabled: { means: 'the job is disabled', move: 'developer', next: 'enable it in Jenkins' },
  ParametersNotDeclared: {
    means: 'the job does not declare parameters that the build has. Jenkins would drop them without a word',
    move: 'developer',
    next: 'declare them in the job, or leave them out. A pipeline declares those of its file once it has run',
  },
  ParameterInvalid: {
    means: 'a parameter has a value that it cannot have: line ends where a line is asked for, or no choice of its list',
    move: 'developer',
    next: 'correct the value that the message names, or declare a text parameter',
  },
  EnvironmentNotConfigured: {
    means: 'an output is `from: env`, and the server has `environment: None`',
    move: 'admin',
    next: 'install the plugin EnvInject and say so in `environment`; or the template takes the output from elsewhere',
  },
  TriggerRefused: {
    means: 'the server refused the trigger; the message has its words',
    move: 'developer',
    next: 'do what they say, then rerun the step',
  },
} as const satisfies Explanations;

/** Why a build was not triggered. */
export type UntriggeredReason = keyof typeof UNTRIGGERED;

const TRIGGER_UNKNOWN = {
  means:
    'whether the trigger made a build cannot be told: its answer was lost, and the build cannot be found by its id. It is not sent again',
  move: 'developer',
  next: 'look at the job in Jenkins, then rerun the step; let the job declare the parameter that the message names, and this cannot happen',
} as const;

const SUPERSEDED = {
  means: 'the same step asked for a newer build, and `onSupersede` is `Abort`',
  move: 'nobody',
  next: 'see the newer one; rerun the step to build these inputs after all',
} as const;

/** How a build ended that did not succeed. None of these is tried again by itself. */
const ENDED = {
  TriggerUnknown: TRIGGER_UNKNOWN,
  BuildNotFound: {
    means:
      'the server took the trigger, or had the build, and shows neither an item of the queue nor a build: cancelled there, deleted, or restored from a backup',
    move: 'developer',
    next: 'look at the job in Jenkins, then rerun the step',
  },
  BuildFailed: {
    means: 'the build failed',
    move: 'developer',
    next: 'read `status.log.lines` and `status.stages`; the next commit is built anew',
  },
  BuildUnstable: {
    means: 'the build is unstable: tests failed',
    move: 'developer',
    next: 'read `status.tests` and the test report; or platform lets it through with `unstableIs: Succeeded`',
  },
  BuildAborted: { means: 'somebody aborted the build in Jenkins', move: 'developer', next: 'rerun the step' },
  BuildNotBuilt: {
    means: 'Jenkins did not build it: a stage before it failed',
    move: 'developer',
    next: 'read `status.log.lines`',
  },
  CancelledInQueue: {
    means: 'somebody cancelled it in the queue of Jenkins',
    move: 'developer',
    next: 'rerun the step',
  },
  TimedOut: {
    means: 'it took longer than `timeout`',
    move: 'developer',
    next: 'look at what the message says it waited for; or platform gives it more time',
  },
  Superseded: SUPERSEDED,
  OutputMissing: {
    means: 'the build succeeded, and does not have an output that was asked for',
    move: 'developer',
    next: 'let the job make and archive what the message names; or platform corrects `outputs`',
  },
  OutputTooLarge: {
    means: 'an output has more than 16 KiB',
    move: 'developer',
    next: 'hand on a name or an address of it, not the thing itself',
  },
  OutputInvalid: {
    means: 'an output is no text, or the result file is no JSON object',
    move: 'developer',
    next: 'let the job write what the message asks for',
  },
} as const satisfies Explanations;

/** How a build ended that did not succeed. */
export type EndedReason = keyof typeof ENDED;

/** Reasons of a build's conditions, by their type; `Ready` copies that of `Succeeded`. */
export const BUILD_REASONS = {
  Triggered: {
    Triggered: { means: 'the server took the trigger', move: 'nobody' },
    Found: { means: 'a build with this id was there already, and is followed', move: 'nobody' },
    Waiting: { means: 'it waits for its turn at the server, or for the job to be looked at', move: 'nobody' },
    Triggering: { means: 'the trigger is written down, and is being sent', move: 'nobody' },
    Searching: {
      means: 'the answer to the trigger was lost; the build is searched for before anything else is sent',
      move: 'nobody',
      next: 'wait: it takes a minute or two',
    },
    TriggerUnknown: TRIGGER_UNKNOWN,
    Superseded: SUPERSEDED,
    ...UNTRIGGERED,
  },
  Succeeded: {
    Succeeded: { means: 'the build succeeded, and every output is there', move: 'nobody' },
    Unstable: { means: 'the build is unstable, which counts as success here', move: 'nobody' },
    Waiting: { means: 'it is not triggered yet', move: 'nobody', next: 'see `Triggered`' },
    Triggering: { means: 'it is being triggered', move: 'nobody', next: 'see `Triggered`' },
    Searching: { means: 'it is being searched for', move: 'nobody', next: 'see `Triggered`' },
    Queued: {
      means: 'it waits in the queue of Jenkins; the message says why',
      move: 'nobody',
      next: 'wait. If it stays: admin looks at the executors of the server',
    },
    Running: { means: 'it runs', move: 'nobody' },
    AwaitingInput: {
      means: 'a stage of the pipeline waits for somebody to answer',
      move: 'developer',
      next: 'answer it in Jenkins: the message has the page',
    },
    ReadingOutputs: { means: 'it succeeded, and its outputs are being read', move: 'nobody' },
    Aborting: {
      means: 'it is being aborted: it was deleted, its time is over, or a newer one was asked for',
      move: 'nobody',
      next: 'wait: after a minute it is given up, and the build may go on in Jenkins',
    },
    ...UNTRIGGERED,
    ...ENDED,
  },
} as const satisfies Readonly<Record<string, Explanations>>;

/** A reason of the condition `Triggered`. */
export type TriggeredReason = keyof (typeof BUILD_REASONS)['Triggered'];
/** A reason of the condition `Succeeded`. */
export type SucceededReason = keyof (typeof BUILD_REASONS)['Succeeded'];
