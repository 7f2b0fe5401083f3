/** What a reason of a stand-in tells: the text of `docs/laptop-reasons.md`. The move is that of whose machine it is. */
export type LaptopExplanation = {
  /** What it is the reason of. */
  readonly of: 'condition' | 'event' | 'both';
  /** What is the case. */
  readonly means: string;
  /** What to do next; absent where there is nothing to do. */
  readonly next?: string;
};

/** Condition types of a kind, and its reasons with what they tell, in the order of the page. */
export type KindReasons = {
  readonly conditions: readonly string[];
  readonly reasons: Readonly<Record<string, LaptopExplanation>>;
};
