import { Buffer } from 'node:buffer';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type BillPackage, billOf, writeCycloneDx } from '@cartographer/bills';
import { type Descriptor, mediaTypes, referrersTag } from '@cartographer/oci';
import type { TestImages } from '../../../inventory/layers/testing/image-of.ts';
import type { ServedImages } from './served-images.ts';

/** Types of what is attached. */
export const TYPES = {
  cyclonedx: 'application/vnd.cyclonedx+json',
  spdx: 'application/spdx+json',
  sarif: 'application/sarif+json',
  statement: 'application/vnd.in-toto+json',
  envelope: 'application/vnd.dsse.envelope.v1+json',
  bundle: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  simpleSigning: 'application/vnd.dev.cosign.simplesigning.v1+json',
} as const;

/** A bill of packages of npm, `left@1.0.0`, in CycloneDX. */
export function cycloneDx(...packages: readonly string[]): object {
  const items = packages.map((text): BillPackage => {
    const [name = '', version = ''] = text.split('@');
    return { name, version, purl: `pkg:npm/${text}`, ecosystem: 'npm' };
  });
  return JSON.parse(writeCycloneDx(billOf(items))) as object;
}

/** The same in SPDX. */
export function spdx(...packages: readonly string[]): object {
  return {
    spdxVersion: 'SPDX-2.3',
    packages: packages.map((text) => ({
      SPDXID: `SPDXRef-${text}`,
      name: text.split('@')[0],
      versionInfo: text.split('@')[1],
      externalRefs: [{ referenceType: 'purl', referenceLocator: `pkg:npm/${text}` }],
    })),
  };
}

/** CycloneDX that says of a package of npm, `left` at 1.0.0, that it has a vulnerability; without an id that it has none. */
export function cycloneDxFindings(id?: string, name = 'left'): object {
  const affects = [{ ref: `pkg:npm/${name}@1.0.0` }];
  const vulnerability = { id, affects, ratings: [{ severity: 'critical', score: 9.8 }] };
  return { ...cycloneDx(`${name}@1.0.0`), vulnerabilities: id === undefined ? [] : [vulnerability] };
}

/** The same as SARIF, as osv-scanner words it, but for the score. */
export function sarifFindings(id?: string, text = `Package 'left@1.0.0' is vulnerable to '${id}'.`): object {
  const rules = [{ id, properties: { 'security-severity': '9.8' } }];
  const results = id === undefined ? [] : [{ ruleId: id, level: 'warning', message: { text } }];
  return { version: '2.1.0', runs: [{ tool: { driver: { name: 'scanner', rules } }, results }] };
}

/** What in-toto says of an image. */
export function statement(image: Pick<Descriptor, 'digest'>, predicate: object, predicateType?: string): object {
  const type = 'bomFormat' in predicate ? 'https://cyclonedx.org/bom' : 'https://spdx.dev/Document';
  const [algorithm = '', hex = ''] = image.digest.split(':');
  const subject = [{ name: 'app', digest: { [algorithm]: hex } }];
  return { _type: 'https://in-toto.io/Statement/v0.1', predicateType: predicateType ?? type, subject, predicate };
}

/** A pair of keys as cosign makes them. */
export type Keys = { readonly privateKey: KeyObject; readonly pem: string };

/** Makes {@link Keys}: ECDSA on P-256, or Ed25519. */
export function keys(kind: 'ec' | 'ed25519' = 'ec'): Keys {
  const { publicKey, privateKey } =
    kind === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  return { privateKey, pem: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

function signatureOf(bytes: Buffer, { privateKey }: Keys): string {
  return sign(privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256', bytes, privateKey).toString('base64');
}

/** A document, or bytes as they are, in an envelope that each of the keys signed. */
export function envelope(document: object, ...by: readonly Keys[]): object {
  const payload = Buffer.isBuffer(document) ? document : Buffer.from(JSON.stringify(document));
  const head = `DSSEv1 ${TYPES.statement.length} ${TYPES.statement} ${payload.length} `;
  const signed = Buffer.concat([Buffer.from(head), payload]);
  const signatures = by.map((each) => ({ sig: signatureOf(signed, each) }));
  return { payloadType: TYPES.statement, payload: payload.toString('base64'), signatures };
}

/** Adds a manifest that carries one document. */
export function addCarrier(
  images: TestImages,
  mediaType: string,
  document: object | string,
  subject?: Descriptor,
): Descriptor {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  return addManifestOf(images, [images.addBlob(Buffer.from(text), mediaType)], mediaType, subject);
}

function addManifestOf(
  images: TestImages,
  layers: readonly Descriptor[],
  artifactType: string,
  subject?: Descriptor,
): Descriptor {
  const config = images.addBlob(Buffer.from('{}'), mediaTypes.empty);
  const about = subject === undefined ? {} : { subject };
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, artifactType, config, layers, ...about };
  return { ...images.addBlob(Buffer.from(JSON.stringify(manifest)), mediaTypes.manifest), artifactType };
}

/** The same under the types that a carrier may lie about. */
export function addCarrierOf(images: TestImages, layer: Descriptor, subject: Descriptor): Descriptor {
  return addManifestOf(images, [layer], layer.mediaType, subject);
}

/** Signs a manifest as cosign does, under a tag of its digest. */
export function signManifest(
  registry: ServedImages,
  repository: string,
  manifest: Descriptor,
  by: Keys,
  about: Descriptor = manifest,
): void {
  const images = registry.repository(repository);
  const payload = Buffer.from(
    JSON.stringify({
      critical: {
        identity: { 'docker-reference': `${registry.host}/${repository}` },
        image: { 'docker-manifest-digest': about.digest },
        type: 'cosign container image signature',
      },
      optional: null,
    }),
  );
  const annotations = { 'dev.cosignproject.cosign/signature': signatureOf(payload, by) };
  const layer = { ...images.addBlob(payload, TYPES.simpleSigning), annotations };
  const tag = `${repository}:${referrersTag(manifest.digest)}.sig`;
  registry.tags.set(tag, addManifestOf(images, [layer], TYPES.simpleSigning));
}
