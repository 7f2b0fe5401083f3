import type { ExplanationCase, Explanations } from './explanation.ts';

const NO_RETRIEVAL = 'a missing template is `UnknownError` or `TemplatesNotFound`';
const NO_LIST = 'a failed list is `TemplateRejectedByAPIServer`';
const UNDER_OWNER = 'on the step, too, it stands under `ResourcesSubmitted`';

/** The server says that the account may not. */
export const FORBIDDEN = {
  says: 'forbidden',
  move: 'admin',
  next: 'give the account the right that the message names, or let the owner name another account',
} as const satisfies ExplanationCase;

/** Somebody changed a run that is to be read as it was made. */
export const TAMPERED_RUN = {
  says: 'is not as the template makes it',
  move: 'platform',
  next: 'delete the run, which somebody changed: it is made anew',
} as const satisfies ExplanationCase;

/** Reasons of `ResourcesSubmitted` that are one step's, in the order of the page. */
const stepReasons = {
  ResourceSubmissionComplete: { means: 'every step is stamped and its output is read', move: 'nobody' },
  PassThrough: {
    means: 'a step hands its input on',
    move: 'nobody',
    unwritten: 'it stands on steps only',
  },
  MissingValueAtPath: {
    means: 'the object is there, the output is not yet',
    move: 'nobody',
    next: 'wait',
    cases: [
      {
        says: 'from healthy object',
        move: 'platform',
        next: 'correct the path: the object is done and has no value there',
      },
      {
        says: 'from unhealthy object',
        move: 'developer',
        next: 'look at the object; `carto tail NAME --step STEP` shows what it logs',
      },
    ],
  },
  TemplateObjectRetrievalFailure: { means: 'the template cannot be read', move: 'platform', unwritten: NO_RETRIEVAL },
  TemplateStampFailure: {
    means:
      'the template cannot be filled in: a path without a value, a wrong tag, another namespace, too large; or a name, label, annotation or finalizer that is no text',
    move: 'platform',
    next: 'most often an input is missing: then look at the step that makes it. Else correct the path named in the message. Waits',
    cases: [{ says: 'must be a text', move: 'platform', next: 'quote the value where it is set' }],
    see: 'templates.md#objects',
  },
  TemplateRejectedByAPIServer: {
    means: 'the API server refused the object, or another owner controls it, or its kind is unknown',
    move: 'platform',
    next: "read the server's text. A name longer than 63 characters (owner, step, template, blueprint) cannot be the label that each stamped object carries: the message names both. Retries; *forbidden* every 30 s, and at once when the right comes",
    cases: [FORBIDDEN],
  },
  ResolveTemplateOptionsError: {
    means: 'the selector of an option cannot be evaluated',
    move: 'platform',
    next: "correct the option's `matchFields`. Waits",
  },
  TemplateOptionsMatchError: {
    means: 'no option fits, or several do',
    move: 'platform',
    next: 'make exactly one option fit each owner. Waits',
  },
  FailedToListCreatedObjects: { means: 'the runs cannot be listed', move: 'admin', unwritten: NO_LIST },
  ConditionNotMet: {
    means: 'Deliverable: the deployment is not done yet',
    move: 'nobody',
    next: 'wait. If it stays: look at the object and at `observedMatches` or `observedCompletion`',
  },
  FailedConditionMet: {
    means: 'Deliverable: the deployment failed',
    move: 'developer',
    next: 'look at the object that the message names',
  },
  StepRefused: {
    means: 'a policy or a gate refused what the step looks at; the message is that of its object',
    move: 'developer',
    next: 'read the message: it says what would open the gate. What runs already goes on; the steps behind it wait',
    see: 'templates.md#gates',
  },
  WaitingForInput: {
    means: 'an input comes from a step that holds it back; the message names the step, its state, and why',
    move: 'nobody',
    next: 'look at the step that the message names',
    see: 'templates.md#gates',
  },
  NotObserved: {
    means:
      'the kind or the template carries `carto.run/read`, and what the object says is not of the object as it is now',
    move: 'nobody',
    next: 'wait for its controller',
    cases: [TAMPERED_RUN],
    see: 'templates.md#gates',
  },
  TooManyWrites: {
    means: 'the circuit breaker stopped a step, or the status',
    move: 'platform',
    next: 'the message tells both values and where they come from. Tried again after a growing rest; an edit of a template or blueprint shortens it',
    see: 'reasons.md#toomanywrites',
  },
  UnknownError: {
    means:
      "no reason of its own: a template that is gone, a delivery's pass-through or deployment input without a value",
    move: 'platform',
    next: 'read the message',
  },
} as const satisfies Explanations;

/** Why there is no account to stamp with. */
export const accountReasons = {
  ServiceAccountError: {
    means: 'the account does not exist',
    move: 'developer',
    next: 'create it, or correct `serviceAccountName`. Its creation wakes the owner',
  },
  ServiceAccountTokenError: {
    means: 'no token for the account',
    move: 'admin',
    next: 'let the controller create `serviceaccounts/token`. Retries',
  },
} as const satisfies Explanations;

/** On the owner: of the first step that failed, and of a pass in which nothing could be stamped at all. */
export const resourcesSubmitted = {
  ...stepReasons,
  WaitingForInput: {
    ...stepReasons.WaitingForInput,
    unwritten: 'the owner speaks of the step that holds back, which comes before',
  },
  ...accountReasons,
  ResourceRealizerBuilderError: {
    means: 'the clients of the owner cannot be built',
    move: 'admin',
    unwritten: 'clients are not built per owner',
  },
} as const satisfies Explanations;

/** On a step. */
export const resourceSubmitted = {
  ...stepReasons,
  ResourceSubmissionComplete: { means: 'stamped, and its output is read', move: 'nobody' },
  PassThrough: { means: 'this step hands its input on and stamps nothing', move: 'nobody' },
  ConditionNotMet: { ...stepReasons.ConditionNotMet, unwritten: UNDER_OWNER },
  FailedConditionMet: { ...stepReasons.FailedConditionMet, unwritten: UNDER_OWNER },
} as const satisfies Explanations;
