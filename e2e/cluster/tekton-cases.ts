import type { JsonObject, KubeObject } from '@cartographer/machinery';
import type { StepEnd } from '@cartographer/testkit';

/** A PipelineRun that is run by the real controller and by the laptop's. */
export type TektonCase = {
  readonly name: string;
  readonly spec: JsonObject;
  /** How each try of a task's one step ends; a task that is not named ends well, `hang` never ends. */
  readonly ends?: Readonly<Record<string, readonly StepEnd[] | 'hang'>>;
  /** What the run is asked while a task hangs. */
  readonly patch?: JsonObject;
};

/** A task of one step whose script does on a laptop what the player says of its pod. */
function task(name: string, ends: readonly StepEnd[] | 'hang' = [{}], more: JsonObject = {}): JsonObject {
  const [first] = ends === 'hang' ? [] : ends;
  const results = Object.entries(first?.results ?? {}).map(([each, value]) => ({
    name: each,
    type: value.startsWith('[') ? 'array' : value.startsWith('{') ? 'object' : 'string',
    ...(value.startsWith('{') ? { properties: { key: { type: 'string' } } } : {}),
  }));
  return { name, taskSpec: { ...(results.length === 0 ? {} : { results }), steps: [step(ends)] }, ...more };
}

function step(ends: readonly StepEnd[] | 'hang'): JsonObject {
  if (ends === 'hang') return { name: 's', image: 'busybox', script: 'exec sleep 600' };
  const tries = ends.map(({ exitCode = 0, results = {} }, attempt) => {
    const writes = Object.entries(results).map(([name, value]) => `printf %s '${value}' > "$(results.${name}.path)"`);
    return `if [ "$(context.task.retry-count)" = ${attempt} ]; then\n${[...writes, `exit ${exitCode}`].join('\n')}\nfi`;
  });
  return { name: 's', image: 'busybox', script: tries.join('\n') };
}

const out = (value: string): readonly StepEnd[] => [{ results: { out: value } }];
const fails: readonly StepEnd[] = [{ exitCode: 1 }];

/** A case whose tasks are `task`s, with one place for how they end. */
function played(
  name: string,
  ends: NonNullable<TektonCase['ends']>,
  pipeline: (of: (task: string, more?: JsonObject) => JsonObject) => JsonObject,
  more: Partial<TektonCase> & { readonly run?: JsonObject } = {},
): TektonCase {
  const { run = {}, ...rest } = more;
  const spec = { pipelineSpec: pipeline((each, fields = {}) => task(each, ends[each], fields)), ...run };
  return { name, ends, spec, ...rest };
}

const hangs = (name: string, more: Partial<TektonCase> & { readonly run?: JsonObject }): TektonCase =>
  played(
    name,
    { hang: 'hang' },
    (of) => ({ tasks: [of('hang'), of('never', { runAfter: ['hang'] })], finally: [of('last')] }),
    more,
  );

/** Runs that are played to their end. */
export const playedCases: readonly TektonCase[] = [
  played(
    'results',
    { make: [{ results: { out: 'text', list: '["a","b"]', map: '{"key":"v"}' } }], use: out('used') },
    (of) => ({
      results: [
        {
          name: 'both',
          value: '$(tasks.make.results.out) $(tasks.make.results.list[1]) $(tasks.make.results.map.key)',
        },
        { name: 'list', value: '$(tasks.make.results.list[*])' },
        { name: 'map', value: '$(tasks.make.results.map[*])' },
        { name: 'used', value: '$(tasks.use.results.out)' },
      ],
      tasks: [of('use', { params: [{ name: 'p', value: '$(tasks.make.results.out)' }] }), of('make')],
    }),
  ),
  played('guards', { look: out('prod'), dev: out('x') }, (of) => ({
    params: [{ name: 'envs', type: 'array', default: ['dev', 'test'] }],
    tasks: [
      of('look'),
      of('dev', { when: [{ input: '$(tasks.look.results.out)', operator: 'in', values: ['$(params.envs[*])'] }] }),
      of('prod', { when: [{ input: '$(tasks.look.results.out)', operator: 'notin', values: ['$(params.envs[*])'] }] }),
      of('after-dev', { runAfter: ['dev'] }),
      of('needs-dev', { params: [{ name: 'p', value: '$(tasks.dev.results.out)' }] }),
      of('after-needs', { runAfter: ['needs-dev'] }),
    ],
  })),
  played('fails', { unit: fails }, (of) => ({
    tasks: [of('unit'), of('never', { runAfter: ['unit'] })],
    finally: [
      of('always', { params: [{ name: 's', value: '$(tasks.unit.status) $(tasks.status)' }] }),
      of('if-good', { when: [{ input: '$(tasks.status)', operator: 'in', values: ['Succeeded'] }] }),
    ],
  })),
  played('lenient', { 'may-fail': fails }, (of) => ({
    tasks: [of('may-fail', { onError: 'continue' }), of('after', { runAfter: ['may-fail'] })],
  })),
  played('retries', { flaky: [{ exitCode: 1 }, {}], hopeless: [{ exitCode: 2 }, { exitCode: 3 }] }, (of) => ({
    tasks: [of('flaky', { retries: 2 }), of('hopeless', { retries: 1 })],
  })),
  played('silent', { quiet: [{}] }, (of) => {
    const quiet = of('quiet') as { readonly taskSpec: JsonObject };
    const taskSpec = { ...quiet.taskSpec, results: [{ name: 'out', type: 'string' }] };
    return { results: [{ name: 'r', value: '$(tasks.quiet.results.out)' }], tasks: [{ ...quiet, taskSpec }] };
  }),
  played('unsaid', { quiet: [{}] }, (of) => {
    const quiet = of('quiet') as { readonly taskSpec: JsonObject };
    const taskSpec = { ...quiet.taskSpec, results: [{ name: 'out', type: 'string' }] };
    return {
      tasks: [{ ...quiet, taskSpec }, of('next', { params: [{ name: 'p', value: '$(tasks.quiet.results.out)' }] })],
    };
  }),
  hangs('cancelled', { patch: { status: 'Cancelled' } }),
  hangs('gracefully', { patch: { status: 'CancelledRunFinally' } }),
  hangs('late', { run: { timeouts: { pipeline: '10s' } } }),
  hangs('tasks-late', { run: { timeouts: { tasks: '10s' } } }),
];

