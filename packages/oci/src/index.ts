export {
  createDestinations,
  type DestinationRules,
  type Destinations,
  isLoopbackRegistry,
} from './access/destinations.ts';
export {
  type DockerConfig,
  dockerConfigsIn,
  loginsFor,
  parseDockerConfigJson,
  parseDockercfg,
  type RegistryLogin,
  type RegistryToken,
  readDockerConfig,
} from './access/docker-config.ts';
export { RegistryError, type RegistryFailure } from './access/registry-error.ts';
export { ArchiveError } from './archive/archive-error.ts';
export { type DecompressLimits, decompress, defaultDecompressLimits } from './archive/decompress.ts';
export { type TarRoot, tarOfFolder } from './archive/folder-tar.ts';
export { ifThere } from './archive/if-there.ts';
export { readTar, type TarItem } from './archive/read-tar.ts';
export { type UnpackLimits, unpackTar } from './archive/unpack-tar.ts';
export { type Compressed, writeGzip } from './archive/write-gzip.ts';
export { type TarEntry, tarEnd, tarHeader, tarPadding } from './archive/write-tar.ts';
export { type BillDocument, billDocument } from './attached/bill-document.ts';
export { type Envelope, envelopeIn } from './attached/envelope.ts';
export {
  type Attached,
  type AttachedSearch,
  type AttachedSource,
  type Carrier,
  findAttached,
  mayHoldBill,
  named,
  type UnreadAttached,
} from './attached/find-attached.ts';
export { jsonIn, type Opened, type OpenedDocument, openAttached } from './attached/open-attached.ts';
export type { Descriptor, Platform } from './content/descriptor.ts';
export { digestOf, isDigest } from './content/digest.ts';
export { type FluxArtifact, fluxArtifact } from './content/flux-artifact.ts';
export { ImageError } from './content/image-error.ts';
export { type FetchedManifest, type ImageSource, readBlob } from './content/image-source.ts';
export {
  artifactTypeOf,
  type Index,
  type Manifest,
  type Platforms,
  parseManifest,
  platformName,
  platformsOf,
} from './content/manifest.ts';
export { isLayerType, mediaTypes } from './content/media-types.ts';
export { type ImageProcess, type Layer, type OciImage, ociImage } from './content/oci-image.ts';
export {
  formatReference,
  type ParsedReference,
  parseReference,
  type Reference,
  type RepositoryName,
  targetOf,
} from './content/reference.ts';
export * from './layers/layer-contents.ts';
export { createLayerMerge, type LayerMerge, mergeLayers } from './layers/merge-layers.ts';
export { type ReadLayersOptions, readLayers } from './layers/read-layers.ts';
export { defaultLayerLimits, type LayerLimits, visitLayer } from './layers/visit-layer.ts';
export { openImageFile } from './layout/image-file.ts';
export type { ImageFile, NamedImage } from './layout/named-image.ts';
export { createOciLayout, type OciLayout } from './layout/oci-layout.ts';
export { caBundlePem } from './registry/ca-bundle.ts';
export { createGuardedAgent, type GuardedAgentOptions } from './registry/guarded-agent.ts';
export type { PushContent, PushedManifest, Pushes } from './registry/pushes.ts';
export { referrersTag } from './registry/referrers.ts';
export { retryAfterMs } from './registry/refusals.ts';
export {
  type Artifact,
  createRegistryClient,
  type RegistryClient,
  type RegistryClientOptions,
  type Repository,
} from './registry/registry-client.ts';
export type { Pulls } from './registry/repository.ts';
export { answerRegistryPush, type Push, type PushRules, pushedRepository } from './server/registry-pushes.ts';
export { answerRegistryRequest, type RegistryRefusal, refuseRegistryRequest } from './server/registry-requests.ts';
