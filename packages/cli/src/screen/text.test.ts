import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut, hanging, plain, plainLine, widthOf, wrap } from './text.ts';

const texts = fc.string({ unit: 'grapheme', maxLength: 60 });

/** What cannot be broken, however wide. */
function isOneCharacter(line: string): boolean {
  return [...new Intl.Segmenter().segment(line)].length === 1;
}

describe('a text of a cluster', () => {
  it.each([
    ['\u001b[2J', '\\x1b[2J'],
    ['a\rb', 'a\\x0db'],
    ['a\tb', 'a b'],
    ['\u0007\u009b', '\\x07\\x9b'],
    ['user\u202egnp', 'user\\u202egnp'],
    ['two\nlines', 'two\nlines'],
    ['日本語 ✓', '日本語 ✓'],
  ])('cannot redraw a terminal: %j', (text, shown) => {
    expect(plain(text)).toBe(shown);
  });

  it('has no control character but line breaks, and shown twice is shown the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = plain(text);
        expect(shown.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
        expect(plain(shown)).toBe(shown);
      }),
    );
  });

  it('is one line where one is wanted', () => {
    expect(plainLine('  a\n\n  b \n')).toBe('a b');
  });
});

describe('a text in few columns', () => {
  it('takes no more than there are when it is cut, and is whole where it fits', () => {
    fc.assert(
      fc.property(texts.map(plainLine), fc.nat(80), (text, columns) => {
        const shown = cut(text, columns);
        expect(widthOf(shown)).toBeLessThanOrEqual(columns);
        if (widthOf(text) <= columns) expect(shown).toBe(text);
        else if (columns > 0) expect(shown.endsWith('…')).toBe(true);
      }),
    );
  });

  it('loses nothing but blanks when it is wrapped, and no line is too long', () => {
    fc.assert(
      fc.property(texts.map(plain), fc.integer({ min: 2, max: 40 }), (text, columns) => {
        const lines = wrap(text, columns);
        for (const line of lines) expect(widthOf(line) <= columns || isOneCharacter(line)).toBe(true);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(/[ \n]/g, ''));
      }),
    );
  });

  it('that is too long goes on under its beginning, but on a terminal too narrow for that', () => {
    expect(hanging('one two three four five six', 4, 24)).toEqual(['one two three four', '    five six']);
    expect(hanging('one two three four five six', 18, 20)).toEqual(['one two three four', `${' '.repeat(18)}five six`]);
    expect(hanging('one two three four five six', 4, undefined)).toEqual(['one two three four five six']);
  });

  it('counts wide characters twice and colours not at all', () => {
    expect([widthOf('日本'), widthOf('\u001b[32mgo\u001b[39m'), cut('日本語', 4)]).toEqual([4, 2, '日…']);
  });
});
