import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { getPath, listAt } from '@cartographer/machinery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markProcess } from '../../keeper/process-record.ts';
import { type LaptopFixture, startLaptopFixture, until } from '../../testing/laptop.ts';
import { taskRunType } from '../kind/tekton-types.ts';
import { resultsOf, step, type TektonFixture, tektonFixture } from '../testing/runs.ts';

describe('a TaskRun', () => {
  let laptop: LaptopFixture;
  let tekton: TektonFixture;
  beforeAll(async () => {
    laptop = await startLaptopFixture();
    tekton = tektonFixture(laptop);
  });
  afterAll(() => laptop.close());
  const log = (run: string, name: string, pod = `${run}-pod`): Promise<string> =>
    readFile(join(laptop.dataDir, 'tekton/runs/default', run, 'logs', pod, `step-${name}.log`), 'utf8');
  const ended = (name: string) => tekton.endOf(taskRunType, name);

  it('runs its steps one after the other in a folder of their own, and hands on results', async () => {
    await tekton.taskRun('good', {
      params: [{ name: 'who', value: 'you' }],
      taskSpec: {
        params: [{ name: 'who' }, { name: 'how', default: 'hi' }, { name: 'list', default: ['a', 'b c'] }],
        results: [{ name: 'out' }, { name: 'all', type: 'array' }, { name: 'map', properties: { k: {} } }],
        steps: [
          step('first', 'pwd > where; echo "$(params.how) $(params.who)" > greeting'),
          {
            image: 'busybox',
            command: ['sh', '-c', 'printf "%s|" "$@" > list', 'x'],
            args: ['$(params.list[*])', '$(params.list[1])'],
          },
          step(
            'last',
            '#!/bin/sh\nprintf "$(cat greeting)" > $(results.out.path)\nprintf \'["x","y"]\' > $(results.all.path)\nprintf \'{"k":"v"}\' > $(results.map.path)\ncat list where',
          ),
        ],
      },
    });
    const run = await ended('good');
    expect(tekton.told(run)).toEqual({
      status: 'True',
      reason: 'Succeeded',
      message: 'All Steps have completed executing',
    });
    expect(resultsOf(run)).toEqual({ out: 'hi you', all: ['x', 'y'], map: { k: 'v' } });
    expect(await log('good', 'last')).toBe(`a|b c|b c|${laptop.dataDir}/tekton/runs/default/good/work/workspace\n`);
    expect(listAt(run['status'], 'steps').map((one) => getPath(one, 'name'))).toEqual(['first', 'unnamed-1', 'last']);
    expect(run.metadata.labels).toEqual({ 'app.kubernetes.io/managed-by': 'tekton-pipelines' });
    await until(async () => (await stat(join(laptop.dataDir, 'tekton/runs/default/good/work')).catch(() => 0)) === 0);
  });

  it('says which step failed, where, with its last lines, and runs none after it', async () => {
    const script = [
      'echo "not ok 1 - adds"',
      'echo "  at $(pwd)/test/sum.test.js:12:5"',
      'printf half > $(results.out.path)',
      'exit 3',
    ].join('\n');
    await tekton.taskRun('bad', {
      taskSpec: { results: [{ name: 'out' }], steps: [step('unit', script), step('never', 'touch never')] },
    });
    const run = await ended('bad');
    const { reason, message = '' } = tekton.told(run);
    expect(reason).toBe('Failed');
    expect(message).toMatch(
      /^"step-unit" exited with code 3: Error; at test\/sum\.test\.js:12; last lines: not ok 1 - adds.*; log: \/.*\/bad-pod\/step-unit\.log$/,
    );
    expect(resultsOf(run)).toEqual({ out: 'half' });
    expect(listAt(run['status'], 'steps').map((one) => getPath(one, 'terminationReason'))).toEqual([
      'Error',
      'Skipped',
    ]);
  });

  it('goes on after a step that may fail, and lets later ones see how it ended', async () => {
    await tekton.taskRun('goes-on', {
      taskSpec: {
        results: [{ name: 'code' }],
        steps: [
          step('may-fail', 'exit 7', { onError: 'continue' }),
          step('look', 'cp $(steps.step-may-fail.exitCode.path) $(results.code.path)'),
        ],
      },
    });
    const run = await ended('goes-on');
    expect(tekton.told(run)).toMatchObject({ status: 'True' });
    expect(resultsOf(run)).toEqual({ code: '7' });
    expect(getPath(listAt(run['status'], 'steps')[0], 'terminated', 'exitCode')).toBe(7);
    expect(getPath(listAt(run['status'], 'steps')[0], 'terminationReason')).toBe('Continued');
  });

  it('takes the spec and labels of a Task, and says when there is none', async () => {
    const labels = { team: 'a' };
    await tekton.task(
      'greet',
      { results: [{ name: 'out' }], steps: [step('say', 'printf hi > $(results.out.path)')] },
      { labels },
    );
    await tekton.taskRun('by-ref', { taskRef: { name: 'greet' } });
    const run = await ended('by-ref');
    expect(resultsOf(run)).toEqual({ out: 'hi' });
    expect(run.metadata.labels).toMatchObject({ team: 'a', 'tekton.dev/task': 'greet' });
    await tekton.taskRun('no-task', { taskRef: { name: 'absent' } });
    expect(tekton.told(await ended('no-task'))).toEqual({
      status: 'False',
      reason: 'TaskRunResolutionFailed',
      message: 'error when listing tasks for taskRun no-task: tasks.tekton.dev "absent" not found',
    });
  });

  it('gives its steps environment, working folders and workspaces', async () => {
    await laptop.client.create(
      { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true },
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { namespace: 'default', name: 'settings' },
        data: { level: 'deep' },
      },
    );
    await tekton.taskRun('places', {
      workspaces: [{ name: 'src', emptyDir: {}, subPath: 'in/side' }],
      taskSpec: {
        workspaces: [{ name: 'src' }, { name: 'extra', optional: true }],
        results: [{ name: 'out' }],
        stepTemplate: { env: [{ name: 'A', value: 'one' }] },
        steps: [
          step('write', 'printf "$A $B $LEVEL" > $(workspaces.src.path)/file', {
            env: [
              { name: 'B', value: '$(A)-two' },
              { name: 'LEVEL', valueFrom: { configMapKeyRef: { name: 'settings', key: 'level' } } },
            ],
          }),
          step('read', 'printf "$(cat file) $(workspaces.extra.bound)" > $(results.out.path)', {
            workingDir: '$(workspaces.src.path)',
          }),
        ],
      },
    });
    expect(resultsOf(await ended('places'))).toEqual({ out: 'one one-two deep false' });
  });

  it('tries again as often as it may, and keeps what became of each try', async () => {
    const counter = join(laptop.dataDir, 'tries');
    const script = `echo x >> ${counter}; echo try $(context.task.retry-count); test "$(wc -l < ${counter})" -ge 3`;
    await tekton.taskRun('again', { retries: 2, taskSpec: { steps: [step('try', script)] } });
    const run = await ended('again');
    expect(tekton.told(run)).toMatchObject({ status: 'True' });
    expect(listAt(run['status'], 'retriesStatus')).toHaveLength(2);
    expect(getPath(run['status'], 'podName')).toBe('again-pod-retry2');
    expect(await log('again', 'try', 'again-pod-retry2')).toBe('try 2\n');
    expect(await readFile(counter, 'utf8')).toBe('x\nx\nx\n');
  });

  it.each([
    ['cancelled', 'TaskRunCancelled', 'TaskRun "cancelled" was cancelled. enough'],
    ['late', 'TaskRunTimeout', 'TaskRun "late" failed to finish within "1s"'],
  ])('that is %s ends all of its processes', async (name, reason, message) => {
    const pids = join(laptop.dataDir, `${name}-pids`);
    // A child in the background, and a shell that does not listen.
    const script = `trap '' TERM\nsleep 300 &\necho $! >> ${pids}\necho $$ >> ${pids}\nwait\nsleep 300`;
    await tekton.taskRun(name, {
      taskSpec: { steps: [step('hang', script)] },
    });
    await until(async () => (await readFile(pids, 'utf8').catch(() => '')).split('\n').length === 3);
    // Told when it hangs for sure: on a busy machine it takes its time to begin.
    const spec = name === 'late' ? { timeout: '1s' } : { status: 'TaskRunCancelled', statusMessage: 'enough' };
    const key = { namespace: 'default', name };
    await laptop.client.patch(taskRunType, key, { kind: 'merge', body: { spec } });
    const run = await ended(name);
    expect(tekton.told(run)).toEqual({ status: 'False', reason, message });
    expect(getPath(listAt(run['status'], 'steps')[0], 'terminated', 'reason')).toBe(reason);
    for (const pid of (await readFile(pids, 'utf8')).trim().split('\n'))
      await until(() => markProcess(Number(pid)) === undefined);
  });

  it('ends a step that takes longer than it may', async () => {
    await tekton.taskRun('slow-step', { taskSpec: { steps: [step('slow', 'sleep 300', { timeout: '200ms' })] } });
    const { reason, message } = tekton.told(await ended('slow-step'));
    expect([reason, message]).toEqual([
      'Failed',
      expect.stringContaining('"step-slow" exited because the step exceeded the specified timeout limit; '),
    ]);
  });

  it.each<[string, object, string]>([
    ['sidecars', { taskSpec: { steps: [step('a', 'true')], sidecars: [{ name: 'db' }] } }, 'spec.taskSpec.sidecars'],
    ['volumes', { taskSpec: { steps: [step('a', 'true')], volumes: [{ name: 'v' }] } }, 'spec.taskSpec.volumes'],
    [
      'security',
      { taskSpec: { steps: [step('a', 'x', { securityContext: { runAsUser: 1 } })] } },
      'spec.taskSpec.steps[0].securityContext',
    ],
    [
      'mount',
      { taskSpec: { steps: [step('a', 'x', { volumeMounts: [{ name: 'v' }] })] } },
      'spec.taskSpec.steps[0].volumeMounts',
    ],
    ['action', { taskSpec: { steps: [{ name: 'a', ref: { name: 'x' } }] } }, 'spec.taskSpec.steps[0].ref'],
    ['resolver', { taskRef: { resolver: 'bundles' } }, 'spec.taskRef.resolver'],
    ['cluster-task', { taskRef: { name: 'x', kind: 'ClusterTask' } }, 'spec.taskRef.kind ClusterTask'],
    [
      'pod',
      { podTemplate: { hostNetwork: true }, taskSpec: { steps: [step('a', 'x')] } },
      'spec.podTemplate.hostNetwork',
    ],
    ['debug', { debug: { breakpoints: {} }, taskSpec: { steps: [step('a', 'x')] } }, 'spec.debug'],
    [
      'secret',
      { workspaces: [{ name: 'w', secret: { secretName: 's' } }], taskSpec: { steps: [step('a', 'x')] } },
      'spec.workspaces[0].secret',
    ],
    [
      'claim',
      { workspaces: [{ name: 'w', persistentVolumeClaim: { claimName: 'c' } }], taskSpec: { steps: [step('a', 'x')] } },
      'spec.workspaces[0].persistentVolumeClaim c',
    ],
    [
      'entrypoint',
      { taskSpec: { steps: [{ name: 'a', image: 'x' }] } },
      'spec.taskSpec.steps[0] has neither script nor command',
    ],
  ])('refuses what there is not without containers: %s', async (name, spec, message) => {
    await tekton.taskRun(`refused-${name}`, spec as never);
    expect(tekton.told(await ended(`refused-${name}`))).toEqual({
      status: 'False',
      reason: 'TaskRunValidationFailed',
      message: expect.stringContaining(message),
    });
  });

  it.each<[string, object, string]>([
    [
      'missing',
      { taskSpec: { params: [{ name: 'a' }, { name: 'b' }], steps: [step('a', 'x')] } },
      '[User error] invalid input params for task bad-missing: missing values for these params which have no default values: [a b]',
    ],
    [
      'mistyped',
      {
        params: [{ name: 'a', value: ['x'] }],
        taskSpec: { params: [{ name: 'a', type: 'string' }], steps: [step('a', 'x')] },
      },
      "[User error] invalid input params for task bad-mistyped: param types don't match the user-specified type: [a]",
    ],
    [
      'workspace',
      { taskSpec: { workspaces: [{ name: 'src' }], steps: [step('a', 'x')] } },
      '[User error] declared workspace "src" is required but has not been bound',
    ],
    [
      'result',
      {
        taskSpec: { results: [{ name: 'r', type: 'array' }], steps: [step('a', 'printf no-list > $(results.r.path)')] },
      },
      `[User error] Provided results don't match declared results; may be invalid JSON or missing result declaration:  "r": task result is expected to be "array" type but was initialized to a different type "string"`,
    ],
  ])('says in the words of Tekton what does not fit: %s', async (name, spec, message) => {
    await tekton.taskRun(`bad-${name}`, spec as never);
    expect(tekton.told(await ended(`bad-${name}`))).toEqual({
      status: 'False',
      reason: 'TaskRunValidationFailed',
      message,
    });
  });

  it('names a program that is missing, a folder that only a container has, and results without room', async () => {
    await tekton.taskRun('no-program', { taskSpec: { steps: [step('a', '#!/no/such/shell\n')] } });
    expect(tekton.told(await ended('no-program')).message).toContain('/no/such/shell not found; install it');
    await tekton.taskRun('no-folder', { taskSpec: { steps: [step('a', 'true', { workingDir: '/opt/app' })] } });
    expect(tekton.told(await ended('no-folder')).message).toContain('workingDir /opt/app is outside of');
    const script = 'head -c 5000 /dev/zero | tr "\\0" x > $(results.r.path)';
    await tekton.taskRun('no-room', { taskSpec: { results: [{ name: 'r' }], steps: [step('a', script)] } });
    expect(tekton.told(await ended('no-room')).message).toContain('there is room for 4096');
  });

  it('says once that images are not used', async () => {
    const events = await laptop.client.list(
      { group: '', version: 'v1', kind: 'Event', resource: 'events', namespaced: true },
      { namespace: 'default' },
    );
    const about = (name: string) =>
      events.items.filter(
        (event) => getPath(event, 'involvedObject', 'name') === name && event['reason'] === 'ImageNotUsed',
      );
    expect(about('good').map((event) => [event['message'], event['count'] ?? 1])).toEqual([
      ['busybox: images are not used on the laptop; steps run with the programs of this machine', 1],
    ]);
    expect(about('again')).toHaveLength(1);
  });

  it('is not started again after a restart: what has ended is reported, what was interrupted fails', async () => {
    const [count, pid] = [join(laptop.dataDir, 'count'), join(laptop.dataDir, 'interrupted-pid')];
    const script = `echo run >> ${count}; echo $$ > ${pid}; exec sleep 300`;
    await tekton.taskRun('interrupted', {
      taskSpec: { steps: [step('long', script), step('never', `echo never >> ${count}`)] },
    });
    await until(async () => (await readFile(pid, 'utf8').catch(() => '')) !== '');
    const before = await laptop.client.get(taskRunType, { namespace: 'default', name: 'good' });
    await laptop.restart();
    const run = await ended('interrupted');
    expect(tekton.told(run)).toMatchObject({
      reason: 'Failed',
      message: expect.stringMatching(/^"step-long" was interrupted: .* it is not started again/),
    });
    expect(await readFile(count, 'utf8')).toBe('run\n');
    const after = await laptop.client.get(taskRunType, { namespace: 'default', name: 'good' });
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });

  it('that is deleted ends its processes and takes its logs with it', async () => {
    const pid = join(laptop.dataDir, 'deleted-pid');
    await tekton.taskRun('deleted', { taskSpec: { steps: [step('a', `echo $$ > ${pid}; exec sleep 300`)] } });
    await until(async () => (await readFile(pid, 'utf8').catch(() => '')) !== '');
    await laptop.client.delete(taskRunType, { namespace: 'default', name: 'deleted' });
    await until(async () => markProcess(Number(await readFile(pid, 'utf8'))) === undefined);
    await until(async () => (await stat(join(laptop.dataDir, 'tekton/runs/default/deleted')).catch(() => 0)) === 0);
  });
});