const bare = task('a');

/** Runs that fail for what they are. */
export const wrongCases: readonly TektonCase[] = [
  { name: 'no-pipeline', spec: { pipelineRef: { name: 'absent' } } },
  { name: 'no-task', spec: { pipelineSpec: { tasks: [{ name: 'a', taskRef: { name: 'absent' } }] } } },
  {
    name: 'circle',
    spec: { pipelineSpec: { tasks: [task('a', [{}], { runAfter: ['b'] }), task('b', [{}], { runAfter: ['a'] })] } },
  },
  { name: 'lost', spec: { pipelineSpec: { tasks: [task('a', [{}], { runAfter: ['b'] })] } } },
  { name: 'missing', spec: { pipelineSpec: { params: [{ name: 'p', type: 'string' }], tasks: [bare] } } },
  {
    name: 'mistyped',
    spec: {
      params: [{ name: 'p', value: ['x'] }],
      pipelineSpec: { params: [{ name: 'p', type: 'string' }], tasks: [bare] },
    },
  },
  {
    name: 'keys',
    spec: {
      params: [{ name: 'p', value: { a: '1' } }],
      pipelineSpec: {
        params: [{ name: 'p', type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } }],
        tasks: [bare],
      },
    },
  },
  {
    name: 'task-params',
    spec: {
      pipelineSpec: {
        tasks: [{ name: 'a', taskSpec: { params: [{ name: 'q', type: 'string' }], steps: [step([{}])] } }],
      },
    },
  },
  { name: 'workspace', spec: { pipelineSpec: { workspaces: [{ name: 'w' }], tasks: [bare] } } },
  { name: 'specs', spec: { pipelineSpec: { tasks: [bare] }, taskRunSpecs: [{ pipelineTaskName: 'z' }] } },
  { name: 'empty', spec: { pipelineSpec: { tasks: [] } } },
  { name: 'bare', spec: { pipelineSpec: { tasks: [{ name: 'a' }] } } },
  {
    name: 'unnamed',
    spec: {
      pipelineSpec: {
        results: [{ name: 'r', value: '$(tasks.a.results.none)' }],
        tasks: [bare],
      },
    },
  },
  {
    name: 'unbound',
    spec: {
      pipelineSpec: {
        tasks: [{ name: 'a', taskSpec: { steps: [{ ...step([{}]), script: 'ls $(workspaces.w.path)' }] } }],
      },
    },
  },
  {
    name: 'reference',
    spec: {
      pipelineSpec: { tasks: [bare, task('b', [{}], { params: [{ name: 'p', value: '$(tasks.a.results.none)' }] })] },
    },
  },
  {
    name: 'result',
    spec: { pipelineSpec: { results: [{ name: 'r', value: '$(tasks.z.results.out)' }], tasks: [bare] } },
  },
];

/** The object of a case. */
export function pipelineRunOf({ name, spec }: TektonCase): KubeObject {
  return { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', metadata: { namespace: 'default', name }, spec };
}
