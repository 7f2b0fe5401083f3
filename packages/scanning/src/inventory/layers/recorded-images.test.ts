import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePurl } from '@cartographer/bills';
import { describe, expect, it } from 'vitest';
import { readImageInventory } from './read-image-inventory.ts';
import { createTestImages } from './testing/image-of.ts';
import { SAMPLES, sampleLayers, sampleNames } from './testing/sample-images.ts';

const { signal } = new AbortController();

/** A package URL, its qualifiers and what Go has behind `#` in one order; the group of a jar is compared by itself. */
function named(purl: string): string {
  const { type = '', namespace = '', name = '', version = '', qualifiers, subpath = '' } = parsePurl(purl) ?? {};
  const rest = [...(qualifiers ?? [])].map((pair) => pair.join('=')).toSorted();
  return [type, [namespace, name, subpath].filter((part) => part !== '').join('/'), version, ...rest].join(' ');
}

type Difference = { readonly theirs: readonly string[]; readonly ours: readonly string[] };

/** What differs, and why: see README.md beside the samples. */
const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'debian-12-npm': {
    theirs: ['deb debian/linux-image-old 6.1.1-1 arch=amd64 distro=debian-12', 'npm shop 1.0.0'],
    ours: [],
  },
  'distroless-go-cargo': { theirs: ['golang own (devel)'], ours: ['golang example.com/own '] },
  'rocky-9-jars': {
    theirs: [
      'maven org.apache.commons.lang3/lang3 3.12.0',
      'maven tools/tools ',
      'rpm rocky/gpg-pubkey 350d275d-6279464b distro=rocky-9.3',
    ],
    ours: ['maven org.apache.commons/commons-lang3 3.12.0', 'maven tools '],
  },
  'ubuntu-22.04-ruby-dotnet-php': {
    theirs: [],
    ours: [
      'nuget Microsoft.NETCore.App.Runtime.linux-x64 6.0.5',
      'nuget Newtonsoft.Json 12.0.3',
      'nuget System.Text.Encodings.Web 4.5.0',
    ],
  },
};

describe('an image', () => {
  it.each(sampleNames())('%s gives the packages that a real tool finds in it, but for what is listed', async (name) => {
    const images = createTestImages();
    const { packages, unread } = await readImageInventory(images, images.add(...sampleLayers(name)).digest, { signal });
    const recorded = readFileSync(join(SAMPLES, `${name}.syft.txt`), 'utf8')
      .trim()
      .split('\n');
    const theirs = recorded.map((line) => named(line.slice(line.indexOf('pkg:'))));
    const ours = packages.map(({ purl }) => named(purl));
    const listed = DIFFERENCES[name] ?? { theirs: [], ours: [] };
    expect(theirs.filter((text) => !ours.includes(text)).toSorted()).toEqual(listed.theirs);
    expect(ours.filter((text) => !theirs.includes(text)).toSorted()).toEqual(listed.ours);
    expect(unread).toEqual([]);
  });
});
