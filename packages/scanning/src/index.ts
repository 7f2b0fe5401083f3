export type { Advisory, AffectedPackage, AffectedRange, RangeEvent, SeverityScore } from './advisories/advisory.ts';
export { type Finding, SEVERITIES, type Severity } from './match/finding.ts';
