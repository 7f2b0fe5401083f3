import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getPath, type JsonObject, type KubeObject, listAt, textAt } from '@cartographer/machinery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markProcess } from '../../keeper/process-record.ts';
import { type LaptopFixture, startLaptopFixture, until } from '../../testing/laptop.ts';
import { pipelineRunType, taskRunType } from '../kind/tekton-types.ts';
import { resultsOf, step, type TektonFixture, tektonFixture } from '../testing/runs.ts';

/** A task that gives out a text. */
function says(name: string, text: string, more: JsonObject = {}): JsonObject {
  return {
    name,
    taskSpec: { results: [{ name: 'out' }], steps: [step('s', `printf "${text}" > $(results.out.path)`)] },
    ...more,
  };
}

describe('a PipelineRun', () => {
  let laptop: LaptopFixture;
  let tekton: TektonFixture;
  beforeAll(async () => {
    laptop = await startLaptopFixture();
    tekton = tektonFixture(laptop);
  });
  afterAll(() => laptop.close());
  const run = async (name: string, pipelineSpec: JsonObject, more: JsonObject = {}): Promise<KubeObject> => {
    await tekton.pipelineRun(name, { pipelineSpec, ...more });
    return tekton.endOf(pipelineRunType, name);
  };
  const children = ({ status }: KubeObject): readonly string[] =>
    listAt(status, 'childReferences').map((item) => textAt(item, 'pipelineTaskName'));
  const skipped = ({ status }: KubeObject): readonly (readonly string[])[] =>
    listAt(status, 'skippedTasks').map((item) => [textAt(item, 'name'), textAt(item, 'reason')]);

  it('hands results from task to task, by text, list and object, in the order of their needs', async () => {
    const object = await run(
      'results',
      {
        params: [{ name: 'greeting', default: 'hi' }],
        results: [
          { name: 'all', value: '$(tasks.join.results.out) of $(tasks.make.results.map.k)' },
          { name: 'list', value: '$(tasks.make.results.list[*])' },
        ],
        tasks: [
          {
            name: 'join',
            params: [
              { name: 'items', value: ['$(tasks.make.results.list[*])'] },
              { name: 'one', value: '$(tasks.make.results.list[1])' },
            ],
            taskSpec: {
              params: [{ name: 'items', type: 'array' }, { name: 'one' }],
              results: [{ name: 'out' }],
              steps: [
                {
                  image: 'x',
                  script: 'printf "$(params.greeting) $* $(params.one)" > $(results.out.path)',
                  args: ['$(params.items[*])'],
                },
              ],
            },
          },
          {
            name: 'make',
            taskSpec: {
              results: [
                { name: 'list', type: 'array' },
                { name: 'map', type: 'object', properties: { k: {} } },
              ],
              steps: [step('s', `printf '["a","b"]' > $(results.list.path); printf '{"k":"v"}' > $(results.map.path)`)],
            },
          },
        ],
      },
      { params: [{ name: 'greeting', value: 'hello' }] },
    );
    expect(tekton.told(object)).toEqual({
      status: 'True',
      reason: 'Succeeded',
      message: 'Tasks Completed: 2 (Failed: 0, Cancelled 0), Skipped: 0',
    });
    expect(resultsOf(object)).toEqual({ all: 'hello a b b of v', list: ['a', 'b'] });
    // As they stand in the pipeline, as Tekton lists them.
    expect(children(object)).toEqual(['join', 'make']);
  });

  it('waits with runAfter, and shares a claimed volume between its tasks', async () => {
    const workspaces = [{ name: 'src', workspace: 'shared' }];
    const task = (name: string, script: string, more: JsonObject = {}): JsonObject => ({
      name,
      workspaces,
      taskSpec: { workspaces: [{ name: 'src' }], results: [{ name: 'out' }], steps: [step('s', script)] },
      ...more,
    });
    const object = await run(
      'volume',
      {
        workspaces: [{ name: 'shared' }],
        results: [{ name: 'out', value: '$(tasks.read.results.out)' }],
        tasks: [
          task('read', 'cat $(workspaces.src.path)/file > $(results.out.path)', { runAfter: ['write'] }),
          task('write', 'printf shared > $(workspaces.src.path)/file'),
        ],
      },
      { workspaces: [{ name: 'shared', volumeClaimTemplate: { spec: {} } }] },
    );
    expect(resultsOf(object)).toEqual({ out: 'shared' });
    const folder = join(laptop.dataDir, 'tekton/pipelines/default/volume');
    expect((await stat(folder)).isDirectory()).toBe(true);
    await laptop.client.delete(pipelineRunType, { namespace: 'default', name: 'volume' });
    await until(async () => (await stat(folder).catch(() => 0)) === 0);
  });

  it('skips what its guards do not let run, and what comes after it by results', async () => {
    const object = await run('guards', {
      params: [{ name: 'envs', type: 'array', default: ['dev', 'test'] }],
      tasks: [
        says('look', 'prod'),
        says('dev', 'x', {
          when: [{ input: '$(tasks.look.results.out)', operator: 'in', values: ['$(params.envs[*])'] }],
        }),
        says('prod', 'x', {
          when: [{ input: '$(tasks.look.results.out)', operator: 'notin', values: ['$(params.envs[*])'] }],
        }),
        says('after-dev', 'x', { runAfter: ['dev'] }),
        says('needs-dev', 'x', { params: [{ name: 'p', value: '$(tasks.dev.results.out)' }] }),
      ],
    });
    expect(tekton.told(object)).toEqual({
      status: 'True',
      reason: 'Completed',
      message: 'Tasks Completed: 3 (Failed: 0, Cancelled 0), Skipped: 2',
    });
    expect(skipped(object)).toEqual([
      ['dev', 'When Expressions evaluated to false'],
      ['needs-dev', 'Results were missing'],
    ]);
    expect(children(object).toSorted()).toEqual(['after-dev', 'look', 'prod']);
  });

  it('stops at a failing task, says which and what it said, and runs finally with how it ended', async () => {
    const object = await run('fails', {
      results: [{ name: 'told', value: '$(finally.tell.results.out)' }],
      tasks: [
        { name: 'unit', taskSpec: { steps: [step('test', 'echo "Error: lost at src/sum.js:3:1"; exit 2')] } },
        says('never', 'x', { runAfter: ['unit'] }),
      ],
      finally: [
        {
          name: 'tell',
          params: [{ name: 's', value: '$(tasks.unit.status) $(tasks.unit.reason) $(tasks.status)' }],
          taskSpec: {
            params: [{ name: 's' }],
            results: [{ name: 'out' }],
            steps: [step('s', 'printf "$(params.s)" > $(results.out.path)')],
          },
        },
        says('quiet', 'x', { when: [{ input: '$(tasks.status)', operator: 'in', values: ['Succeeded'] }] }),
      ],
    });
    const { reason, message = '' } = tekton.told(object);
    expect(reason).toBe('Failed');
    expect(message).toMatch(
      /^Tasks Completed: 2 \(Failed: 1, Cancelled 0\), Skipped: 2; unit: "step-test" exited with code 2: Error; at src\/sum\.js:3; last lines: Error: lost/,
    );
    expect(skipped(object)).toEqual([
      ['never', 'PipelineRun was stopping'],
      ['quiet', 'When Expressions evaluated to false'],
    ]);
    expect(resultsOf(object)).toEqual({ told: 'Failed Failed Failed' });
    expect(getPath(object['status'], 'finallyStartTime')).toEqual(expect.any(String));
  });

  it('lets a task fail that may, and tries again one that may be tried again', async () => {
    const counter = join(laptop.dataDir, 'pipeline-tries');
    const object = await run('lenient', {
      tasks: [
        { name: 'may-fail', onError: 'continue', taskSpec: { steps: [step('s', 'exit 1')] } },
        {
          name: 'flaky',
          retries: 1,
          taskSpec: { steps: [step('s', `echo x >> ${counter}; test "$(wc -l < ${counter})" -ge 2`)] },
        },
      ],
    });
    expect(tekton.told(object)).toEqual({
      status: 'True',
      reason: 'Succeeded',
      message: 'Tasks Completed: 2 (Failed: 1 (Ignored: 1), Cancelled 0), Skipped: 0',
    });
    expect(tekton.told(await tekton.endOf(taskRunType, 'lenient-may-fail')).reason).toBe('FailureIgnored');
    expect(await readFile(counter, 'utf8')).toBe('x\nx\n');
  });

  it.each<[string, string, string, JsonObject, string, string]>([
    [
      'cancel',
      'Cancelled',
      'PipelineRun "cancel" was cancelled',
      { status: 'Cancelled' },
      '',
      'TaskRun cancelled as the PipelineRun it belongs to has been cancelled.',
    ],
    [
      'graceful',
      'Cancelled',
      'PipelineRun "graceful" was cancelled',
      { status: 'CancelledRunFinally' },
      'last',
      'TaskRun cancelled as the PipelineRun it belongs to has been cancelled.',
    ],
    [
      'too-late',
      'PipelineRunTimeout',
      'PipelineRun "too-late" failed to finish within "1s"',
      { timeouts: { pipeline: '1s' } },
      '',
      'TaskRun cancelled as the PipelineRun it belongs to has timed out.',
    ],
    [
      'tasks-late',
      'PipelineRunTimeout',
      'PipelineRun "tasks-late" failed due to tasks failed to finish within "1s"',
      { timeouts: { tasks: '1s' } },
      '',
      'TaskRun cancelled as the PipelineRun it belongs to has timed out.',
    ],
  ])('that is to end early (%s) ends the processes of its tasks', async (name, reason, message, spec, last, why) => {
    const pid = join(laptop.dataDir, `${name}-pid`);
    await tekton.pipelineRun(name, {
      pipelineSpec: {
        tasks: [
          { name: 'hang', taskSpec: { steps: [step('s', `echo $$ > ${pid}; exec sleep 300`)] } },
          says('never', 'x', { runAfter: ['hang'] }),
        ],
        finally: [says('last', 'x')],
      },
    });
    await until(async () => (await readFile(pid, 'utf8').catch(() => '')) !== '');
    await laptop.until(pipelineRunType, name, (object) => children(object).length > 0);
    await laptop.client.patch(pipelineRunType, { namespace: 'default', name }, { kind: 'merge', body: { spec } });
    const object = await tekton.endOf(pipelineRunType, name);
    expect(tekton.told(object)).toEqual({ status: 'False', reason, message });
    expect(children(object)).toEqual(['hang', ...(last === '' ? [] : [last])]);
    await until(async () => markProcess(Number(await readFile(pid, 'utf8'))) === undefined);
    expect(tekton.told(await tekton.endOf(taskRunType, `${name}-hang`))).toEqual({
      status: 'False',
      reason: 'TaskRunCancelled',
      message: `TaskRun "${name}-hang" was cancelled. ${why}`,
    });
  });

  it('says while it runs that it stops, is cancelled or stopped, or runs finally', async () => {
    const gate = join(laptop.dataDir, 'end-gate');
    const waits = (name: string): JsonObject => ({
      name,
      taskSpec: { steps: [step('s', `while [ ! -e ${gate} ]; do sleep 0.05; done`)] },
    });
    const fails = { name: 'bad', taskSpec: { steps: [step('s', 'exit 1')] } };
    const never = says('never', 'x', { runAfter: ['waits'] });
    const specs: Readonly<Record<string, JsonObject>> = {
      stopping: { tasks: [waits('waits'), fails] },
      cancelling: { tasks: [waits('waits'), never], finally: [waits('last')] },
      halting: { tasks: [waits('waits'), never], finally: [says('last', 'x')] },
    };
    for (const [name, pipelineSpec] of Object.entries(specs)) {
      await tekton.pipelineRun(name, { pipelineSpec });
      await laptop.until(pipelineRunType, name, (object) => children(object).includes('waits'));
    }
    const ask = (name: string, status: string) =>
      laptop.client.patch(
        pipelineRunType,
        { namespace: 'default', name },
        { kind: 'merge', body: { spec: { status } } },
      );
    await ask('cancelling', 'CancelledRunFinally');
    await ask('halting', 'StoppedRunFinally');
    const reasons = {
      stopping: 'PipelineRunStopping',
      cancelling: 'CancelledRunningFinally',
      halting: 'StoppedRunningFinally',
    };
    for (const [name, reason] of Object.entries(reasons))
      await laptop.until(pipelineRunType, name, (object) => tekton.told(object).reason === reason);
    await laptop.until(pipelineRunType, 'cancelling', (object) => children(object).includes('last'));
    await writeFile(gate, '');
    const ends = await Promise.all(Object.keys(specs).map((name) => tekton.endOf(pipelineRunType, name)));
    expect(ends.map((object) => tekton.told(object).reason)).toEqual(['Failed', 'Cancelled', 'Cancelled']);
    expect(ends.map(skipped)).toEqual([
      [],
      // A task that was cancelled has failed, and that comes first.
      [['never', 'PipelineRun was stopping']],
      [['never', 'PipelineRun was gracefully stopped']],
    ]);
  });

  it('waits while it is told to wait', async () => {
    await tekton.pipelineRun('pending', { status: 'PipelineRunPending', pipelineSpec: { tasks: [says('a', 'x')] } });
    const object = await laptop.until(pipelineRunType, 'pending', (one) => tekton.told(one).reason !== undefined);
    expect(tekton.told(object)).toEqual({
      status: 'Unknown',
      reason: 'PipelineRunPending',
      message: 'PipelineRun "pending" is pending',
    });
    const go = { kind: 'merge', body: { spec: { status: null } } } as const;
    await laptop.client.patch(pipelineRunType, { namespace: 'default', name: 'pending' }, go);
    expect(tekton.told(await tekton.endOf(pipelineRunType, 'pending')).reason).toBe('Succeeded');
  });

  it.each<[string, JsonObject, string, string]>([
    ['no-spec', {}, 'CouldntGetPipeline', 'Error retrieving pipeline for pipelinerun default/p-no-spec: '],
    ['empty', { pipelineSpec: { tasks: [] } }, 'PipelineValidationFailed', 'expected at least one, got none: '],
    [
      'bare',
      { pipelineSpec: { tasks: [{ name: 'a' }] } },
      'PipelineValidationFailed',
      'expected exactly one, got neither: tasks[0].taskRef, tasks[0].taskSpec',
    ],
    [
      'matrix',
      { pipelineSpec: { tasks: [says('a', 'x', { matrix: { params: [{ name: 'p', value: ['1'] }] } })] } },
      'PipelineValidationFailed',
      'spec.pipelineSpec.tasks[0].matrix is not supported on the laptop',
    ],
    [
      'cel',
      { pipelineSpec: { tasks: [says('a', 'x', { when: [{ cel: 'true' }] })] } },
      'PipelineValidationFailed',
      'spec.pipelineSpec.tasks[0].when[0].cel',
    ],
    [
      'sidecars',
      { pipelineSpec: { tasks: [{ name: 'a', taskSpec: { steps: [step('s', 'x')], sidecars: [{ name: 'db' }] } }] } },
      'PipelineValidationFailed',
      'spec.pipelineSpec.tasks[0].taskSpec.sidecars',
    ],
    ['resolver', { pipelineRef: { resolver: 'git' } }, 'PipelineValidationFailed', 'spec.pipelineRef.resolver'],
    [
      'custom',
      { pipelineSpec: { tasks: [{ name: 'a', taskRef: { apiVersion: 'x.dev/v1', kind: 'Task', name: 'x' } }] } },
      'PipelineValidationFailed',
      'taskRef.apiVersion x.dev/v1',
    ],
    [
      'claim',
      {
        pipelineSpec: { tasks: [says('a', 'x')] },
        workspaces: [{ name: 'w', persistentVolumeClaim: { claimName: 'c' } }],
      },
      'PipelineValidationFailed',
      'spec.workspaces[0].persistentVolumeClaim',
    ],
    [
      'no-task',
      { pipelineSpec: { tasks: [{ name: 'a', taskRef: { name: 'absent' } }] } },
      'CouldntGetTask',
      `Pipeline default/p-no-task can't be Run; it contains Tasks that don't exist: Couldn't retrieve Task "absent": tasks.tekton.dev "absent" not found`,
    ],
    [
      'circle',
      { pipelineSpec: { tasks: [says('a', 'x', { runAfter: ['b'] }), says('b', 'x', { runAfter: ['a'] })] } },
      'PipelineInvalidGraph',
      `[User error] PipelineRun default/p-circle's Pipeline DAG is invalid: cycle detected; task "a" depends on "b"`,
    ],
    [
      'twice',
      { pipelineSpec: { tasks: [says('a', 'x'), says('a', 'x')] } },
      'PipelineInvalidGraph',
      "task a is already present in Graph, can't add it again: duplicate pipeline task",
    ],
    [
      'lost',
      { pipelineSpec: { tasks: [says('a', 'x', { runAfter: ['b'] })] } },
      'PipelineInvalidGraph',
      "task a depends on b but b wasn't present in Pipeline",
    ],
    [
      'types',
      {
        params: [{ name: 'p', value: ['x'] }],
        pipelineSpec: { params: [{ name: 'p', type: 'string' }], tasks: [says('a', 'x')] },
      },
      'ParameterTypeMismatch',
      'parameters have inconsistent types : [p]',
    ],
    [
      'keys',
      {
        params: [{ name: 'p', value: { a: '1' } }],
        pipelineSpec: {
          params: [{ name: 'p', type: 'object', properties: { a: {}, b: {} } }],
          tasks: [says('a', 'x')],
        },
      },
      'ObjectParameterMissKeys',
      'pipelineRun missing object keys for parameters: map[p:[b]]',
    ],
    [
      'task-params',
      { pipelineSpec: { tasks: [{ name: 'a', taskSpec: { params: [{ name: 'q' }], steps: [step('s', 'x')] } }] } },
      'PipelineValidationFailed',
      '[User error] Validation failed for pipelinerun p-task-params with error invalid input params for task : missing values for these params which have no default values: [q]',
    ],
    [
      'workspace',
      { pipelineSpec: { workspaces: [{ name: 'w' }], tasks: [says('a', 'x')] } },
      'InvalidWorkspaceBindings',
      'pipeline requires workspace with name "w" be provided by pipelinerun',
    ],
    [
      'specs',
      { pipelineSpec: { tasks: [says('a', 'x')] }, taskRunSpecs: [{ pipelineTaskName: 'z' }] },
      'InvalidTaskRunSpecs',
      `pipelineRun's taskrunSpecs defined wrong taskName: "z", does not exist in Pipeline`,
    ],
    [
      'reference',
      {
        pipelineSpec: {
          tasks: [says('a', 'x'), says('b', 'x', { params: [{ name: 'p', value: '$(tasks.a.results.none)' }] })],
        },
      },
      'InvalidTaskResultReference',
      `invalid result reference in pipeline task "b": "none" is not a named result returned by pipeline task "a"`,
    ],
    [
      'result',
      { pipelineSpec: { results: [{ name: 'r', value: '$(tasks.a.results.none)' }], tasks: [says('a', 'x')] } },
      'InvalidPipelineResultReference',
      `Failed to resolve pipeline result reference for "p-result" with error invalid pipeline result "r": "none" is not a named result returned by pipeline task "a"`,
    ],
    [
      'silent',
      {
        pipelineSpec: {
          results: [{ name: 'r', value: '$(tasks.a.results.out)' }],
          tasks: [{ name: 'a', taskSpec: { results: [{ name: 'out' }], steps: [step('s', 'true')] } }],
        },
      },
      'CouldntGetPipelineResult',
      "Failed to get PipelineResult from TaskRun Results for PipelineRun p-silent: invalid pipelineresults [r], the referenced results don't exist",
    ],
    [
      'unsaid',
      {
        pipelineSpec: {
          tasks: [
            { name: 'a', taskSpec: { results: [{ name: 'out' }], steps: [step('s', 'true')] } },
            says('b', 'x', { params: [{ name: 'p', value: '$(tasks.a.results.out)' }] }),
          ],
        },
      },
      'PipelineValidationFailed',
      'Tasks Completed: 1 (Failed: 0, Cancelled 0), Skipped: 0, Failed Validation: 1',
    ],
    [
      'unbound',
      { pipelineSpec: { tasks: [{ name: 'a', taskSpec: { steps: [step('s', 'ls $(workspaces.w.path)')] } }] } },
      'CreateRunFailed',
      'expected workspace "w" to be provided by pipelinerun for pipeline task "a"',
    ],
  ])('says what is wrong: %s', async (name, spec, reason, message) => {
    await tekton.pipelineRun(`p-${name}`, spec);
    const object = await tekton.endOf(pipelineRunType, `p-${name}`);
    expect(tekton.told(object)).toEqual({ status: 'False', reason, message: expect.stringContaining(message) });
  });

  it('goes on where it was after a restart, and makes no task’s run twice', async () => {
    const counter = join(laptop.dataDir, 'restart-count');
    const [pid, gate] = [join(laptop.dataDir, 'restart-pid'), join(laptop.dataDir, 'gate')];
    const waits = `echo wait >> ${counter}; echo $$ > ${pid}; while [ ! -e ${gate} ]; do sleep 0.05; done`;
    await tekton.pipelineRun('restarted', {
      pipelineSpec: {
        tasks: [
          { name: 'first', taskSpec: { steps: [step('s', `echo first >> ${counter}`)] } },
          { name: 'second', runAfter: ['first'], retries: 1, taskSpec: { steps: [step('s', waits)] } },
          { name: 'third', runAfter: ['second'], taskSpec: { steps: [step('s', `echo third >> ${counter}`)] } },
        ],
      },
    });
    await until(async () => (await readFile(pid, 'utf8').catch(() => '')) !== '');
    await laptop.restart({ between: () => writeFile(gate, '') });
    const object = await tekton.endOf(pipelineRunType, 'restarted');
    expect(tekton.told(object).reason).toBe('Succeeded');
    // The interrupted task may be tried once more, and was told so; the others ran once.
    expect((await readFile(counter, 'utf8')).trim().split('\n')).toEqual(['first', 'wait', 'wait', 'third']);
    const second = await tekton.endOf(taskRunType, 'restarted-second');
    expect(JSON.stringify(listAt(second['status'], 'retriesStatus'))).toContain('was interrupted');
  });
});
