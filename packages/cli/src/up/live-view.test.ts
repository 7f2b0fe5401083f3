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
const notes = new Map<string, string>();
const nowMs = Date.parse('2026-01-01T00:03:00Z');

describe('the live view', () => {
  it('shows owner, address, steps with age and value, and why it is not ready', () => {
    const urls = new Map([['default/hello', 'http://127.0.0.1:8123']]);
    expect(viewLines({ flows: [flow], urls, notes, nowMs }, 80).map(stripVTControlCharacters)).toEqual([
      '○ default/hello  web-app  http://127.0.0.1:8123',
      '  ● source         3m  main@sha1:6625bbccba84',
      '  ○ image              waiting to read value',
      '  waiting to read value [.status.latestImage]',
    ]);
  });

  it.each([10, 20, 40])('is never wider than a terminal of %d columns', (width) => {
    for (const line of viewLines({ flows: [flow], urls: new Map(), notes, nowMs }, width)) {
      expect(stripVTControlCharacters(line).length).toBeLessThanOrEqual(width);
    }
  });

  it('shows the whole of why an owner is refused, on as many lines as it needs', () => {
    const message =
      'refused by ClusterScanPolicy web-gate: 1 High (CVE-2026-1 in a 1.0.0, fixed in 1.0.1); opens with a 1.0.1';
    const refused: Flow = { ...flow, state: 'refused', message, steps: [] };
    const lines = viewLines({ flows: [refused], urls: new Map(), notes, nowMs }, 50).map(stripVTControlCharacters);
    expect(lines.slice(1)).toEqual([
      '  refused by ClusterScanPolicy web-gate: 1 High',
      '  (CVE-2026-1 in a 1.0.0, fixed in 1.0.1); opens',
      '  with a 1.0.1',
    ]);
    const endless: Flow = { ...refused, message: 'word '.repeat(200) };
    const cut = viewLines({ flows: [endless], urls: new Map(), notes, nowMs }, 50);
    expect(cut).toHaveLength(7);
    expect(cut.at(-1)).toHaveLength(50);
  });

  it('says of a step that is not ready why, and not what it gave before', () => {
    const step = {
      name: 'conventions',
      state: 'waiting',
      value: 'spec: {}',
      since: undefined,
      message: 'waits for scan',
    };
    const held: Flow = { ...flow, steps: [step as Flow['steps'][number]] };
    expect(viewLines({ flows: [held], urls: new Map(), notes, nowMs }, 80)[1]).toContain('waits for scan');
  });

  it('says what is wrong with a source of advisories', () => {
    const wrong = new Map([['advisories', 'not read: half.json is cut off']]);
    const lines = viewLines({ flows: [flow], urls: new Map(), notes: wrong, nowMs }, 80);
    expect(lines.at(-1)).toBe('  ClusterVulnerabilitySource advisories: not read: half.json is cut off');
  });

  it('says what to do when there is nothing to show', () => {
    expect(viewLines({ flows: [], urls: new Map(), notes, nowMs }, 80)).toEqual([
      'no workloads yet: kubectl apply one',
    ]);
  });
});

describe('lines about changes', () => {
  it('tell every step at first and only what changed afterwards', () => {
    expect(changeLines(undefined, flow)).toHaveLength(3);
    expect(changeLines(flow, flow)).toEqual([]);
    const ready: Flow = { ...flow, state: 'ready', message: '' };
    expect(changeLines(flow, ready)).toEqual(['default/hello: ready']);
  });

  it('do not say a state twice', () => {
    expect(changeLines(undefined, flow).slice(1)).toEqual([
      'default/hello image: waiting to read value',
      'default/hello: waiting to read value [.status.latestImage]',
    ]);
    const held: Flow = { ...flow, steps: [], state: 'failed', message: 'the build ended with 1' };
    expect(changeLines(undefined, held)).toEqual(['default/hello: failed: the build ended with 1']);
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
