import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiHostOf, formatReference, parseReference, targetOf } from './reference.ts';

const SHA256 = `sha256:${'a'.repeat(64)}`;
const SHA512 = `sha512:${'b'.repeat(128)}`;

/** The whole name, or the refusal. */
function read(text: string): string {
  const parsed = parseReference(text);
  return parsed.kind === 'reference' ? formatReference(parsed.reference) : parsed.message;
}

describe('the name of an image', () => {
  it.each([
    ['nginx', 'docker.io/library/nginx'],
    ['nginx:1.27', 'docker.io/library/nginx:1.27'],
    ['team/app', 'docker.io/team/app'],
    ['docker.io/nginx', 'docker.io/library/nginx'],
    ['index.docker.io/team/app', 'docker.io/team/app'],
    ['localhost/app', 'localhost/app'],
    ['localhost:5000/app:v1', 'localhost:5000/app:v1'],
    ['registry:5000/app', 'registry:5000/app'],
    ['Registry.Example/team/app', 'registry.example/team/app'],
    ['[::1]:5000/app:v1', '[::1]:5000/app:v1'],
    ['127.0.0.1:5000/a/b/c__d/e.f-g--h', '127.0.0.1:5000/a/b/c__d/e.f-g--h'],
    [`r.example/app@${SHA256}`, `r.example/app@${SHA256}`],
    [`r.example/app@${SHA512}`, `r.example/app@${SHA512}`],
    [`r.example/app:v1@${SHA256}`, `r.example/app:v1@${SHA256}`],
    ['a:5000', 'docker.io/library/a:5000'],
  ])('%s is %s', (text, name) => {
    expect(read(text)).toBe(name);
    expect(read(name)).toBe(name);
  });

  it.each([
    ['', "has a repository that is no name: 'library/'"],
    ['REGISTRY/app', "has a repository that is no name: 'REGISTRY/app'"],
    ['r.example/App', "has a repository that is no name: 'App'"],
    ['r.example/a//b', 'has a repository that is no name'],
    ['r.example/../b', 'has a repository that is no name'],
    ['r.example/a___b', 'has a repository that is no name'],
    ['https://r.example/app', "has a registry that is no host: 'https:'"],
    ['user@r.example/app', 'has a digest that is neither'],
    ['r.example:0/app', "no host: 'r.example:0'"],
    ['r.example:65536/app', "no host: 'r.example:65536'"],
    ['-r.example/app', 'no host'],
    ['r..example/app', 'no host'],
    ['r.example/app:', "has a tag that is none: ''"],
    [`r.example/app:${'t'.repeat(129)}`, 'has a tag that is none'],
    ['r.example/app:-v', 'has a tag that is none'],
    ['r.example/app@sha256:abc', 'has a digest that is neither'],
    [`r.example/app@sha256:${'A'.repeat(64)}`, 'has a digest that is neither'],
    [`r.example/app@md5:${'a'.repeat(32)}`, 'has a digest that is neither'],
    ['r.example/app\n', 'has a repository that is no name'],
  ])('%j is none', (text, why) => {
    expect(read(text)).toContain(why);
  });

  it('has at most 255 characters, and 128 of a tag', () => {
    const longest = `r.example/${'a'.repeat(245)}`;
    expect(read(`${longest}:${'t'.repeat(128)}@${SHA512}`)).toBe(`${longest}:${'t'.repeat(128)}@${SHA512}`);
    expect(read(`${longest}a`)).toContain('too long');
    expect(read('a'.repeat(100_000))).toContain('too long');
  });

  it('is read at once, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '-', '.', '_', ':', '/', '@', 'A'), maxLength: 600 }),
        (text) => {
          const parsed = parseReference(text);
          if (parsed.kind === 'reference') expect(read(formatReference(parsed.reference))).toBe(read(text));
        },
      ),
    );
  });

  it('asks for the digest, else the tag, else latest; of Docker Hub at its own host', () => {
    const name = { registry: 'docker.io', repository: 'library/a' };
    expect([{ tag: 'v1', digest: SHA256 }, { tag: 'v1' }, {}].map((more) => targetOf({ ...name, ...more }))).toEqual([
      SHA256,
      'v1',
      'latest',
    ]);
    expect(['docker.io', 'r.example'].map(apiHostOf)).toEqual(['registry-1.docker.io', 'r.example']);
  });
});
