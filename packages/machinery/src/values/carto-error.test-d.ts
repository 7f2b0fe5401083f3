import { expectTypeOf, test } from 'vitest';
import { CartoError } from './carto-error.ts';

test('an operational failure has one of the codes that there are', () => {
  const error = new CartoError('CARTO_TIMEOUT', 'no answer');
  // @ts-expect-error misspelt
  expectTypeOf(new CartoError('CARTO_TIME_OUT', 'no answer')).toEqualTypeOf(error);
  // @ts-expect-error misspelt
  expectTypeOf(error.code === 'CARTO_TIMED_OUT').toEqualTypeOf<boolean>();
});
