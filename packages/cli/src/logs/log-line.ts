/** What writes a log: a container of a pod on a cluster, a program that the laptop's tools run. */
export type LogSource = {
  /** The step of the blueprint; `''` where the owner has no steps. */
  readonly step: string;
  /** The pod, or what stands for it. */
  readonly pod: string;
  readonly container: string;
};

/** One line of a log, as it was written: not yet safe on a terminal. */
export type LogLine = {
  /** When it was written, RFC 3339 with the fraction that the source gives; absent where nobody knows. */
  readonly time?: string;
  readonly text: string;
};
