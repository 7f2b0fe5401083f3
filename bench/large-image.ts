import { createCipheriv } from 'node:crypto';
import { createOciLayout, type Layer, ociImage, tarEnd, tarHeader, tarPadding } from '@cartographer/oci';
import { packZip } from '../packages/scanning/src/advisories/testing/pack-zip.ts';
import { elfOf, goBuildInfo } from '../packages/scanning/src/inventory/layers/testing/binaries.ts';

const MIB = 1024 ** 2;
/** What the image has at scale 1, together 500 MiB. */
const SYSTEM = { packages: 430, bytes: 240 * MIB };
const NPM = { packages: 1_000, filesEach: 10, bytes: 110 * MIB };
const GO = { modules: 200, bytes: 50 * MIB };
const JARS = { count: 100, bytes: 100 * MIB };

/** An image that was built, and the packages that it has. */
export type LargeImage = {
  readonly folder: string;
  readonly digest: string;
  readonly bytes: number;
  readonly packages: number;
};

/**
 * Builds an image as an OCI layout, by the scale: a Debian system, an npm app, a program of Go with its build info, and
 * jars. Half of what fills it cannot be compressed, as in programs; it is the same at each run.
 */
export async function buildLargeImage(folder: string, scale: number, signal: AbortSignal): Promise<LargeImage> {
  const layout = createOciLayout(folder);
  const scaled = (value: number): number => Math.max(1, Math.round(value * scale));
  const counts = { system: scaled(SYSTEM.packages), npm: scaled(NPM.packages), jars: scaled(JARS.count) };
  const layers: Layer[] = [];
  for (const [name, files] of [
    ['system', systemFiles(counts.system, scaled(SYSTEM.bytes))],
    ['app', npmFiles(counts.npm, scaled(NPM.bytes))],
    ['program', goFiles(scaled(GO.bytes))],
    ['jars', jarFiles(counts.jars, scaled(JARS.bytes))],
  ] as const) {
    layers.push({ ...(await layout.writeLayer(tarOf(files), signal)), content: name });
  }
  const run = { entrypoint: ['/app/server'], cmd: [], env: [], workingDir: '/', labels: {} };
  const image = ociImage(run, layers, { arch: 'x64', os: 'linux' });
  await layout.writeImage(image, ['large']);
  const bytes = scaled(SYSTEM.bytes) + scaled(NPM.bytes) + scaled(GO.bytes) + scaled(JARS.bytes);
  return { folder, digest: image.digest, bytes, packages: counts.system + counts.npm + GO.modules + counts.jars };
}

type File = readonly [path: string, content: Buffer];

function* systemFiles(packages: number, bytes: number): Generator<File> {
  yield ['etc/os-release', Buffer.from('ID=debian\nVERSION_ID="12"\n')];
  const entries = Array.from(
    { length: packages },
    (_, at) =>
      `Package: lib-${at}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.${at}-1\nDescription: one of many\n`,
  );
  yield ['var/lib/dpkg/status', Buffer.from(entries.join('\n'))];
  for (let at = 0; at < packages; at += 1) {
    yield [`usr/lib/lib-${at}.so`, filling(Math.floor(bytes / packages))];
  }
}

function* npmFiles(packages: number, bytes: number): Generator<File> {
  const each = Math.floor(bytes / packages / NPM.filesEach);
  for (let at = 0; at < packages; at += 1) {
    const folder = `app/node_modules/package-${at}`;
    yield [`${folder}/package.json`, Buffer.from(JSON.stringify({ name: `package-${at}`, version: `1.${at}.0` }))];
    for (let file = 0; file < NPM.filesEach; file += 1) yield [`${folder}/lib/${file}.js`, filling(each)];
  }
}

function* goFiles(bytes: number): Generator<File> {
  const modules = Array.from({ length: GO.modules }, (_, at) => `dep\texample.com/module-${at}\tv1.${at}.0\th1:x=`);
  const text = `path\texample.com/server\nmod\texample.com/server\t(devel)\t\n${modules.join('\n')}\n`;
  yield ['app/server', elfOf({ '.text': filling(bytes), '.go.buildinfo': goBuildInfo('go1.22.1', text) })];
}

function* jarFiles(count: number, bytes: number): Generator<File> {
  for (let at = 0; at < count; at += 1) {
    const properties = `groupId=com.example\nartifactId=library-${at}\nversion=1.${at}.0\n`;
    const files = [
      { name: `META-INF/maven/com.example/library-${at}/pom.properties`, bytes: properties },
      { name: 'com/example/Library.class', bytes: filling(Math.floor(bytes / count)), store: true },
    ];
    yield [`app/lib/library-${at}-1.${at}.0.jar`, packZip(files)];
  }
}

async function* tarOf(files: Iterable<File>): AsyncGenerator<Buffer> {
  for (const [path, content] of files) {
    // A turn of the event loop between files, as a disk would give.
    yield await Promise.resolve(tarHeader({ kind: 'file', path, executable: true, sizeBytes: content.length }));
    yield content;
    yield tarPadding(content.length);
  }
  yield tarEnd();
}

const BLOCK = 64 * 1024;
/** One block that looks like chance and one of zeros, again and again, with another beginning for each call. */
const [NOISE, ZEROS] = [
  createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(32 * MIB)),
  Buffer.alloc(BLOCK),
];
let used = 0;

function filling(bytes: number): Buffer {
  const filled = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at += BLOCK) {
    used = (used + BLOCK) % (NOISE.length - BLOCK);
    ((at / BLOCK) % 2 === 0 ? NOISE.subarray(used, used + BLOCK) : ZEROS).copy(filled, at);
  }
  return filled;
}
