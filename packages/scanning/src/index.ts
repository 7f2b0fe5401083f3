export type { Advisory, AffectedPackage, AffectedRange, RangeEvent, SeverityScore } from './advisories/advisory.ts';
export { AdvisoryIndex, type AdvisoryLookup, keysOf } from './advisories/advisory-index.ts';
export { bytesOf, openFile } from './advisories/bytes.ts';
export { type AdvisoryRead, advisoryOf, MAX_RECORD_BYTES, readAdvisory } from './advisories/read-advisory.ts';
export { type RandomAccess, type ZipEntry, type ZipLimits, zipEntries } from './advisories/zip.ts';
export { SCANNER_NAMES } from './install/names.ts';
export { STORE_SIZE, scannerFiles, scannerInstallation } from './install/scanner-installation.ts';
export type { ScannerStore, ScannerValues } from './install/scanner-objects.ts';
export { pullSecretsRights, scannerRights } from './install/scanner-rights.ts';
export {
  type ImageInventory,
  type InventoryOptions,
  LAYER_FACTS,
  type LayerFacts,
  readImageInventory,
} from './inventory/layers/read-image-inventory.ts';
export { FILE_LIMITS, type FileLimits } from './inventory/layers/readers.ts';
export {
  isReadInSource,
  readSource,
  SOURCE_LIMITS,
  type SourceFile,
  type SourceLimits,
} from './inventory/read-source.ts';
export { SCANNING_API_VERSION, SCANNING_GROUP } from './kinds/group.ts';
export { scanningCrds, scanningKinds } from './kinds/kinds.ts';
export {
  type ImageScanRequest,
  readException,
  readImageScan,
  readScanPolicy,
  readSourceScan,
  readVulnerabilitySource,
  type ScanException,
  type ScanPolicy,
  type ScanPolicySpec,
  type SourceScanRequest,
  type SourceSpec,
} from './kinds/read.ts';
export { EXCEPTION_REASONS, POLICY_REASONS, SCAN_REASONS, SOURCE_REASONS } from './kinds/reasons.ts';
export { SCANNING_ROLES, scanningRoles } from './kinds/roles.ts';
export type { ClusterScanPolicy, ClusterScanPolicyStatus } from './kinds/scan-policy.ts';
export type { ImageScan, ImageScanStatus, SourceScan, SourceScanStatus } from './kinds/scans.ts';
export type {
  ClusterVulnerabilityException,
  VulnerabilityException,
  VulnerabilityExceptionStatus,
} from './kinds/vulnerability-exception.ts';
export type { ClusterVulnerabilitySource, ClusterVulnerabilitySourceStatus } from './kinds/vulnerability-source.ts';
export type { Counts } from './match/counts.ts';
export { type Finding, SEVERITIES, type Severity, UNREADABLE_VERSION } from './match/finding.ts';
export { findings, type Matches } from './match/findings.ts';
export { type Judgement, judge, readPolicyFile } from './offline/judge.ts';
export { openvex } from './offline/openvex.ts';
export type { Report } from './offline/report.ts';
export { type SarifReport, sarif, sarifRuns } from './offline/sarif.ts';
export { type ScanInput, type ScanOptions, scan } from './offline/scan.ts';
export { table } from './offline/table.ts';
export type { ChangeCounts, SourceChange } from './portfolio/change.ts';
export type { RecordChange } from './portfolio/kept-advisories.ts';
export type { Subject } from './portfolio/kept-bills.ts';
export type { KeptFinding } from './portfolio/kept-findings.ts';
export type { FindingDifference, News } from './portfolio/news.ts';
export { Portfolio, type PortfolioOptions } from './portfolio/portfolio.ts';
export type { Carrier, Page, SourceState } from './portfolio/queries.ts';
export type { Match } from './portfolio/rematch.ts';
export { createQuestionAccess, type QuestionAccess } from './questions/access.ts';
export { type Answer, type AnswerDeps, type AnsweredFinding, type AnsweredScan, answer } from './questions/answer.ts';
export { knownScans } from './questions/known-scans.ts';
export { QUESTIONS_PREFIX, type Question, readQuestion } from './questions/question.ts';
export { type QuestionServerOptions, serveQuestions } from './questions/question-server.ts';
export { gateOf, type Looked, lookedAt, type OpenScan, whyOpen } from './questions/scan-gate.ts';
export type { Inventories, Inventory, InventoryAsk } from './scanner/inventories/inventory.ts';
export { type RunningScanner, type ScannerOptions, startScanner } from './scanner/start-scanner.ts';
export type { Fetch } from './sources/download.ts';
export type { Reading } from './sources/reading.ts';
export { type Source, type Taken, takeInSource } from './sources/take-in.ts';
export { type DirectoryWatchOptions, watchDirectory } from './sources/watch-directory.ts';
export { exceptionStatus } from './verdict/exception-status.ts';
export { exceptionName } from './verdict/exceptions.ts';
export { findingKey, type InventoryFacts, type ScanFacts, type SourceFacts } from './verdict/facts.ts';
export { type LeftOut, readOpenVex, type VexOptions, type VexReading } from './verdict/openvex-read.ts';
export { type VexSignature, writeOpenVex } from './verdict/openvex-write.ts';
export { policyStatus } from './verdict/policy-status.ts';
export { readPolicy } from './verdict/read-policy.ts';
export {
  type Artifact,
  type ScanReport,
  type ScanStatus,
  STATUS_BYTES,
  scanStatus,
  verdictDigest,
} from './verdict/scan-status.ts';
export {
  type ExceptionUse,
  type Verdict,
  type VerdictCounts,
  type VerdictFinding,
  type VerdictReason,
  type VerdictResult,
  verdict,
} from './verdict/verdict.ts';
export { coversEcosystem, ecosystemKey, isDistribution, orderOf, packageKey } from './versions/ecosystems.ts';
