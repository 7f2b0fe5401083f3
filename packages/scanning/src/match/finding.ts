/** Severities, from the worst. */
export const SEVERITIES = ['Critical', 'High', 'Medium', 'Low', 'Unknown'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** The id of a finding that says: records speak of this package, and whether of this version cannot be told. */
export const UNREADABLE_VERSION = 'UnreadableVersion';

/** One vulnerability of one package of a bill: records that are aliases of each other make one finding. */
export type Finding = {
  /** Of the record that leads: the one with the better data; or {@link UNREADABLE_VERSION}. */
  readonly id: string;
  /** All other names, those of joined records and their upstream included, sorted. */
  readonly aliases: readonly string[];
  /** Ids of the records that matched, that of the finding included, sorted. */
  readonly records: readonly string[];
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
  /** The lowest version above the package's that none of the records affects; absent where there is none yet. */
  readonly fixedIn?: string;
  /** RFC 3339: when the first of the records was published. */
  readonly published?: string;
  readonly summary: string;
  /** Who says it, where scanners of the operator do; left out where our matching alone does. */
  readonly claims?: readonly Claim[];
};

/** What one of several says of a finding; id, names and package are those of the finding. */
type Claim = {
  readonly finding: Finding;
  /** Ids of the keys that signed it; left out for what our own matching says, which everybody believes. */
  readonly signedBy?: readonly string[];
};
