import { getKey, isObject, type Json } from '@cartographer/machinery';
import { jsonIn, type OpenedDocument } from '@cartographer/oci';
import { cycloneDxFindings } from './cyclonedx-findings.ts';
import type { FindingsRead } from './finding-draft.ts';
import { sarifFindings } from './sarif-findings.ts';

/** What is larger is not read as findings: beyond what any scanner finds in one image. */
export const MAX_FINDINGS_BYTES = 32 * 1024 ** 2;
/** Types of layers and predicates that are findings and nothing else: SARIF, and what cosign calls `vuln`. */
const SARIF = /sarif/i;
const VULN = /^https:\/\/cosign\.sigstore\.dev\/attestation\/vuln\//;

/** Whether a type is that of findings, and of nothing else. */
export function isFindingsType(type: string): boolean {
  return SARIF.test(type) || VULN.test(type);
}

/** The findings in a document; `none` where it is a document of something else. */
export type FindingsLooked =
  | { readonly kind: 'none' }
  | { readonly kind: 'broken'; readonly why: string }
  | ({ readonly kind: 'findings' } & FindingsRead);

const NO_FINDINGS = 'is neither CycloneDX with vulnerabilities nor SARIF';

/** Reads the findings of a document that a layer of this type has. */
export function findingsIn({ bytes, predicateType = '' }: OpenedDocument, mediaType: string): FindingsLooked {
  const isFindings = isFindingsType(mediaType) || isFindingsType(predicateType);
  if (!isFindings && !/cyclonedx/i.test(mediaType + predicateType)) return { kind: 'none' };
  if (bytes.length > MAX_FINDINGS_BYTES)
    return { kind: 'broken', why: `is larger than the ${MAX_FINDINGS_BYTES} bytes that are read of findings` };
  try {
    const document = jsonIn(bytes);
    const told = predicateType === '' ? document : predicateIn(document, predicateType);
    const read = isObject(told) ? (cycloneDxFindings(told) ?? sarifFindings(told)) : undefined;
    if (read !== undefined) return { kind: 'findings', ...read };
    return isFindings ? { kind: 'broken', why: NO_FINDINGS } : { kind: 'none' };
  } catch (error) {
    if (error instanceof SyntaxError) return { kind: 'broken', why: error.message };
    throw error;
  }
}

/** What cosign calls `vuln` has what the scanner wrote in it. */
function predicateIn(statement: Json, predicateType: string): Json | undefined {
  const predicate = isObject(statement) ? getKey(statement, 'predicate') : undefined;
  if (!VULN.test(predicateType)) return predicate;
  const scanner = isObject(predicate) ? getKey(predicate, 'scanner') : undefined;
  return isObject(scanner) ? getKey(scanner, 'result') : undefined;
}
