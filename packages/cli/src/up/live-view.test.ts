import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Flow } from './flow.ts';
import { ageText, changeLines, viewLines } from './live-view.ts';

const flow: Flow = {
  key: 'default/hello',
  blueprint: 'web-app',
  state: 'waiting',
  message: 'waiting to read value [.status.latestImage]',
  steps: [
    { name: 'source', state: 'ready', value: 'main@sha1:6625bbccba84', since: '2026-01-01T00:00:00Z', message: '' },
    { name: 'image', state: 'waiting', value: '', since: undefined, message: 'waiting to read value' },
  ],
};
const nowMs = Date.parse('2026-01-01T00:03:00Z');

describe('the live view', () => {
  it('shows owner, address, steps with age and value, and why it is not ready', () => {
    const urls = new Map([['default/hello', 'http://127.0.0.1:8123']]);
    expect(viewLines({ flows: [flow], urls, nowMs }, 80).map(stripVTControlCharacters)).toEqual([
      '○ default/hello  web-app  http://127.0.0.1:8123',
      '  ● source         3m  main@sha1:6625bbccba84',
      '  ○ image              waiting to read value',
      '  waiting to read value [.status.latestImage]',
    ]);
  });

  it.each([10, 20, 40])('is never wider than a terminal of %d columns', (width) => {
    for (const line of viewLines({ flows: [flow], urls: new Map(), nowMs }, width)) {
      expect(stripVTControlCharacters(line).length).toBeLessThanOrEqual(width);
    }
  });

  it('says what to do when there is nothing to show', () => {
    expect(viewLines({ flows: [], urls: new Map(), nowMs }, 80)).toEqual(['no workloads yet: kubectl apply one']);
  });
});

describe('lines about changes', () => {
  it('tell every step at first and only what changed afterwards', () => {
    expect(changeLines(undefined, flow)).toHaveLength(3);
    expect(changeLines(flow, flow)).toEqual([]);
    const ready: Flow = { ...flow, state: 'ready', message: '' };
    expect(changeLines(flow, ready)).toEqual(['default/hello: ready']);
  });
});

describe('an age', () => {
  it.each([
    [-5, '0s'],
    [119_000, '119s'],
    [120_000, '2m'],
    [7_200_000, '2h'],
    [172_800_000, '2d'],
  ])('of %d ms reads %s', (ms, text) => expect(ageText(ms)).toBe(text));
});
