import { expect, test } from 'vitest';
import { formatCheck } from './schema-formats.ts';

const cases: readonly [string, readonly string[], readonly string[]][] = [
  ['date-time', ['2026-01-01T00:00:00Z', '2024-02-29T23:59:59.5+02:00'], ['2026-02-29T00:00:00Z', '2026-01-01', 'x']],
  ['date', ['2026-01-31'], ['2026-13-01', '2026-01-32', '26-1-1']],
  ['byte', ['', 'YQ==', 'YWI=', 'YWJj'], ['a', 'YQ=', '!!!!']],
  ['duration', ['1h30m', '5 days', '1.5s', '0'], ['1x', '', 'h']],
  ['uuid', ['123e4567-e89b-12d3-a456-426614174000'], ['123e4567']],
  ['email', ['a@b.c'], ['a', 'a@', '@b']],
  ['uri', ['https://a.b/c', '/path', 'urn:x:y'], ['a b', 'plain', 'http://%zz']],
  ['ipv4', ['1.2.3.4'], ['1.2.3', '256.1.1.1', '01.2.3.4']],
  ['ipv6', ['::1', 'fe80::1', '1:2:3:4:5:6:7:8', '::ffff:1.2.3.4'], ['1::2::3', ':1', '1:2:3', 'g::']],
  ['cidr', ['10.0.0.0/8', '::/0'], ['10.0.0.0', '10.0.0.0/33']],
  ['mac', ['00:11:22:aa:bb:cc'], ['00:11:22:aa:bb']],
  ['hostname', ['a-b.example'], ['-a', 'a..b']],
  ['password', ['anything'], []],
];

test.each(cases)('%s', (format, right, wrong) => {
  const isValid = formatCheck(format) ?? (() => false);
  expect(right.filter((text) => !isValid(text))).toEqual([]);
  expect(wrong.filter((text) => isValid(text))).toEqual([]);
});

test('formats that are only documentation are not checked', () => {
  expect(formatCheck('int32')).toBeUndefined();
  expect(formatCheck('made-up')).toBeUndefined();
  expect(formatCheck(undefined)).toBeUndefined();
});
