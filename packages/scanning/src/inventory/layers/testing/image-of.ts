import { Buffer } from 'node:buffer';
import {
  type Descriptor,
  digestOf,
  ImageError,
  type ImageSource,
  mediaTypes,
  parseManifest,
  tarEnd,
  tarHeader,
  tarPadding,
} from '@cartographer/oci';

/** A file of a layer; what is called `.wh.NAME` takes NAME of the layers below away. */
export type TestFile = readonly [path: string, content: string | Buffer];

/** Images in memory. */
export type TestImages = ImageSource & {
  readonly blobs: ReadonlyMap<string, Buffer>;
  /** Digests of the blobs that were opened. */
  readonly opened: readonly string[];
  /** Adds an image and answers with its descriptor. */
  add(...layers: readonly (readonly TestFile[])[]): Descriptor;
  addIndex(manifests: readonly Descriptor[]): Descriptor;
  addBlob(bytes: Buffer, mediaType: string): Descriptor;
  addManifest(layers: readonly Descriptor[]): Descriptor;
  remove(digest: string): void;
};

/** Makes an empty place for images. */
export function createTestImages(): TestImages {
  const blobs = new Map<string, Buffer>();
  const opened: string[] = [];
  const addBlob = (bytes: Buffer, mediaType: string): Descriptor => {
    const digest = digestOf(bytes);
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const addJson = (document: object, mediaType: string): Descriptor =>
    addBlob(Buffer.from(JSON.stringify(document)), mediaType);
  const bytesOf = (digest: string): Buffer => {
    const bytes = blobs.get(digest);
    if (bytes === undefined) throw new ImageError(`${digest} is missing`);
    return bytes;
  };
  const addManifest = (layers: readonly Descriptor[]): Descriptor => {
    const config = addJson(
      {
        architecture: 'amd64',
        os: 'linux',
        config: {},
        rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
      },
      mediaTypes.config,
    );
    return addJson({ schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers }, mediaTypes.manifest);
  };
  return {
    name: 'app',
    blobs,
    opened,
    addBlob,
    addManifest,
    add: (...layers) => addManifest(layers.map((files) => addBlob(layerOf(files), mediaTypes.plainLayer))),
    addIndex: (manifests) => addJson({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }, mediaTypes.index),
    remove: (digest) => void blobs.delete(digest),
    async manifest(digest) {
      const bytes = bytesOf(digest);
      const content = parseManifest(bytes, digest);
      return { descriptor: { mediaType: content.mediaType, digest, size: bytes.length }, bytes, content };
    },
    async blob({ digest }) {
      opened.push(digest);
      return chunksOf(bytesOf(digest));
    },
  };
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

function layerOf(files: readonly TestFile[]): Buffer {
  const folders = new Set(files.flatMap(([path]) => foldersOf(path)));
  const headers = [...folders].map((path) => tarHeader({ kind: 'folder', path: `${path}/` }));
  const entries = files.map(([path, content]) => {
    const bytes = Buffer.from(content as string);
    const header = tarHeader({ kind: 'file', path, executable: true, sizeBytes: bytes.length });
    return Buffer.concat([header, bytes, tarPadding(bytes.length)]);
  });
  return Buffer.concat([...headers, ...entries, tarEnd()]);
}

/** `a` and `a/b` for `a/b/c`. */
function foldersOf(path: string): readonly string[] {
  const names = path.split('/').slice(0, -1);
  return names.map((_name, index) => names.slice(0, index + 1).join('/'));
}
