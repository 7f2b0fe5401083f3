import { listAt } from '@cartographer/machinery';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JUSTIFICATIONS } from '../kinds/vulnerability-exception.ts';
import { readOpenVex } from './openvex-read.ts';
import { writeOpenVex } from './openvex-write.ts';
import { exceptionOf, inDays, NOW } from './testing/stage.ts';

const expires = inDays(30);
const DIGEST = `sha256:${'a'.repeat(64)}`;
const signature = { author: 'team shop', nowMs: NOW };
const documentWith = (statements: unknown) =>
  JSON.stringify({ '@context': 'https://openvex.dev/ns/v0.2.0', '@id': 'urn:x', author: 'a', version: 1, statements });
const statement = { vulnerability: { name: 'CVE-1' }, products: [{ '@id': 'pkg:npm/a' }], status: 'fixed' };

function readOf(statements: unknown, options = {}) {
  const read = readOpenVex(documentWith(statements), { expires, ...options });
  if (read.kind === 'wrong') throw new Error(read.errors.join());
  return read.value;
}

describe('an OpenVEX document is read', () => {
  const spec = { vulnerability: 'CVE-1', status: 'fixed', expires };

  it.each([
    ['a package', statement, { ...spec, package: 'pkg:npm/a' }],
    [
      'the first form',
      { ...statement, vulnerability: 'CVE-1', products: ['pkg:npm/a'] },
      { ...spec, package: 'pkg:npm/a' },
    ],
    [
      'an image by its digest',
      { ...statement, products: [{ '@id': `pkg:oci/app@sha256%3A${'a'.repeat(64)}` }] },
      { ...spec, digests: [DIGEST] },
    ],
    [
      'an image by its repository',
      { ...statement, products: [{ '@id': 'pkg:oci/app?repository_url=registry.example.com/app' }] },
      { ...spec, images: ['registry.example.com/app'] },
    ],
    ['a hash', { ...statement, products: [{ hashes: { 'sha-256': 'a'.repeat(64) } }] }, { ...spec, digests: [DIGEST] }],
    [
      'a package of an image',
      { ...statement, products: [{ '@id': `pkg:oci/app@${DIGEST}`, subcomponents: [{ '@id': 'pkg:npm/a' }] }] },
      { ...spec, digests: [DIGEST], package: 'pkg:npm/a' },
    ],
    [
      'packages of the first form',
      { ...statement, products: [`pkg:oci/app@${DIGEST}`], subcomponents: ['pkg:npm/a'] },
      { ...spec, digests: [DIGEST], package: 'pkg:npm/a' },
    ],
    [
      'an identifier',
      { ...statement, products: [{ '@id': 'urn:1', identifiers: { purl: 'pkg:npm/a' } }] },
      { ...spec, package: 'pkg:npm/a' },
    ],
    [
      'a justification',
      { ...statement, status: 'not_affected', justification: 'component_not_present' },
      { ...spec, status: 'not_affected', justification: 'component_not_present', package: 'pkg:npm/a' },
    ],
    [
      'an end',
      { ...statement, status_notes: `expires ${inDays(3)}` },
      { ...spec, expires: inDays(3), package: 'pkg:npm/a' },
    ],
  ])('%s', (_, given, wanted) => {
    expect(readOf([given])).toEqual({ exceptions: [wanted], leftOut: [] });
  });

  it('as accepted where it says affected, only if that is asked for', () => {
    const affected = { ...statement, status: 'affected', action_statement: 'is replaced in May' };
    expect(readOf([affected])).toEqual({
      exceptions: [],
      leftOut: [{ what: 'statements[0]', why: 'says affected: it is accepted only if you say so' }],
    });
    expect(readOf([affected], { accept: true }).exceptions).toMatchObject([
      { status: 'affected', accept: true, action: 'is replaced in May' },
    ]);
  });

  it('with the later of two statements about the same', () => {
    const later = { ...statement, status: 'under_investigation', timestamp: inDays(-1) };
    expect(readOf([later, { ...statement, timestamp: inDays(-2) }]).exceptions).toMatchObject([
      { status: 'under_investigation' },
    ]);
  });

  it.each([
    [{ ...statement, status: 'not_affected' }, /needs a justification or an impact/],
    [{ ...statement, status: 'fine' }, /no status of OpenVEX/],
    [{ ...statement, products: [] }, /names no product/],
    [{ ...statement, vulnerability: {} }, /spec.vulnerability/],
    [{ ...statement, products: [{ '@id': 'urn:1' }] }, /no package URL/],
    [{ ...statement, products: [{ '@id': 'pkg:oci/app' }] }, /without repository_url and digest/],
    [
      { ...statement, products: [{ '@id': 'pkg:golang/a', subcomponents: [{ '@id': 'pkg:npm/a' }] }] },
      /product that is no image/,
    ],
    [{ ...statement, products: [{ hashes: { 'sha-256': 'short' } }] }, /spec.digests/],
    ['text', /is no object/],
  ])('and what cannot become an exception is named: %j', (given, why) => {
    const { exceptions, leftOut } = readOf([given, { ...statement, vulnerability: 'CVE-2' }]);
    expect(exceptions).toHaveLength(1);
    expect(leftOut).toMatchObject([{ what: 'statements[0]', why: expect.stringMatching(why) as string }]);
  });

  it.each([
    ['{', /is no JSON/],
    ['[]', /is no OpenVEX document/],
    ['{"@context": "https://cyclonedx.org"}', /is no OpenVEX document/],
    [
      documentWith([{ ...statement, products: Array.from({ length: 10_001 }, (_, i) => `pkg:npm/a${i}`) }]),
      /more than 10000/,
    ],
    [`${documentWith([])}${' '.repeat(10_000_000)}`, /is longer than/],
  ])('or is said to be none: %#', (text, message) => {
    const read = readOpenVex(text, { expires });
    expect(read.kind === 'wrong' && read.errors[0]).toMatch(message);
  });

  it('and any JSON is no crash', () => {
    fc.assert(fc.property(fc.array(fc.jsonValue()), (statements) => readOf(statements).exceptions.length === 0));
  });
});

