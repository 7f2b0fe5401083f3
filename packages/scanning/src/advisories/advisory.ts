/** An OSV record, as far as matching and verdicts ask for it. Source: the OSV schema, 1.3 to 1.7. */
export type Advisory = {
  readonly id: string;
  /** Other names of the same vulnerability. */
  readonly aliases: readonly string[];
  /** Records that this one was made from; they join as aliases do. */
  readonly upstream: readonly string[];
  readonly summary: string;
  /** RFC 3339; absent where the record has none, or has the year 1. */
  readonly published?: string;
  readonly modified?: string;
  /** When it was taken back: such a record matches nothing. */
  readonly withdrawn?: string;
  readonly severity: readonly SeverityScore[];
  /** `database_specific.severity`, as it stands there. */
  readonly databaseSeverity?: string;
  readonly affected: readonly AffectedPackage[];
};

/** `{type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/…'}`; Ubuntu's records have a word as the score. */
export type SeverityScore = { readonly type: string; readonly score: string };

/** One package of a record. */
export type AffectedPackage = {
  /** As the record has it, with its suffix: `Debian:12`, `Alpine:v3.20`. Empty where the record names code alone. */
  readonly ecosystem: string;
  /** As the record has it; compare normalised names. */
  readonly name: string;
  /** Versions that are affected, listed one by one. */
  readonly versions: readonly string[];
  readonly ranges: readonly AffectedRange[];
  readonly severity: readonly SeverityScore[];
};

/** A range of versions. Ranges of commits and of types that are not known are counted and never matched: `Other`. */
export type AffectedRange = {
  readonly type: 'SEMVER' | 'ECOSYSTEM' | 'GIT' | 'Other';
  /** In the order of the record; empty for what is never matched. */
  readonly events: readonly RangeEvent[];
};

/** One border of a range, exactly one of the four. */
export type RangeEvent =
  | { readonly introduced: string }
  | { readonly fixed: string }
  | { readonly lastAffected: string }
  | { readonly limit: string };
