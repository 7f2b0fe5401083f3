/** Whose move it is: the words that every page, screen and message uses, and who is meant. */
export const MOVERS = {
  nobody: 'all is well, or wait: the next change wakes the owner',
  developer: 'who wrote the Workload, Deliverable or Runnable',
  platform: 'who wrote blueprint and templates',
  admin: 'who runs the cluster: accounts, rights, installed tools',
} as const;

/** Whose move it is. */
export type Mover = keyof typeof MOVERS;

/** Where a reason tells something else: what its message says then, or that its condition is still Unknown. */
export type ExplanationCase = ({ readonly says: string } | { readonly status: 'Unknown' }) & {
  readonly move: Mover;
  readonly next: string;
};

/** What a reason tells: the text of `docs/reasons.md`, and of whatever else explains an owner. Code stands in backticks. */
export type Explanation = {
  /** What is the case. */
  readonly means: string;
  /** Whose move it is while the condition is not True; at an event, whose move it is then. */
  readonly move: Mover;
  /** What to do next; absent where there is nothing to do. */
  readonly next?: string;
  /** Where move and next step are others; the first that holds counts. */
  readonly cases?: readonly ExplanationCase[];
  /** The page below `docs`, with its heading, that says more. */
  readonly see?: string;
  /** Upstream has this reason, and it is never written under this condition type: why, or what is written instead. */
  readonly unwritten?: string;
};

/** Reasons with what they tell, in the order of the page. */
export type Explanations = Readonly<Record<string, Explanation>>;
