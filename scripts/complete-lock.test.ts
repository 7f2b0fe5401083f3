import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { missingEntries, platformOf } from './complete-lock.ts';

const text = readFileSync(join(import.meta.dirname, '../package-lock.json'), 'utf8');

describe('the lock file', () => {
  it('has an entry for the optional packages of every platform, without which npm ci refuses it', () => {
    const { packages } = JSON.parse(text) as { packages: Parameters<typeof missingEntries>[0] };
    expect(Object.keys(missingEntries(packages)), 'run: node scripts/complete-lock.ts').toEqual([]);
  });

  it('names no registry', () => {
    expect(text).not.toMatch(/https?:\/\/[^"]*\.tgz/);
  });
});

describe('the platform of a package', () => {
  it.each([
    ['@biomejs/cli-linux-arm64-musl', { os: ['linux'], cpu: ['arm64'], libc: ['musl'] }],
    ['@oxlint/binding-win32-ia32-msvc', { os: ['win32'], cpu: ['ia32'] }],
    ['@oxlint-tsgolint/darwin-x64', { os: ['darwin'], cpu: ['x64'] }],
    ['@oxlint/binding-linux-arm-gnueabihf', { os: ['linux'], cpu: ['arm'], libc: ['glibc'] }],
  ])('of %s is read off its name', (name, platform) => expect(platformOf(name)).toEqual(platform));
});
