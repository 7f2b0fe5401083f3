import type { Explanation, ExplanationCase, Explanations } from './explanation.ts';
import { accountReasons, FORBIDDEN, resourceSubmitted, resourcesSubmitted, TAMPERED_RUN } from './submitted-reasons.ts';

/** What False tells is not yet so. */
const WAIT = { status: 'Unknown', move: 'nobody', next: 'wait' } as const satisfies ExplanationCase;

/** What `<Type>Condition` under `Healthy` tells: the rule lends the type of the condition that it looks at. */
export const CONDITION_RULE: Explanation = {
  means: "the rule `singleConditionType` looked at this condition; the message is the object's own",
  move: 'developer',
  next: 'look at the object; `carto tail NAME --step STEP` shows what it logs',
  cases: [WAIT],
};

/** Reasons by the type of their condition. A condition `Ready` copies the reason of the one that decides it. */
export const REASONS = {
  /** And {@link LentReason}, which a supply chain that is not ready lends. */
  SupplyChainReady: {
    Ready: { means: 'one supply chain fits, and it is ready', move: 'nobody' },
    WorkloadLabelsMissing: {
      means: 'the Workload has no labels, so no selector can fit',
      move: 'developer',
      next: 'add the label that the supply chain selects: `kubectl get clustersupplychains -o yaml` shows the selectors. A Warning event names one that would fit, if there is one: then any label will do',
    },
    SupplyChainNotFound: {
      means: 'no supply chain fits labels and fields',
      move: 'developer',
      next: 'correct the labels; or ask platform for a supply chain. A Warning event names supply chains that were passed over because their selector is broken',
    },
    MultipleSupplyChainMatches: {
      means: 'two or more fit equally well; a Warning event names them',
      move: 'platform',
      next: 'make one selector more exact: the one with more requirements wins',
    },
    PassThrough: {
      means: 'on a step: the input that it passes through has no value yet',
      move: 'nobody',
      next: 'look at the step that makes the input',
    },
  },
  /** And {@link LentReason}, which a delivery that is not ready lends. */
  DeliveryReady: {
    Ready: { means: 'one delivery fits, and it is ready', move: 'nobody' },
    DeliverableLabelsMissing: {
      means: 'the Deliverable has no labels',
      move: 'developer',
      next: 'add the label that the delivery selects',
    },
    DeliveryNotFound: {
      means: 'no delivery fits labels and fields',
      move: 'developer',
      next: 'correct the labels; or ask platform for a delivery',
    },
    MultipleDeliveryMatches: {
      means: 'two or more fit equally well; a Warning event names them',
      move: 'platform',
      next: 'make one selector more exact',
    },
  },
  ResourcesSubmitted: resourcesSubmitted,
  ResourceSubmitted: resourceSubmitted,
  /** And `<Type>Condition` where a rule looks at one condition: `ReadyCondition`, `SucceededCondition`. */
  Healthy: {
    OutputsAvailable: { means: 'no health rule; the output is there', move: 'nobody' },
    AlwaysHealthy: {
      means: 'the rule says so, or a `ClusterTemplate` without a rule has its object',
      move: 'nobody',
    },
    MatchedCondition: {
      means: 'a condition named in `multiMatch` decided',
      move: 'developer',
      next: "read the message, it is the object's own",
    },
    MatchedField: {
      means: 'a field named in `multiMatch` decided',
      move: 'developer',
      next: 'read the message',
    },
    NoMatchesFulfilled: {
      means: '`multiMatch`: neither side holds yet',
      move: 'nobody',
      next: 'wait. If it stays: platform checks the rule against the object',
    },
    OutputNotAvailable: {
      means: 'no health rule; the output is not there',
      move: 'nobody',
      next: 'see `ResourceSubmitted`',
    },
    NoStampedObject: { means: 'there is no object to judge', move: 'nobody', next: 'see `ResourceSubmitted`' },
    NoResource: { means: 'there is no step to judge', move: 'nobody', unwritten: 'upstream has no way to it' },
    NotObserved: {
      means: 'what the object says is not of the object as it is now',
      move: 'nobody',
      next: 'see `ResourceSubmitted`',
    },
    Unknown: { means: 'a rule and no object yet', move: 'nobody', next: 'see `ResourceSubmitted`' },
  },
  ResourcesHealthy: {
    HealthyConditionRule: {
      means: 'all `Healthy` of the steps in one: the last False, else the first Unknown, else True',
      move: 'developer',
      next: 'look at the step whose message it copies',
      cases: [WAIT],
    },
  },
  TemplatesReady: {
    Ready: { means: 'every template that it names exists', move: 'nobody' },
    TemplatesNotFound: {
      means: 'the templates of the named steps do not exist',
      move: 'platform',
      next: 'apply them, or correct `templateRef`. Their creation wakes the blueprint',
    },
    Unknown: {
      means: 'the controller has not looked at the blueprint yet',
      move: 'nobody',
      next: 'wait a moment',
      unwritten: 'only its owners say so',
    },
  },
  /** There only when the selector cannot be evaluated. */
  SelectorReady: {
    InvalidSelector: {
      means: 'the selector cannot be evaluated',
      move: 'platform',
      next: 'correct the operator or value in the message. Other blueprints work on',
    },
  },
  RunTemplateReady: {
    Ready: { means: 'the run is stamped, its outputs are read', move: 'nobody' },
    RunTemplateNotFound: {
      means: 'the ClusterRunTemplate does not exist',
      move: 'platform',
      next: 'apply it; that wakes the Runnable',
    },
    TemplateStampFailure: {
      means:
        'the template cannot be filled in, or a name, label, annotation or finalizer is no text, or the selector finds no object or several',
      move: 'platform',
      next: 'read the message',
    },
    StampedObjectRejectedByAPIServer: {
      means: 'the API server refused the run',
      move: 'platform',
      next: "read the server's text",
      cases: [FORBIDDEN],
    },
    FailedToListCreatedObjects: {
      means: 'the runs cannot be listed',
      move: 'admin',
      unwritten: 'a failed list is `StampedObjectRejectedByAPIServer`',
    },
    OutputPathNotSatisfied: {
      means: 'the run succeeded, an output path finds nothing in it',
      move: 'platform',
      next: 'correct `outputs` of the run template',
    },
    NotObserved: {
      means: 'the kind or the template carries `carto.run/read`, and what the run says is not of the run as it is now',
      move: 'nobody',
      next: 'wait for its controller',
      cases: [TAMPERED_RUN],
      see: 'templates.md#gates',
    },
    ...accountReasons,
    ClientBuilderError: {
      means: 'the clients of the Runnable cannot be built',
      move: 'admin',
      unwritten: 'clients are not built per Runnable',
    },
    TooManyWrites: {
      means: 'the circuit breaker: 50 runs within a minute',
      move: 'platform',
      next: 'the message tells what changes and where it comes from',
      see: 'reasons.md#toomanywrites',
    },
    UnknownError: {
      means: 'no reason of its own',
      move: 'platform',
      unwritten: 'every failure of a Runnable has a reason',
    },
  },
  StampedObjectCondition: {
    SucceededCondition: {
      means: 'status and message are those of the run',
      move: 'developer',
      next: 'look at the run',
      cases: [WAIT],
    },
    Unknown: { means: 'there is no run yet, or it has no such condition', move: 'nobody', next: 'wait' },
  },
} as const satisfies Readonly<Record<string, Explanations>>;

