import { stripVTControlCharacters } from 'node:util';
import { pathGraph } from '@cartographer/engine';
import type { JsonObject } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { changeLines, type Flow, noteOf, viewLines } from './live-view.ts';

const at = '2026-01-01T00:00:00Z';

const condition = (type: string, status: string, message = '', reason = 'R'): JsonObject => {
  return { type, status, message, reason, lastTransitionTime: at };
};

function flowOf(status: JsonObject): Flow {
  const workload = { apiVersion: 'carto.run/v1alpha1', kind: 'Workload', metadata: { name: 'hello' }, status };
  return { key: 'default/hello', graph: pathGraph(undefined, workload) };
}

const READING = 'waiting to read value [.status.latestImage]';
const revision = { name: 'revision', preview: `main@sha1:${'6625bbccba84'.repeat(4)}\n`, lastTransitionTime: at };
const reading = condition('ResourceSubmitted', 'Unknown', READING, 'MissingValueAtPath');
const status = {
  supplyChainRef: { name: 'web-app' },
  conditions: [condition('Ready', 'Unknown', READING)],
  resources: [
    { name: 'source', outputs: [revision], conditions: [condition('Ready', 'True')] },
    { name: 'image', conditions: [reading] },
  ],
};
const flow = flowOf(status);
const HELD = 'waits for step [scan], which is refused: 1 High';
const failed = (message: string): Flow => flowOf({ conditions: [condition('Ready', 'False', message)] });
const notes = new Map<string, string>();
const nowMs = Date.parse('2026-01-01T00:03:00Z');

describe('the live view', () => {
  it('shows owner, address, steps with age and value, and why it is not ready', () => {
    const urls = new Map([['default/hello', 'http://127.0.0.1:8123']]);
    expect(viewLines({ flows: [flow], urls, notes, nowMs }, 80).map(stripVTControlCharacters)).toEqual([
      '◐ default/hello  web-app  http://127.0.0.1:8123',
      '  ● source         3m  main@sha1:6625bbccba84',
      '  ◐ image          3m  waiting to read value [.status.latestImage]',
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
    const refused = failed(message);
    const lines = viewLines({ flows: [refused], urls: new Map(), notes, nowMs }, 50).map(stripVTControlCharacters);
    expect(lines.slice(1)).toEqual([
      '  refused by ClusterScanPolicy web-gate: 1 High',
      '  (CVE-2026-1 in a 1.0.0, fixed in 1.0.1); opens',
      '  with a 1.0.1',
    ]);
    const endless = failed('word '.repeat(200));
    const cut = viewLines({ flows: [endless], urls: new Map(), notes, nowMs }, 50);
    expect(cut).toHaveLength(7);
    expect(cut.at(-1)).toHaveLength(50);
  });

  it('says of a step that is not ready why, and not what it gave before', () => {
    const submitted = condition('ResourceSubmitted', 'Unknown', HELD, 'WaitingForInput');
    const held = { name: 'app', outputs: [revision], conditions: [submitted] };
    const scan = { name: 'scan', conditions: [condition('ResourceSubmitted', 'False', '1 High', 'StepRefused')] };
    const lines = viewLines({ flows: [flowOf({ resources: [scan, held] })], urls: new Map(), notes, nowMs }, 80);
    expect(lines.slice(1, 3).map(stripVTControlCharacters)).toEqual([
      '  ⊘ scan           3m  1 High',
      '  ○ app            3m  waits for step [scan], which is refused',
    ]);
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
    const conditions = [condition('Ready', 'True')];
    const ready = flowOf({ ...status, conditions, resources: status.resources.slice(0, 1) });
    expect(changeLines(flow, ready)).toEqual(['default/hello: ready']);
  });

  it('do not say a state twice', () => {
    expect(changeLines(undefined, flow).slice(1)).toEqual([
      'default/hello image: waiting to read value [.status.latestImage]',
      'default/hello: waiting to read value [.status.latestImage]',
    ]);
    expect(changeLines(undefined, failed('the build ended with 1'))).toEqual([
      'default/hello: failed: the build ended with 1',
    ]);
  });
});

it.each([
  [undefined, undefined],
  ['odd', undefined],
  [{ conditions: [condition('Fetched', 'True')] }, undefined],
  [{ conditions: [condition('Fetched', 'True', 'not read: a.json')] }, 'not read: a.json'],
  [{ conditions: [condition('Fetched', 'False', 'the folder is gone')] }, 'the folder is gone'],
])('the note of a source with status %j is %j', (found, note) => {
  const source = { apiVersion: 'v1', kind: 'Source', metadata: { name: 's' } };
  expect(noteOf({ ...source, ...(found === undefined ? {} : { status: found }) })).toBe(note);
});
