import { stripVTControlCharacters } from 'node:util';
import { pathGraph } from '@cartographer/engine';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import type { Flow } from './live-view.ts';
import { showFlows } from './screen.ts';

function flowOf(status: string, message = ''): Flow {
  const conditions = [{ type: 'Ready', status, reason: 'R', message }];
  const workload = { apiVersion: 'carto.run/v1alpha1', kind: 'Workload', metadata: { name: 'hello' } };
  return { key: 'default/hello', graph: pathGraph(undefined, { ...workload, status: { conditions } }) };
}

const flow = flowOf('Unknown', 'waiting for the build');
const ready = flowOf('True');

function scene(terminal: { isTTY?: boolean; columns?: number; rows?: number }) {
  const clock = createFakeClock();
  const flows: Flow[] = [flow];
  const urls = new Map<string, string>();
  const notes = new Map<string, string>();
  let change: () => void = () => undefined;
  let text = '';
  const hide = showFlows(
    {
      all: () => flows,
      urls: () => urls,
      notes: () => new Map(notes),
      onChange: (listener) => void (change = listener),
    },
    { ...terminal, write: (chunk: string) => (text += chunk) },
    clock,
  );
  return {
    clock,
    flows,
    urls,
    notes,
    hide,
    changed: () => change(),
    taken: () => {
      const all = text;
      text = '';
      return all;
    },
  };
}

describe('on a terminal', () => {
  it('the view is drawn at once, drawn over itself after a change, and never more often than ten times a second', async () => {
    const { clock, flows, changed, taken } = scene({ isTTY: true, columns: 80, rows: 24 });
    expect(stripVTControlCharacters(taken())).toContain('◐ default/hello');
    flows[0] = ready;
    for (let i = 0; i < 5; i += 1) changed();
    expect(taken()).toBe('');
    await clock.advance(100);
    const drawn = taken();
    expect(drawn.startsWith('\u001B[2A')).toBe(true);
    expect(stripVTControlCharacters(drawn)).toContain('● default/hello');
  });

  it('what does not fit is counted', () => {
    const { taken } = scene({ isTTY: true, columns: 80, rows: 2 });
    expect(stripVTControlCharacters(taken())).toContain('… 2 more lines');
  });
});

describe('elsewhere', () => {
  it('each change is one plain line with the time since the start', async () => {
    const { clock, flows, urls, notes, changed, taken, hide } = scene({});
    changed();
    expect(taken()).toBe('[0s] default/hello: waiting for the build\n');
    await clock.advance(3_000);
    flows[0] = ready;
    urls.set('default/hello', 'http://127.0.0.1:1');
    changed();
    changed();
    expect(taken()).toBe('[3s] default/hello: ready\n[3s] default/hello serves at http://127.0.0.1:1\n');
    notes.set('advisories', 'not read: half.json');
    changed();
    notes.clear();
    changed();
    expect(taken()).toBe(
      '[3s] ClusterVulnerabilitySource advisories: not read: half.json\n[3s] ClusterVulnerabilitySource advisories: read again\n',
    );
    hide();
    flows[0] = flow;
    changed();
    expect(taken()).toBe('');
  });
});
