import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import { digestOf, mediaTypes, type Repository } from '@cartographer/oci';
import { createMemoryRegistry } from '../../packages/oci/src/testing/memory-registry.ts';
import { answerWith, createRegistryStage, refuseWith } from '../../packages/oci/src/testing/played-registry.ts';
import { tarOf } from '../../packages/oci/src/testing/tar-of.ts';
import { createTestImages } from '../../packages/scanning/src/inventory/layers/testing/image-of.ts';
import {
  envelope,
  type Keys,
  keys,
  sarifFindings,
  statement,
  TYPES,
} from '../../packages/scanning/src/scanner/inventories/testing/attach.ts';

/** What is asked for, by a short name, and the whole reference. */
export type Images = Readonly<Record<ImageName, string>>;

/**
 * Images of the team's own registry that pass and that do not, one of which only the operator's scanner knows, and two ways
 * to name what belongs to another tenant.
 */
export const IMAGE_NAMES = ['good-1', 'good-2', 'bad-1', 'bad-2', 'told', 'stolen', 'secret'] as const;
/** The name of an image. */
export type ImageName = (typeof IMAGE_NAMES)[number];

/** Findings that others than the operator's scanner attach. */
type FindingsAttack = 'unsigned' | 'other-key' | 'outdated';

/** The team's registry, and that of another tenant. */
export type Registries = {
  readonly hosts: readonly string[];
  readonly images: Images;
  /** Addresses of archives whose lock file names version 2 of {@link PACKAGE}, and version 1. */
  readonly sources: Readonly<Record<'good' | 'bad', string>>;
  /** Attaches a bill without a package to an image, as whoever may push can. */
  attachEmptyBill(image: ImageName): Promise<void>;
  /**
   * Attaches findings to an image of the team, as whoever may push can: some that nobody has signed or that another key has,
   * or an older document of the operator's scanner that says that there is nothing.
   */
  attachFindings(image: ImageName, what: FindingsAttack): Promise<void>;
  /** The key of the operator's scanner, which has told of all images. */
  readonly scannerKey: string;
  /** From now on the other tenant's registry asks for a login that nobody here has. */
  lockOther(): void;
  close(): Promise<void>;
};

/** The package that is vulnerable in version 1, and not in version 2. */
export const PACKAGE = 'left';
const EMPTY_BILL = Buffer.from(
  JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, components: [] }),
);
const CYCLONEDX = 'application/vnd.cyclonedx+json';
const { signal } = new AbortController();

/** Starts both registries and fills them: bad images have version 1 of {@link PACKAGE}, good ones and the other tenant's version 2. */
export async function startRegistries(): Promise<Registries> {
  const stage = createRegistryStage();
  const [own, other] = [createMemoryRegistry('lists'), createMemoryRegistry('lists')];
  let isLocked = false;
  const team = await stage.play((request, response, line) => {
    const [, version] = /^GET \/source\/(.+)\.tar\.gz$/.exec(line) ?? [];
    if (version === undefined) own.play(request, response, line);
    else answerWith(response, archiveOf(version));
  });
  const tenant = await stage.play((request, response, line) =>
    isLocked ? refuseWith(response, 401, 'UNAUTHORIZED') : other.play(request, response, line),
  );
  const client = stage.client([team, tenant]);
  const repository = (host: string): Repository => client.repository({ registry: host, repository: 'app' }, []);

  const push = async (host: string, name: string, version: string): Promise<string> => {
    const image = createTestImages();
    const content = JSON.stringify({ name: PACKAGE, version, description: name });
    const { digest } = image.add([[`app/node_modules/${PACKAGE}/package.json`, content]]);
    for (const [blob, bytes] of image.blobs) {
      if (blob !== digest) await repository(host).push.blob({ digest: blob, size: bytes.length }, bytes, signal);
    }
    const bytes = image.blobs.get(digest) ?? Buffer.alloc(0);
    await repository(host).push.manifest({ mediaType: mediaTypes.manifest, bytes }, signal);
    return digest;
  };
  const theirs = await push(tenant.host, 'theirs', '2.0.0');
  const [scanner, stranger] = [keys('ed25519'), keys('ed25519')];
  const attach = async (host: string, digest: string, findings: object, ...by: readonly Keys[]): Promise<void> => {
    const size = (host === team.host ? own : other).manifests.get(digest)?.bytes.length ?? 0;
    const bytes = Buffer.from(
      JSON.stringify(envelope(statement({ digest }, findings, 'https://example.com/sarif'), ...by)),
    );
    await repository(host).pushArtifact(
      {
        artifactType: TYPES.envelope,
        blobs: [{ mediaType: TYPES.envelope, bytes }],
        subject: { mediaType: mediaTypes.manifest, digest, size },
      },
      signal,
    );
  };
  const reference = (host: string, digest: string): string => `${host}/app@${digest}`;
  const images: Images = {
    'good-1': reference(team.host, await push(team.host, 'good-1', '2.0.0')),
    'good-2': reference(team.host, await push(team.host, 'good-2', '2.0.0')),
    'bad-1': reference(team.host, await push(team.host, 'bad-1', '1.0.0')),
    'bad-2': reference(team.host, await push(team.host, 'bad-2', '1.0.0')),
    told: reference(team.host, await push(team.host, 'told', '2.0.0')),
    stolen: reference(team.host, theirs),
    secret: reference(tenant.host, theirs),
  };
  const digestIn = (image: ImageName): string => images[image].split('@')[1] ?? '';
  await attach(tenant.host, theirs, sarifFindings(), scanner);
  for (const name of ['good-1', 'good-2', 'told'] as const) {
    const found = name === 'told' ? saying('CVE-2026-0001') : sarifFindings();
    await attach(team.host, digestIn(name), found, scanner);
  }
  return {
    scannerKey: scanner.pem,
    async attachFindings(image, what) {
      if (!own.manifests.has(digestIn(image))) return;
      const by = { unsigned: [], 'other-key': [stranger], outdated: [scanner] }[what];
      const says = what === 'outdated' ? sarifFindings() : saying('CVE-2026-0002');
      await attach(team.host, digestIn(image), says, ...by);
    },
    hosts: [team.host, tenant.host],
    images,
    sources: { good: `http://${team.host}/source/2.0.0.tar.gz`, bad: `http://${team.host}/source/1.0.0.tar.gz` },
    async attachEmptyBill(image) {
      const digest = digestIn(image);
      const bytes = own.manifests.get(digest)?.bytes;
      if (bytes === undefined) return;
      await repository(team.host).pushArtifact(
        {
          artifactType: CYCLONEDX,
          blobs: [{ mediaType: CYCLONEDX, bytes: EMPTY_BILL }],
          subject: { mediaType: mediaTypes.manifest, digest: digestOf(bytes), size: bytes.length },
        },
        signal,
      );
    },
    lockOther: () => void (isLocked = true),
    close: () => stage.close(),
  };
}

/** SARIF that says of what is in the good images that it is vulnerable. */
const saying = (id: string): object => sarifFindings(id, `Package '${PACKAGE}@2.0.0' is vulnerable to '${id}'.`);

/** A source whose lock file names a version of the package. */
function archiveOf(version: string): Buffer {
  const lock = { lockfileVersion: 3, packages: { [`node_modules/${PACKAGE}`]: { version } } };
  return gzipSync(tarOf(['package-lock.json', JSON.stringify(lock)]));
}
