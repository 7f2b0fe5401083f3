import { describe, expect, it } from 'vitest';
import { cursorText, QUESTIONS_PREFIX, readQuestion } from './question.ts';

const read = (path: string) => readQuestion(new URL(`${QUESTIONS_PREFIX}${path}`, 'https://scanner'));
const bill = `sha256:${'a'.repeat(64)}`;
const scan = 'ImageScan/shop/web/scanned';

describe('a question', () => {
  it.each([
    ['/carriers?ecosystem=npm&name=left', { kind: 'carriers', ecosystem: 'npm', name: 'left', part: { limit: 100 } }],
    ['/carriers?name=left', { kind: 'carriers', name: 'left', part: { limit: 100 } }],
    [
      '/carriers?purl=pkg:npm/%2540scope/left@1.2.3&namespace=shop&limit=5',
      { kind: 'carriers', ecosystem: 'npm', name: '@scope/left', part: { limit: 5, namespace: 'shop' } },
    ],
    [
      `/touched?vulnerability=CVE-2021-44228&continue=${cursorText({ bill, scan })}`,
      { kind: 'touched', vulnerability: 'CVE-2021-44228', part: { limit: 100, after: { bill, scan } } },
    ],
    [
      '/namespaces/shop/sourcescans/web/findings',
      { kind: 'findings', scanKind: 'SourceScan', namespace: 'shop', name: 'web' },
    ],
  ])('is read from %s', (path, question) => {
    expect(read(path)).toEqual({ kind: 'question', question });
  });

  it.each([
    ['/carriers', /give purl=pkg:TYPE\/NAME, or name=NAME/],
    ['/carriers?ecosystem=npm', /give purl/],
    ['/carriers?purl=left', /'left' is no package URL/],
    ['/carriers?purl=pkg:npm/left&name=left', /either purl, or ecosystem and name/],
    ['/touched', /give vulnerability=ID/],
    ['/touched?vulnerability=a&vulnerability=b', /vulnerability is given twice/],
    [`/touched?vulnerability=${'a'.repeat(513)}`, /more than 512 characters/],
    ['/touched?vulnerability=a&limit=0', /limit '0' is no whole number from 1 to 500/],
    ['/touched?vulnerability=a&limit=501', /limit '501'/],
    ['/touched?vulnerability=a&limit=ten', /limit 'ten'/],
    ['/touched?vulnerability=a&continue=xyz', /continue is none that an answer gave/],
    ['/touched?vulnerability=a&namespace=../x', /namespace '..\/x' is no name of an object/],
    ['/touched?vulnerabilty=a', /'vulnerabilty' is no parameter; there are vulnerability, namespace/],
    ['/namespaces/SHOP/imagescans/web/findings', /namespace 'SHOP' is no name/],
    ['/namespaces/shop/imagescans/web/findings?limit=5', /'limit' is no parameter; there are none here/],
  ])('%s is told what is wrong with it', (path, why) => {
    expect(read(path)).toEqual({ kind: 'wrong', why: expect.stringMatching(why) as string });
  });

  it.each(['', '/', '/carriers/', '/namespaces/shop/secrets/web/findings', '/namespaces/shop/imagescans/web', '/x'])(
    'is none at [%s]',
    (path) => {
      expect(read(path)).toEqual({ kind: 'nowhere' });
    },
  );
});
