import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LAPTOP_REASONS } from '@cartographer/laptop';
import { ERRORS } from '@cartographer/machinery';
import { expect, it } from 'vitest';

const PACKAGES = join(import.meta.dirname, '../../packages');
/** Where the words are explained is no use of them. */
const HOMES = /\/error-codes(\.test-d)?\.ts$|\/laptop\/src\/reasons\/|\.test\.|\/testing\//;

function sourcesOf(...packages: readonly string[]): string {
  const files = packages.flatMap((name) =>
    readdirSync(join(PACKAGES, name, 'src'), { recursive: true, encoding: 'utf8' }).map((file) =>
      join(PACKAGES, name, 'src', file),
    ),
  );
  return files
    .filter((file) => file.endsWith('.ts') && !HOMES.test(file))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
}

it('every error code that is explained is one of an error that is thrown', () => {
  const sources = sourcesOf(...readdirSync(PACKAGES).filter((name) => name !== 'testkit'));
  const codes = Object.values(ERRORS).flatMap((part) => Object.keys(part));
  expect(new Set(codes).size).toBe(codes.length);
  expect(codes.filter((code) => !sources.includes(`'${code}'`))).toEqual([]);
});

it.each(Object.entries(LAPTOP_REASONS))('every word that is explained for %s is written', (_kind, told) => {
  const sources = sourcesOf('laptop');
  const words = [...told.conditions, ...Object.keys(told.reasons)];
  expect(words.filter((word) => !sources.includes(`'${word}'`))).toEqual([]);
});
