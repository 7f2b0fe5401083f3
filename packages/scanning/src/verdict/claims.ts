import { memoByIdentity } from '@cartographer/machinery';
import { keyId, trustedKeys } from '../inventory/attached/signatures.ts';
import type { ScanPolicySpec } from '../kinds/read.ts';
import type { Finding } from '../match/finding.ts';
import type { ScanFacts } from './facts.ts';
import { worstFirst } from './order.ts';

/** Ids of the keys whose findings a policy believes. */
const believedKeys = memoByIdentity(
  ({ findings }: ScanPolicySpec): ReadonlySet<string> =>
    new Set(trustedKeys('', findings?.trust ?? []).keys.map((key) => keyId(key))),
);

/** What a policy believes of what is said of a finding, the worst first: none where only others say it. */
export function believed(finding: Finding, spec: ScanPolicySpec): readonly Finding[] {
  const { claims } = finding;
  if (claims === undefined) return [finding];
  const keys = believedKeys(spec);
  return claims
    .filter(({ signedBy }) => signedBy === undefined || signedBy.some((key) => keys.has(key)))
    .map((claim) => claim.finding)
    .toSorted(worstFirst);
}

/** What of the findings that a policy asks for is missing; only images can have any. */
export function missingFindings(spec: ScanPolicySpec, { kind, inventory }: ScanFacts): readonly string[] {
  if (spec.findings === undefined || kind !== 'ImageScan' || inventory.kind !== 'read') return [];
  const { heard = [], unread = [] } = inventory.attached ?? {};
  const keys = believedKeys(spec);
  const [first, ...others] = unread
    .filter(({ signedBy }) => signedBy === undefined || signedBy.some((key) => keys.has(key)))
    .map(({ what, why }) => `${what} ${why}`)
    .toSorted();
  const more = others.length > 0 ? `, and ${others.length} more` : '';
  return [
    ...(heard.some((key) => keys.has(key))
      ? []
      : ['no findings that a key of its findings.trust signed are attached yet']),
    ...(first === undefined ? [] : [`not all attached findings could be read: ${first}${more}`]),
  ];
}
