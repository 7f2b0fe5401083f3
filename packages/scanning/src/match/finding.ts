/** Severities, from the worst. */
export const SEVERITIES = ['Critical', 'High', 'Medium', 'Low', 'Unknown'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** One vulnerability of one package of a bill: records that are aliases of each other make one finding. */
export type Finding = {
  /** Of the record that leads: the one with the better data. `UnreadableVersion` where the version cannot be compared. */
  readonly id: string;
  /** All other names, those of joined records included, sorted. */
  readonly aliases: readonly string[];
  readonly severity: Severity;
  /** The base score of the CVSS vector that gave the severity, 0 to 10. */
  readonly score?: number;
  readonly package: {
    /** Name and version as the bill has them. */
    readonly name: string;
    readonly version: string;
    readonly purl: string;
    readonly ecosystem: string;
  };
  /** The lowest version above the package's that is not affected; absent where there is none yet. */
  readonly fixedIn?: string;
  /** RFC 3339. */
  readonly published?: string;
  readonly summary: string;
};
