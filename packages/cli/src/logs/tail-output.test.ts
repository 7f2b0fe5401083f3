import { failure } from '@cartographer/machinery';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXIT } from '../frame/exit-codes.ts';
import { type LogStage, startLogStage } from './testing/log-stage.ts';
import { at, ended, podYaml, running, WORKLOAD, waiting } from './testing/pods.ts';

let stage: LogStage;
beforeEach(async () => {
  stage = await startLogStage();
  await stage.make(WORKLOAD);
});
afterEach(() => stage.close());

const KEY = 'default/shop-test-pod/main';

async function testPod(states = ended('main'), initStates = ''): Promise<void> {
  await stage.make(podYaml({ name: 'shop-test-pod', step: 'test', states, initStates }));
}

async function carto(
  args: string,
  options?: Parameters<LogStage['carto']>[1],
): Promise<{ out: string; err: string; code: number }> {
  const { terminal, ended: end } = stage.carto(args, options);
  await end;
  return { out: terminal.written(), err: terminal.told(), code: terminal.exitCode };
}

describe('the output of carto tail', () => {
  it('makes escapes visible, and lets them through with --raw', async () => {
    await testPod();
    stage.kubelet.write(KEY, at(1), '\u001B[31mred\u001B[0m \u202Eevil');
    expect((await carto('tail shop --no-follow')).out).toBe(
      'test shop-test-pod[main] \\x1b[31mred\\x1b[0m \\u202eevil\n',
    );
    expect((await carto('tail shop --no-follow --raw')).out).toContain('\u001B[31mred\u001B[0m');
  });

  it('has the time of each line with --timestamps, and is JSON with -o ndjson', async () => {
    await testPod();
    stage.kubelet.write(KEY, at(1), 'one');
    expect((await carto('tail shop --no-follow -t')).out).toBe(`test shop-test-pod[main] ${at(1)} one\n`);
    const { out } = await carto('tail shop --no-follow -o ndjson');
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([{ time: at(1), step: 'test', pod: 'shop-test-pod', container: 'main', message: 'one' }]);
  });

  it.each([80, 120])('has a colour for each container, the same each time, at %i columns', async (columns) => {
    await testPod([ended('main'), ended('helper')].join(), ended('prepare'));
    await stage.make(podYaml({ name: 'shop-1-x', step: 'app', states: ended('main') }));
    const long =
      'a line that is longer than the terminal is wide, and is not cut, since it may be what is looked for in it';
    for (const key of ['shop-test-pod/prepare', 'shop-test-pod/main', 'shop-test-pod/helper', 'shop-1-x/main']) {
      stage.kubelet.write(`default/${key}`, at(1), long);
    }
    const coloured = await carto('tail shop --no-follow -t', { columns, colour: true });
    await expect(coloured.out).toMatchFileSnapshot(`testing/screens/tail-${columns}-colour.txt`);
    const bare = await carto('tail shop --no-follow -t', { columns });
    await expect(bare.out).toMatchFileSnapshot(`testing/screens/tail-${columns}.txt`);
    expect(coloured.out.replaceAll(/\u001B\[\d+m/g, '')).toBe(bare.out); // oxlint-disable-line no-control-regex -- colours
  });

  it('begins with the last lines of each log, with all of them by --lines all, or with those of a time by --since', async () => {
    await testPod();
    const now = Date.now();
    const timeOf = (line: number): string => new Date(now - (150 - line) * 60_000).toISOString();
    for (let line = 0; line < 150; line += 1) stage.kubelet.write(KEY, timeOf(line), `${line}`);
    const count = async (flags: string): Promise<number> =>
      (await carto(`tail shop --no-follow ${flags}`)).out.trimEnd().split('\n').length;
    expect(await count('')).toBe(100);
    expect(await count('--lines 7')).toBe(7);
    expect(await count('--lines all')).toBe(150);
    expect(await count('--since 10m30s')).toBe(10);
    expect(await count('--since 10m30s --lines 3')).toBe(3);
  });

  it('is of one step or container where one is named', async () => {
    await testPod([ended('main'), ended('helper')].join());
    await stage.make(podYaml({ name: 'shop-1-x', step: 'app', states: ended('main') }));
    for (const key of ['shop-test-pod/main', 'shop-test-pod/helper', 'shop-1-x/main']) {
      stage.kubelet.write(`default/${key}`, at(1), 'x');
    }
    expect((await carto('tail shop --no-follow --step te')).out).toBe(
      'test shop-test-pod[main] x\ntest shop-test-pod[helper] x\n',
    );
    expect((await carto('tail shop --no-follow --container helper')).out).toBe('test shop-test-pod[helper] x\n');
    expect(await carto('tail shop --step build')).toMatchObject({
      code: EXIT.notFound,
      err: 'carto: there is no step "build": its steps are test, app\n',
    });
  });

  it('is of the run before with --previous, or of the start before where there is one run', async () => {
    const owner = (name: string): string =>
      `{apiVersion: tekton.dev/v1, kind: TaskRun, name: ${name}, uid: ${name}, controller: true}`;
    for (const name of ['shop-run-1', 'shop-run-2']) {
      await stage.make(
        podYaml({ name: `${name}-pod`, step: 'test', owner: owner(name), phase: 'Succeeded', states: ended('main') }),
      );
      stage.kubelet.write(`default/${name}-pod/main`, at(1), name);
    }
    await stage.make(podYaml({ name: 'shop-1-x', step: 'app', states: running('main', 2) }));
    stage.kubelet.write('default/shop-1-x/main', at(1), 'crashed');
    stage.kubelet.restart('default/shop-1-x/main');
    stage.kubelet.write('default/shop-1-x/main', at(2), 'runs');
    expect((await carto('tail shop --no-follow')).out).toBe(
      'test shop-run-2-pod[main] shop-run-2\napp shop-1-x[main] runs\n',
    );
    expect((await carto('tail shop -p')).out).toBe(
      'test shop-run-1-pod[main] shop-run-1\napp shop-1-x[main] crashed\n',
    );
  });

  it('says once why a log is not there, and goes on with the others', async () => {
    await testPod([waiting('main', 'ImagePullBackOff', 'no such image'), ended('helper')].join());
    stage.kubelet.write('default/shop-test-pod/helper', at(1), 'there');
    const { terminal, interrupt } = stage.carto('tail shop');
    await expect.poll(() => terminal.written(), { timeout: 20_000 }).toBe('test shop-test-pod[helper] there\n');
    await stage.make(podYaml({ name: 'shop-1-x', step: 'app', states: ended('main') }));
    stage.kubelet.write('default/shop-1-x/main', at(1), 'later');
    await expect.poll(() => terminal.written(), { timeout: 20_000 }).toContain('later');
    await interrupt();
    expect(terminal.told()).toBe('test shop-test-pod[main] waits: ImagePullBackOff: no such image\n');
  });

  it('says once that logs may not be read', async () => {
    stage.refusal = {
      ...failure(403, 'Forbidden', 'pods "x" is forbidden: User "dev" cannot get resource "pods/log"'),
    };
    await testPod([ended('main'), ended('helper')].join());
    const { out, err, code } = await carto('tail shop --no-follow');
    expect(out).toBe('');
    expect(err).toBe('you may not read logs in default: ask for the right to get pods/log\n');
    expect(code).toBe(EXIT.failed);
  });

  it('has no log to show: no such owner, none yet, none before, a wrong flag', async () => {
    expect(await carto('tail shopp')).toMatchObject({
      code: EXIT.notFound,
      err: expect.stringContaining('"shopp" not found'),
    });
    expect(await carto('tail shop --no-follow')).toMatchObject({
      code: EXIT.notFound,
      err: expect.stringContaining('has no log yet'),
    });
    expect(await carto('tail shop -p')).toMatchObject({
      code: EXIT.notFound,
      err: expect.stringContaining('no log of a run'),
    });
    expect(await carto('tail runnable/x --step y')).toMatchObject({ code: EXIT.notFound });
    expect(await carto('tail shop --lines none')).toMatchObject({
      code: EXIT.failed,
      err: expect.stringContaining('or all'),
    });
  });
});
