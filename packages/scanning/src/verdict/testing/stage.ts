import { SCANNING_API_VERSION } from '../../kinds/group.ts';
import { readScanPolicy, type ScanException, type ScanPolicy } from '../../kinds/read.ts';
import type { Finding } from '../../match/finding.ts';
import type { InventoryFacts, ScanFacts } from '../facts.ts';

/** A day, in milliseconds. */
const DAY = 86_400_000;
/** The time of every test. */
export const NOW = Date.parse('2026-06-01T00:00:00Z');

/** RFC 3339 of a time so many days from {@link NOW}. */
export const inDays = (days: number): string => new Date(NOW + days * DAY).toISOString();

type FindingChanges = Partial<Omit<Finding, 'package'>> & { readonly package?: Partial<Finding['package']> };

/** A finding: High, in `a 1.2.3` of npm, fixed in 1.2.4. */
export function findingOf(id: string, changes: FindingChanges = {}): Finding {
  const { package: found = {}, ...rest } = changes;
  const name = found.name ?? 'a';
  const version = found.version ?? '1.2.3';
  return {
    id,
    aliases: [],
    records: [id],
    severity: 'High',
    fixedIn: '1.2.4',
    published: inDays(-30),
    summary: '',
    package: { purl: `pkg:npm/${name}@${version}`, ecosystem: 'npm', ...found, name, version },
    ...rest,
  };
}

/** A policy as the API server keeps it. */
export function policyOf(name: string, spec: object = {}): ScanPolicy {
  return readScanPolicy({
    apiVersion: SCANNING_API_VERSION,
    kind: 'ClusterScanPolicy',
    metadata: { name, generation: 4 },
    spec: { namespaceSelector: {}, ...spec },
  });
}

/** An inventory that was read whole. */
export const inventoryOf = (changes: Partial<InventoryFacts & { kind: 'read' }> = {}): InventoryFacts => ({
  kind: 'read',
  digest: `sha256:${'b'.repeat(64)}`,
  packages: 214,
  from: ['layers'],
  platforms: ['linux/amd64'],
  unread: [],
  uncovered: [],
  ...changes,
});

/** A scan of `registry.example.com/team/app` in the namespace `shop`, by the policy `web-gate`, with nothing missing. */
export function factsOf(changes: Partial<ScanFacts> = {}): ScanFacts {
  return {
    kind: 'ImageScan',
    namespace: 'shop',
    namespaceLabels: { env: 'prod' },
    policy: 'web-gate',
    repository: 'registry.example.com/team/app',
    digest: `sha256:${'a'.repeat(64)}`,
    inventory: inventoryOf(),
    sources: [{ name: 'osv', matched: true, revision: '1', fetched: inDays(-1) }],
    ...changes,
  };
}

/** An exception in the namespace `shop` that ends in ten days. */
export function exceptionOf(vulnerability: string, spec: Partial<ScanException['spec']> = {}): ScanException {
  return {
    kind: 'VulnerabilityException',
    namespace: 'shop',
    name: vulnerability.toLowerCase(),
    created: inDays(-1),
    spec: { vulnerability, status: 'fixed', expires: inDays(10), ...spec },
  };
}

/** The same, by the operator and for all namespaces. */
export function clusterExceptionOf(vulnerability: string, spec: Partial<ScanException['spec']> = {}): ScanException {
  const exception = exceptionOf(vulnerability, { namespaceSelector: {}, ...spec });
  return { ...exception, kind: 'ClusterVulnerabilityException', namespace: '' };
}
