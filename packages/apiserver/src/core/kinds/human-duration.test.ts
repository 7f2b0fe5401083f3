import { expect, test } from 'vitest';

import { humanDuration } from './human-duration.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test.each([
  [-5 * SECOND, '<invalid>'],
  [-SECOND, '0s'],
  [4 * SECOND, '4s'],
  [119 * SECOND, '119s'],
  [2 * MINUTE, '2m'],
  [3 * MINUTE + 20 * SECOND, '3m20s'],
  [10 * MINUTE + 5 * SECOND, '10m'],
  [179 * MINUTE, '179m'],
  [3 * HOUR, '3h'],
  [5 * HOUR + MINUTE, '5h1m'],
  [47 * HOUR, '47h'],
  [2 * DAY, '2d'],
  [2 * DAY + 3 * HOUR, '2d3h'],
  [47 * DAY, '47d'],
  [365 * 2 * DAY + 10 * DAY, '2y10d'],
  [365 * 9 * DAY, '9y'],
])('%i ms is %s', (span, text) => {
  expect(humanDuration(span)).toBe(text);
});