/** Types of conditions that have reasons of their own: all but `Ready`. */
export type ReasonedType = keyof typeof REASONS;

/** Every type of a condition. */
export type ConditionType = ReasonedType | 'Ready';

/** Types of conditions of each object, in the order in which they are written. */
export const CONDITION_TYPES = {
  Workload: ['SupplyChainReady', 'ResourcesSubmitted', 'ResourcesHealthy', 'Ready'],
  Deliverable: ['DeliveryReady', 'ResourcesSubmitted', 'ResourcesHealthy', 'Ready'],
  /**
   * An entry of `status.resources` of an owner. Upstream writes other types there by mistake, too, which are kept because
   * clients may look for them: `ResourcesSubmitted` for a Deliverable's completion checks, `SupplyChainReady` for a
   * Workload's failed pass-through.
   */
  resource: ['ResourceSubmitted', 'Healthy', 'Ready'],
  ClusterSupplyChain: ['TemplatesReady', 'SelectorReady', 'Ready'],
  ClusterDelivery: ['TemplatesReady', 'SelectorReady', 'Ready'],
  Runnable: ['RunTemplateReady', 'StampedObjectCondition', 'Ready'],
} as const satisfies Readonly<Record<string, readonly ConditionType[]>>;

/** The reasons of a table but for those that are never written. */
type Written<Table> = Table extends unknown
  ? { [Reason in keyof Table]: Table[Reason] extends { unwritten: string } ? never : Reason }[keyof Table]
  : never;

/** What a blueprint that is not ready lends to its owners; `Unknown` while the controller has not looked at it. */
export type LentReason = Written<(typeof REASONS)['TemplatesReady' | 'SelectorReady']> | 'Unknown';

/** Reasons that are not words of a table, by condition type. */
type OtherReasons = {
  readonly SupplyChainReady: LentReason;
  readonly DeliveryReady: LentReason;
  /** A rule that looks at one condition of an object lends its type. */
  readonly Healthy: `${string}Condition`;
};

/** The reasons that a condition of this type is written with. */
export type ReasonOf<Type extends ReasonedType> =
  | Written<(typeof REASONS)[Type]>
  | (Type extends keyof OtherReasons ? OtherReasons[Type] : never);