describe('exceptions are written as OpenVEX', () => {
  it('and read back as they were', () => {
    const status = fc.oneof(
      fc.record({ status: fc.constant('not_affected' as const), justification: fc.constantFrom(...JUSTIFICATIONS) }),
      fc.record({
        status: fc.constant('not_affected' as const),
        impact: fc.constantFrom('is never called', '漢; a\nb'),
      }),
      fc.record({
        status: fc.constant('not_affected' as const),
        justification: fc.constantFrom(...JUSTIFICATIONS),
        impact: fc.constant('is never called'),
      }),
      fc.record({ status: fc.constant('affected' as const), action: fc.constant('wait'), accept: fc.constant(true) }),
      fc.record({ status: fc.constantFrom('fixed' as const, 'under_investigation' as const) }),
    );
    const artifact = fc.constantFrom(
      { package: 'pkg:npm/%40a/b' },
      { images: ['registry.example.com:5000/Team/app'] },
      { digests: [DIGEST], package: 'pkg:npm/a@1.2.3' },
    );
    fc.assert(
      fc.property(status, artifact, (said, place) => {
        const exception = exceptionOf('CVE-1', { ...said, ...place });
        const { document, leftOut } = writeOpenVex([exception], signature);
        expect(leftOut).toEqual([]);
        const [written] = listAt(document, 'statements') as { justification?: string; impact_statement?: string }[];
        expect(written?.justification === undefined || written.impact_statement === undefined).toBe(true);
        const read = readOpenVex(JSON.stringify(document), { expires, accept: true });
        expect(read).toEqual({ kind: 'read', value: { exceptions: [exception.spec], leftOut: [] } });
      }),
    );
  });

  it('but for what has expired, and what OpenVEX cannot say is named', () => {
    const exceptions = [
      exceptionOf('CVE-1', { expires: inDays(0) }),
      exceptionOf('CVE-2', { images: ['registry.example.com/*', 'other/app'] }),
      exceptionOf('CVE-3'),
    ];
    const { document, leftOut } = writeOpenVex(exceptions, signature);
    expect(document['statements']).toMatchObject([
      { vulnerability: { name: 'CVE-2' }, products: [{ '@id': 'pkg:oci/app?repository_url=other%2Fapp' }] },
    ]);
    expect(leftOut).toEqual([
      { what: 'VulnerabilityException shop/cve-2', why: 'OpenVEX knows no patterns: registry.example.com/*' },
      {
        what: 'VulnerabilityException shop/cve-3',
        why: 'is for every artifact and package, and OpenVEX needs a product',
      },
    ]);
  });
});
