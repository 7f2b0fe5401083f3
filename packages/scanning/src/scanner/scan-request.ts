import { type KubeObject, objectKey } from '@cartographer/machinery';
import { parseReference, type Reference } from '@cartographer/oci';
import { readImageScan, readSourceScan } from '../kinds/read.ts';
import type { Artifact, ScanStatus } from '../verdict/scan-status.ts';

/** The kinds of scans. */
export type ScanKind = 'ImageScan' | 'SourceScan';

/** What packages are read of. */
export type ScanTarget =
  | {
      readonly kind: 'image';
      readonly reference: Reference;
      readonly digest: string;
      /** The service account, in the scan's namespace, whose pull secrets are used. */
      readonly account: string;
    }
  | { readonly kind: 'source'; readonly url: string; readonly revision: string; readonly digest?: string };

/** What a scan asks for; `wrong` says why its target cannot be read. */
export type ScanRequest = {
  readonly kind: ScanKind;
  readonly artifact: Artifact;
  readonly policy: string;
  readonly target: ScanTarget | { readonly kind: 'wrong'; readonly why: string };
};

/** The key of a scan in the queue: `ImageScan/shop/web`. */
export function scanKey(object: KubeObject): string {
  return `${object.kind}/${objectKey(object.metadata)}`;
}

/** Kind and `namespace/name` of a {@link scanKey}. */
export function splitScanKey(key: string): { readonly kind: ScanKind; readonly key: string } {
  const slash = key.indexOf('/');
  return { kind: key.slice(0, slash) as ScanKind, key: key.slice(slash + 1) };
}

/** Reads a scan; what the API server has taken has the fields that it needs. */
export function scanRequest(object: KubeObject): ScanRequest {
  if (object.kind === 'SourceScan') {
    const read = readSourceScan(object);
    if (read.kind === 'wrong') return wrong('SourceScan', { blob: { url: '', revision: '' } }, read.errors);
    const { url, revision, digest, policy } = read.value;
    const target = { kind: 'source', url, revision, ...(digest === undefined ? {} : { digest }) } as const;
    return { kind: 'SourceScan', artifact: { blob: { url, revision } }, policy, target };
  }
  const read = readImageScan(object);
  if (read.kind === 'wrong') return wrong('ImageScan', { registry: { image: '' } }, read.errors);
  const { image, policy, serviceAccountName } = read.value;
  return {
    kind: 'ImageScan',
    artifact: { registry: { image } },
    policy,
    target: imageTarget(image, serviceAccountName),
  };
}

/** What a scan's earlier artifact was read of; undefined where nobody can know it any more. */
export function earlierTarget(artifact: Artifact, request: ScanRequest): ScanRequest['target'] {
  if ('registry' in artifact) {
    const account = request.target.kind === 'image' ? request.target.account : 'default';
    return imageTarget(artifact.registry.image, account);
  }
  return { kind: 'source', ...artifact.blob };
}

/** The artifact that passed last, as a status has it. */
export function lastCompliantIn(status: ScanStatus | undefined): { artifact: Artifact; since: string } | undefined {
  const last = status?.lastCompliant;
  if (last === undefined) return undefined;
  const { since = '' } = last;
  return 'image' in last
    ? { artifact: { registry: { image: last.image } }, since }
    : { artifact: { blob: { url: last.url, revision: last.revision } }, since };
}

function imageTarget(image: string, account: string): ScanRequest['target'] {
  const parsed = parseReference(image);
  if (parsed.kind === 'refused') return { kind: 'wrong', why: parsed.message };
  const { digest } = parsed.reference;
  if (digest === undefined) return { kind: 'wrong', why: `image '${image}' has no digest` };
  return { kind: 'image', reference: parsed.reference, digest, account };
}

function wrong(kind: ScanKind, artifact: Artifact, errors: readonly string[]): ScanRequest {
  return { kind, artifact, policy: '', target: { kind: 'wrong', why: errors.join('; ') } };
}
