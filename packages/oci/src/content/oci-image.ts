import { Buffer } from 'node:buffer';
import { canonicalJson } from '@cartographer/machinery';
import { digestOf } from './digest.ts';
import { mediaTypes } from './media-types.ts';

/** A layer as it was written. */
export type Layer = {
  readonly digest: string;
  /** Digest of the uncompressed archive. */
  readonly diffId: string;
  readonly sizeBytes: number;
  /** What it holds, for readers of `docker history`. */
  readonly content: string;
};

/** How a container of the image starts. */
export type ImageProcess = {
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: readonly string[];
  readonly workingDir: string;
  readonly labels: Readonly<Record<string, string>>;
};

/** An image without its layers: two blobs and where they are. */
export type OciImage = {
  readonly digest: string;
  readonly manifest: Buffer;
  readonly configDigest: string;
  readonly config: Buffer;
};

/** The day that buildpacks give their images: a time of its own would make each build another image. */
const CREATED = '1980-01-01T00:00:01Z';
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** Computes config and manifest; equal arguments give equal bytes. */
export function ociImage(
  process: ImageProcess,
  layers: readonly Layer[],
  platform: { readonly arch: string; readonly os: string },
): OciImage {
  const config = Buffer.from(
    canonicalJson({
      created: CREATED,
      architecture: ARCHITECTURES[platform.arch] ?? platform.arch,
      os: platform.os,
      config: {
        User: '1000:1000',
        Entrypoint: process.entrypoint,
        ...(process.cmd.length === 0 ? {} : { Cmd: process.cmd }),
        Env: process.env,
        WorkingDir: process.workingDir,
        Labels: process.labels,
      },
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
      history: layers.map(({ content }) => ({ created: CREATED, created_by: `carto: ${content}` })),
    }),
  );
  const configDigest = digestOf(config);
  const manifest = Buffer.from(
    canonicalJson({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: { mediaType: mediaTypes.config, digest: configDigest, size: config.length },
      layers: layers.map(({ digest, sizeBytes }) => ({ mediaType: mediaTypes.layer, digest, size: sizeBytes })),
    }),
  );
  return { digest: digestOf(manifest), manifest, configDigest, config };
}
