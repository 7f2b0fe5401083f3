import { expect, it } from 'vitest';
import { isLoopbackHost } from './loopback-host.ts';

it.each([
  undefined,
  '127.0.0.1',
  '127.0.0.1:8080',
  '127.1.2.3:1',
  'localhost',
  'LOCALHOST:8080',
  'localhost.:80',
  'hello.localhost',
  'a.b_c-d.localhost:1',
  '[::1]',
  '[::1]:8080',
])('%s means this machine', (host) => {
  expect(isLoopbackHost(host)).toBe(true);
});

it.each([
  '',
  ':80',
  'evil.example',
  'evil.example:8080',
  'localhost.evil.example',
  'notlocalhost',
  '127.0.0.1.evil.example',
  '127.0.0.1.nip.io:80',
  'evil.example:80:127.0.0.1',
  '0.0.0.0',
  '10.0.0.1:8080',
  '[::2]',
  '[::1].evil.example',
  'user@localhost',
  'evil.example/localhost',
  'localhost\n',
])('%j does not', (host) => {
  expect(isLoopbackHost(host)).toBe(false);
});
