import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AttachedSource, type ImageSource, parseManifest, RegistryError, referrersTag } from '@cartographer/oci';
import { describe, expect, it } from 'vitest';
import { readAttached } from './read-attached.ts';
import { trustedKeys } from './signatures.ts';

const FOLDER = join(import.meta.dirname, '../../../testdata/attached');
const { signal } = new AbortController();

/** What a registry had after cosign 3.0.2 attached to an image; see the page beside it. */
type Recording = {
  readonly image: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly manifests: Readonly<Record<string, string>>;
  readonly blobs: Readonly<Record<string, string>>;
};
const recording = JSON.parse(readFileSync(join(FOLDER, 'cosign-3.json'), 'utf8')) as Recording;
const keysIn = (file: string) => trustedKeys('policy', [readFileSync(join(FOLDER, file), 'utf8')]);

/** A registry without the referrers API that has what was recorded. */
function sourceOf({ tags, manifests, blobs }: Recording): AttachedSource {
  const manifest: ImageSource['manifest'] = async (target) => {
    const digest = tags[target] ?? target;
    const text = manifests[digest];
    if (text === undefined) throw new RegistryError('NotFound', `there is no ${target}`);
    const bytes = Buffer.from(text);
    const content = parseManifest(bytes, digest);
    return { descriptor: { mediaType: content.mediaType, digest, size: bytes.length }, bytes, content };
  };
  return {
    name: 'recorded',
    manifest,
    async blob({ digest }) {
      const text = blobs[digest];
      if (text === undefined) throw new RegistryError('NotFound', `there is no ${digest}`);
      return (async function* () {
        yield Buffer.from(text);
      })();
    },
    async referrers(subject) {
      const digest = tags[referrersTag(subject)];
      if (digest === undefined) return [];
      const index = JSON.parse(manifests[digest] ?? '') as { manifests: { digest: string; size: number }[] };
      return index.manifests.map(({ digest: each, size }) => {
        const { mediaType, artifactType } = JSON.parse(manifests[each] ?? '') as Record<string, string>;
        return { mediaType: mediaType ?? '', artifactType: artifactType ?? '', digest: each, size };
      });
    },
  };
}

/** The ids that a key's owner is believed to have found, and why others are not. */
async function foundBy(file: string, source = sourceOf(recording)) {
  const trust = [keysIn(file)];
  const { bills, findings } = await readAttached(source, recording.image, { signal, trust, findings: { trust } });
  return {
    ids: (findings?.findings ?? []).map(({ finding }) => finding.id).toSorted(),
    bills: bills.filter(({ isTrusted }) => isTrusted).flatMap(({ bill }) => bill.packages.map(({ name }) => name)),
    ignored: findings?.ignored.length,
    unread: findings?.unread,
  };
}

describe('what cosign 3 attached to an image', () => {
  it('is believed by its key: attestations as bundles and under its tag, and documents that it signed, both ways', async () => {
    expect(await foundBy('cosign-3.pub')).toEqual({
      // A bundle; a tag; a document signed by a bundle; one signed under a tag. CVE-2026-5555 is signed by another key.
      ids: ['CVE-2026-6666', 'CVE-2026-7777', 'CVE-2026-8888', 'CVE-2026-9999'],
      bills: expect.arrayContaining(['right', 'left']) as string[],
      ignored: 1,
      unread: [],
    });
  });

  it('is believed by no other key', async () => {
    expect(await foundBy('other.pub')).toMatchObject({ ids: [], bills: [] });
  });

  it('is not believed of a document that a signature is not about, though it is attached to it', async () => {
    const [signed = '', other = ''] = Object.keys(recording.tags)
      .filter((tag) => !tag.includes('.') && tag !== referrersTag(recording.image))
      .toSorted((left, right) => (subjectHas(left, 'CVE-2026-8888') ? -1 : subjectHas(right, 'CVE-2026-8888') ? 1 : 0));
    // Whoever may push lists the signature of one document beside another one.
    const tags = { ...recording.tags, [other]: recording.tags[signed] ?? '' };
    expect((await foundBy('cosign-3.pub', sourceOf({ ...recording, tags }))).ids).not.toContain('CVE-2026-5555');
    const { [signed]: _, ...without } = recording.tags;
    expect((await foundBy('cosign-3.pub', sourceOf({ ...recording, tags: without }))).ids).not.toContain(
      'CVE-2026-8888',
    );
  });
});

/** Whether the document that a tag's signatures are beside speaks of that vulnerability. */
function subjectHas(tag: string, id: string): boolean {
  const manifest = recording.manifests[tag.replace('-', ':')] ?? '';
  const { layers = [] } = JSON.parse(manifest || '{}') as { layers?: { digest: string }[] };
  return layers.some(({ digest }) => recording.blobs[digest]?.includes(id));
}
