import { describe, expect, it } from 'vitest';
import { memoByIdentity } from './memo-by-identity.ts';

describe('a memo by identity', () => {
  it('makes its answer once for each object, however equal the objects are', () => {
    const asked: object[] = [];
    const memo = memoByIdentity((key: object) => {
      asked.push(key);
      return {};
    });
    const [one, equal] = [{ a: 1 }, { a: 1 }];
    const answer = memo(one);
    expect(memo(one)).toBe(answer);
    expect(memo(equal)).not.toBe(answer);
    expect(asked).toEqual([one, equal]);
  });

  it('keeps an empty text, too', () => {
    let made = 0;
    const memo = memoByIdentity(() => {
      made += 1;
      return '';
    });
    const key = {};
    expect([memo(key), memo(key), made]).toEqual(['', '', 1]);
  });

  it('asks again for what could not be made', () => {
    let made = 0;
    const memo = memoByIdentity(() => {
      made += 1;
      if (made === 1) throw new Error('not now');
      return 'made';
    });
    const key = {};
    expect(() => memo(key)).toThrow('not now');
    expect(memo(key)).toBe('made');
  });
});
