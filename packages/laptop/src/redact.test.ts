import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePercent, hideSecrets, secretsOfUrl, shownUrl } from './redact.ts';

describe('a URL in a message', () => {
  it.each([
    ['https://me:hunter2@host.test/app.git', 'https://xxxxx@host.test/app.git'],
    ['https://me:100%safe@host.test/app.git', 'https://xxxxx@host.test/app.git'],
    ['https://ghp_0123456789@host.test/app.git', 'https://xxxxx@host.test/app.git'],
    ['https://ghp_0123456789:x-oauth-basic@host.test/app.git', 'https://xxxxx@host.test/app.git'],
    ['https:me:hunter2@host.test/app.git', 'https:xxxxx@host.test/app.git'],
    ['https://host.test/app.git?private_token=hunter2', 'https://host.test/app.git?xxxxx'],
    ['https://me:hun/ter2@host.test/app.git', 'https://xxxxx@host.test/app.git'],
    ['https://me:hunt#er2@host.test:x/app.git', 'https://xxxxx@host.test:x/app.git'],
    ['ssh://me:hunter2@host.test/app.git', 'ssh://xxxxx@host.test/app.git'],
    ['ssh:me:hunter2@host.test/app.git', 'ssh:xxxxx@host.test/app.git'],
    ['me:hunter2@host.test:app.git', 'xxxxx@host.test:app.git'],
    ['ghp_0123456789@host.test/app.git', 'xxxxx@host.test/app.git'],
  ])('%s is %s', (url, shown) => {
    expect(shownUrl(url)).toBe(shown);
  });

  it.each([
    'ssh://git@Host.test:022/a%20b.git',
    'git@host.test:app.git',
    'https://Host.test/app.git',
    'ssh://git@host.test/a@b.git',
    '/home/me@work/app',
    'nonsense',
    '',
  ])('%s is shown as it was written', (url) => {
    expect(shownUrl(url)).toBe(url);
  });

  it('never shows a password or a token, whatever they are made of', () => {
    const secret = fc.string({
      minLength: 8,
      maxLength: 20,
      unit: fc.constantFrom(...'abcZ09%:/?#@&=+!$ é'.split('')),
    });
    const form = fc.constantFrom('https://S@h.test/x', 'https://me:S@h.test/x', 'ssh://me:S@h.test/x', 'me:S@h.test:x');
    fc.assert(
      fc.property(secret, form, (text, where) => {
        const url = where.replace('S', () => `SeCrEt${text}tErCeS`);
        expect(shownUrl(url)).not.toMatch(/SeCrEt|tErCeS/);
        expect(hideSecrets(`it said SeCrEt${text}tErCeS`, secretsOfUrl(url))).not.toMatch(/SeCrEt.*tErCeS/);
      }),
    );
  });
});

describe('a text', () => {
  it('loses what is secret in every form that it can have there', () => {
    const secrets = secretsOfUrl('https://ghp_0123456789:pa%20ss%wo@host.test/x');
    const said = "user ghp_0123456789, 'pa%20ss%wo', pa ss%wo, pa%20ss%25wo; host.test";
    expect(hideSecrets(said, secrets)).toBe("user xxxxx, 'xxxxx', xxxxx, xxxxx; host.test");
  });

  it('keeps its words where a secret is too short to be told from them', () => {
    expect(hideSecrets('a user of git', secretsOfUrl('https://user:a@host.test/x'))).toBe('a user of git');
  });
});

it.each([
  ['a%20b', 'a b'],
  ['100%', '100%'],
  ['%zz%41', '%zzA'],
  ['%c3%a9%ff', '%c3%a9%ff'],
])('%s decodes to %s', (text, decoded) => {
  expect(decodePercent(text)).toBe(decoded);
});
