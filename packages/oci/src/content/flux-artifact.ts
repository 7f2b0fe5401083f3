import { Buffer } from 'node:buffer';
import { canonicalJson } from '@cartographer/machinery';
import type { Compressed } from '../archive/write-gzip.ts';
import type { Descriptor } from './descriptor.ts';
import { digestOf } from './digest.ts';
import { mediaTypes } from './media-types.ts';

/** An artifact of files without its layer: two documents and what they are called by. */
export type FluxArtifact = {
  readonly config: { readonly descriptor: Descriptor; readonly bytes: Buffer };
  readonly layer: Descriptor;
  /** The digest of the manifest is that of the artifact. */
  readonly digest: string;
  readonly manifest: Buffer;
};

/** The time that Flux's `--reproducible` gives: one of its own would make equal content another artifact. */
const CREATED = '1970-01-01T00:00:00Z';

/**
 * The artifact that holds an archive of files as its one layer, as `flux push artifact --reproducible` writes it and an
 * `OCIRepository` reads it. Equal archives give equal bytes.
 */
export function fluxArtifact({ digest, diffId, sizeBytes }: Compressed): FluxArtifact {
  const bytes = Buffer.from(
    canonicalJson({
      architecture: '',
      config: {},
      created: CREATED,
      os: '',
      rootfs: { type: 'layers', diff_ids: [diffId] },
    }),
  );
  const config = { mediaType: mediaTypes.fluxConfig, digest: digestOf(bytes), size: bytes.length };
  const layer = { mediaType: mediaTypes.fluxContent, digest, size: sizeBytes };
  const manifest = Buffer.from(
    canonicalJson({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config,
      layers: [layer],
      annotations: { 'org.opencontainers.image.created': CREATED },
    }),
  );
  return { config: { descriptor: config, bytes }, layer, digest: digestOf(manifest), manifest };
}
