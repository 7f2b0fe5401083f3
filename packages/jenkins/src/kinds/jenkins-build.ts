import {
  choice,
  defineKind,
  type Infer,
  integer,
  list,
  map,
  type ObjectOfKind,
  object,
  type PrinterColumn,
  readyColumns,
  required,
  span,
  string,
  text,
  withDefault,
} from '@cartographer/api';
import { buildStatus } from './build-status.ts';
import { JENKINS_GROUP, readCurrent } from './group.ts';

/** Where an output is lifted from. */
const OUTPUT_SOURCES = ['artifact', 'resultFile', 'parameter', 'description', 'env'] as const;

/** The parameter that carries the correlation id unless a build names another. */
export const CORRELATION_PARAMETER = 'CARTO_RUN_ID';

const PARAMETER_NAME = '^[A-Za-z0-9_][A-Za-z0-9_.-]*$';
/** A path inside the archive of a build: no way up, no way out. */
const ARTIFACT_PATH = '^[^/\\\\]+(/[^/\\\\]+)*$';

const output = object(
  'A value that is lifted out of the finished build.',
  {
    name: required(string('Stands in `status.outputs`.', { pattern: '^[A-Za-z_][A-Za-z0-9_-]*$', maxLength: 63 })),
    from: required(
      choice(
        'The content of an archived file, a value of a JSON file that is archived, a parameter or the description of the build, or its environment.',
        OUTPUT_SOURCES,
      ),
    ),
    path: string('artifact and resultFile: path of the archived file.', { pattern: ARTIFACT_PATH, maxLength: 1024 }),
    key: text('resultFile, parameter and env: which value; the name of the output without it.', 256),
  },
  {
    rules: [
      {
        rule: "(self.from == 'artifact' || self.from == 'resultFile') == has(self.path)",
        message: 'path is for artifact and resultFile, which need it',
      },
      {
        rule: "!has(self.key) || (self.from != 'artifact' && self.from != 'description')",
        message: 'key is for resultFile, parameter and env',
      },
    ],
  },
);

const buildSpec = object(
  'What to build, where, and what to lift out of it.',
  {
    serverRef: required(
      object('The server.', {
        kind: withDefault(
          'JenkinsServer',
          choice('A server of this namespace, or one of the cluster.', ['JenkinsServer', 'ClusterJenkinsServer']),
        ),
        name: required(text('Its name.', 253)),
      }),
    ),
    job: required(
      string('Full name of the job: folder/app/main.', { pattern: '^[^/\\s][^/]*(/[^/]+)*$', maxLength: 512 }),
    ),
    parameters: map(
      'Parameters of the build, by name. The job has to declare each.',
      string('A value.', { maxLength: 32_768 }),
    ),
    revision: text(
      'A revision as sources give it, main@sha1:… say. Its parts are given as GIT_REVISION, GIT_BRANCH and GIT_SHA, each where the job declares it, the server allows it, and `parameters` has none of that name.',
      512,
    ),
    correlationParameter: withDefault(
      CORRELATION_PARAMETER,
      string('The parameter that carries the id by which a build is found again. The job should declare it.', {
        pattern: PARAMETER_NAME,
        maxLength: 256,
      }),
    ),
    timeout: withDefault('1h', span('How long the build may take from its trigger on, time in the queue included.')),
    onCancel: withDefault(
      'Abort',
      choice('What becomes of the build when this object is deleted, or its time is over, while it waits or runs.', [
        'Abort',
        'Leave',
      ]),
    ),
    onSupersede: withDefault(
      'Leave',
      choice('What becomes of it when the same step of the same owner asks for a newer one.', ['Abort', 'Leave']),
    ),
    unstableIs: withDefault('Failed', choice('What a build with result UNSTABLE counts as.', ['Failed', 'Succeeded'])),
    logLines: withDefault(
      20,
      integer(
        'So many of the last lines of the log are shown while it runs, and kept of a build that did not succeed.',
        {
          minimum: 0,
          maximum: 100,
        },
      ),
    ),
    outputs: list('Values that are lifted out of a build that succeeded.', output, { maxItems: 16, keys: ['name'] }),
  },
  {
    rules: [
      {
        rule: 'self == oldSelf',
        message:
          'a JenkinsBuild is one build and cannot be changed: make another, in a template by lifecycle: immutable',
      },
    ],
  },
);
/** `spec` of a JenkinsBuild. */
export type JenkinsBuildSpec = Infer<typeof buildSpec>;

const columns: readonly PrinterColumn[] = [
  { name: 'Job', type: 'string', jsonPath: '.spec.job' },
  { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
  { name: 'Build', type: 'integer', jsonPath: '.status.build.number' },
  { name: 'Progress', type: 'integer', jsonPath: '.status.build.progressPercent' },
  { name: 'Result', type: 'string', jsonPath: '.status.build.result' },
  { name: 'Failed tests', type: 'integer', jsonPath: '.status.tests.failed', priority: 1 },
  { name: 'Queue', type: 'string', jsonPath: '.status.queue.why', priority: 1 },
  { name: 'URL', type: 'string', jsonPath: '.status.build.url', priority: 1 },
  ...readyColumns,
];

/** The kind JenkinsBuild. */
export const jenkinsBuildKind = defineKind({
  group: JENKINS_GROUP,
  kind: 'JenkinsBuild',
  plural: 'jenkinsbuilds',
  shortName: 'jbuild',
  namespaced: true,
  description: 'One build of a job on a Jenkins: triggered once, followed, and what it made lifted out.',
  annotations: readCurrent,
  columns,
  spec: buildSpec,
  status: buildStatus,
});
/** One build of a job on a Jenkins. */
export type JenkinsBuild = ObjectOfKind<typeof jenkinsBuildKind>;
