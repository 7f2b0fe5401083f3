import { packageOfPurl, parsePurl } from '@cartographer/bills';
import type { KubeObject, ResourceType } from '@cartographer/machinery';
import {
  type AnsweredScan,
  type Artifact,
  gateOf,
  type KeptFinding,
  type ScanStatus,
  SEVERITIES,
  scanningKinds,
} from '@cartographer/scanning';
import type { Session } from '../frame/session.ts';
import type { CveSubject } from './cve-subject.ts';

/** The kinds of scans. */
export const SCAN_KINDS = [scanningKinds.ImageScan, scanningKinds.SourceScan] as const;
const PAGE = 500;

/** Goes through objects of a kind page by page, of one namespace or of all. */
export async function* objectsOf(
  { client, signal }: Pick<Session, 'client' | 'signal'>,
  type: ResourceType,
  selection: { readonly namespace?: string; readonly labelSelector?: string } = {},
): AsyncGenerator<KubeObject> {
  for (let next: string | undefined; ; ) {
    const list = await client.list(type, { ...selection, limit: PAGE, signal, ...(next && { continue: next }) });
    // Items of a list do not say their kind.
    for (const item of list.items ?? [])
      yield { ...item, apiVersion: `${type.group}/${type.version}`, kind: type.kind };
    next = list.metadata.continue;
    if (next === undefined || next === '') return;
  }
}

/** What the status of a scan shows of its findings: the worst ten. */
export function shownFindings(
  scan: KubeObject,
): readonly (KeptFinding & { readonly exception?: string; readonly policy?: string })[] {
  const { findings = [] } = (scan['status'] ?? {}) as ScanStatus;
  return findings.map((shown) => {
    const purl = parsePurl(shown.package);
    const at = shown.package.lastIndexOf(' ');
    const [name, version] =
      purl === undefined
        ? [shown.package.slice(0, Math.max(at, 0)) || shown.package, at < 0 ? '' : shown.package.slice(at + 1)]
        : [packageOfPurl(shown.package)?.name ?? purl.name, purl.version];
    const { id, aliases = [], score, fixedIn, since = '', exception, policy } = shown;
    return {
      id,
      aliases,
      records: [id],
      severity: SEVERITIES.find((severity) => severity === shown.severity) ?? 'Unknown',
      package: { name, version, purl: purl === undefined ? '' : shown.package, ecosystem: '' },
      summary: '',
      since,
      ...(score === undefined ? {} : { score }),
      ...(fixedIn === undefined ? {} : { fixedIn }),
      ...(exception === undefined ? {} : { exception }),
      ...(policy === undefined ? {} : { policy }),
    };
  });
}

/** Scans whose status shows what was asked for. Each shows ten findings: that one shows none does not say that it has none. */
export function shownIn(scans: readonly KubeObject[], subject: CveSubject): readonly AnsweredScan[] {
  return scans.flatMap((scan) => {
    const findings = shownFindings(scan).filter((finding) => isAbout(finding, subject));
    const { artifact } = (scan['status'] ?? {}) as ScanStatus;
    if (findings.length === 0 || artifact === undefined) return [];
    const { namespace = '', name = '' } = scan.metadata;
    const kind = scan.kind as AnsweredScan['kind'];
    return [{ kind, namespace, name, artifact, holds: 'scanned', ...gateOf(scan, 'scanned'), packages: [], findings }];
  });
}

function isAbout({ id, aliases, package: found }: KeptFinding, subject: CveSubject): boolean {
  if (subject.kind === 'vulnerability') return [id, ...aliases].includes(subject.id);
  return found.name === subject.name && (subject.version === undefined || found.version === subject.version);
}

/** What a scan is of, as a person would name it: the image, or the source with its revision. */
export function artifactText(artifact: Artifact): string {
  return 'registry' in artifact ? artifact.registry.image : `${artifact.blob.url} at ${artifact.blob.revision}`;
}
