export type { Advisory, AffectedPackage, AffectedRange, RangeEvent, SeverityScore } from './advisories/advisory.ts';
export {
  isReadInSource,
  readSource,
  SOURCE_LIMITS,
  type SourceFile,
  type SourceLimits,
} from './inventory/read-source.ts';
export { type Finding, SEVERITIES, type Severity } from './match/finding.ts';
