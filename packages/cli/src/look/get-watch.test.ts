import { carto } from '@cartographer/api';
import { lists, watches } from '@cartographer/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXIT } from '../frame/exit-codes.ts';
import { type OwnerStage, startOwnerStage, stepStatus, workloadYaml } from './testing/owner-stage.ts';

let stage: OwnerStage;
beforeEach(async () => {
  stage = await startOwnerStage();
  await stage.apply(workloadYaml('shop'));
});
afterEach(() => stage.close());

const HIDDEN = '\u001B[?25l\u001B[?7l';
const RESTORED = '\u001B[?7h\u001B[?25h';

describe('workload get --watch', () => {
  it('draws in place what changes, and leaves the terminal as it was by Ctrl-C', async () => {
    const { terminal, interrupt, ended } = stage.begin(['workload', 'get', 'shop', '--watch'], { columns: 80 });
    await stage.clock.advanceUntil(() => terminal.written().includes('not looked at yet'));
    await stage.says('shop', {
      ready: 'Unknown',
      resources: [stepStatus('source', 'Unknown', { message: 'no commit yet' })],
    });
    await stage.clock.advanceUntil(() => terminal.written().includes('no commit yet'));
    expect(terminal.written().startsWith(HIDDEN)).toBe(true);
    expect(terminal.written()).not.toContain(RESTORED);
    interrupt.abort();
    const { exitCode, written } = await ended();
    expect(exitCode).toBe(EXIT.interrupted);
    expect(written().endsWith(RESTORED)).toBe(true);
    expect(written().split('A\u001B[2KOverview').length).toBeGreaterThan(1);
  });

  it('asks nothing of the server while nothing happens, though ages go on', async () => {
    const { terminal, interrupt, ended } = stage.begin(['workload', 'get', 'shop', '--watch'], { columns: 80 });
    await stage.clock.advanceUntil(() => terminal.written().includes('not looked at yet'));
    await stage.clock.advance(5_000);
    const [asked, drawn] = [stage.transport.requests.length, terminal.written().length];
    await stage.clock.advance(20_000);
    expect(stage.transport.requests.slice(asked).filter((request) => !watches(request))).toEqual([]);
    expect(terminal.written().length).toBeGreaterThan(drawn);
    interrupt.abort();
    await ended();
  });

  it('prints each screen that differs below the other without a terminal', async () => {
    const { terminal, interrupt, ended } = stage.begin(['workload', 'get', 'shop', '--watch']);
    await stage.clock.advanceUntil(() => terminal.written().includes('not looked at yet'));
    await stage.says('shop', { ready: 'True' });
    await stage.clock.advanceUntil(() => terminal.written().includes('● ready'));
    interrupt.abort();
    const { written } = await ended();
    expect(written()).not.toContain('\u001B');
    expect(written().split('Overview').length).toBe(3);
  });

  it('ends with 3 when the owner is deleted, the terminal restored', async () => {
    const { terminal, ended } = stage.begin(['workload', 'get', 'shop', '--watch'], { columns: 80 });
    await stage.clock.advanceUntil(() => terminal.written().includes('not looked at yet'));
    await stage.client.delete(carto.kinds.Workload, { namespace: 'team', name: 'shop' });
    await stage.clock.advance(1_000);
    const { told, written, exitCode } = await ended();
    expect(told()).toBe('carto: workload team/shop was deleted\n');
    expect(exitCode).toBe(EXIT.notFound);
    expect(written().endsWith(RESTORED)).toBe(true);
  });
});

describe('workload get by somebody with few rights', () => {
  it('shows the rest, and names what may not be read', async () => {
    const forbidden = { kind: 'status', code: 403, reason: 'Forbidden', message: 'pods is forbidden' } as const;
    stage.transport.inject({
      when: (request) => lists(request) && request.path.endsWith('/pods'),
      times: 9,
      fault: forbidden,
    });
    const { written, exitCode } = await stage.begin(['workload', 'get', 'shop']).ended();
    expect(written()).toContain('Not shown\n   pods: may not be read by you; ask for "list" on them\n');
    expect(exitCode).toBe(EXIT.done);
  });
});

describe('texts of a cluster', () => {
  it('cannot redraw the terminal', async () => {
    const evil = 'a\u001B[2Jb\u0007c\u202Ed';
    const step = stepStatus(evil, 'False', { reason: 'Bad', message: evil, output: ['image', evil] });
    await stage.says('shop', { ready: 'False', message: evil, resources: [step] });
    for (const argv of [
      ['workload', 'get', 'shop'],
      ['workload', 'get', 'shop', '--tree'],
      ['workload', 'list', '-o', 'wide'],
    ]) {
      const { written } = await stage.begin(argv, { columns: 120 }).ended();
      expect(written()).toContain('a\\x1b[2Jb\\x07c\\u202ed');
      expect(['\u001B', '\u0007', '\u202E'].filter((sign) => written().includes(sign))).toEqual([]);
    }
  });
});
