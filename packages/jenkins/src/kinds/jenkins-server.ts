import {
  choice,
  condition,
  defineKind,
  type Infer,
  integer,
  list,
  namespaceSelector,
  type ObjectOfKind,
  object,
  observedGeneration,
  type PrinterColumn,
  readyColumns,
  required,
  span,
  string,
  text,
  withDefault,
} from '@cartographer/api';
import { JENKINS_GROUP } from './group.ts';

const MOST_NAME = 253;

const serverFields = {
  url: required(
    string(
      "Address of the server, with the path it is below if there is one: https://ci.example.com/jenkins. The controller's flags say which hosts may be asked.",
      {
        pattern: '^https?://[^\\s/?#@]+(/[^\\s?#]*)?$',
        maxLength: 2048,
      },
    ),
  ),
  caBundle: text('Certificates to trust besides those of the system: PEM, as base64.', 65_536),
  pollInterval: withDefault('5s', span('So often is asked how the builds are; less often where nothing changes.')),
  requestsPerSecond: withDefault(10, integer('No more requests are sent in a second.', { minimum: 1, maximum: 1000 })),
  maxConcurrentBuilds: integer('No more builds are triggered at a time; without it the queue of the server decides.', {
    minimum: 1,
  }),
  environment: withDefault(
    'None',
    choice(
      'Where the environment of a build can be read, for outputs `from: env`: nowhere, or from the plugin EnvInject.',
      ['None', 'EnvInject'],
    ),
  ),
};

const serverSpec = object('A server, and how it is asked.', {
  ...serverFields,
  secretRef: object(
    'A Secret of the same namespace with `username`, and `apiToken` or `password`. Without it nobody is logged in.',
    { name: required(text('Its name.', MOST_NAME)) },
  ),
});
/** `spec` of a JenkinsServer. */
export type JenkinsServerSpec = Infer<typeof serverSpec>;

const clusterServerSpec = object('A server, how it is asked, and by whom.', {
  ...serverFields,
  secretRef: object('A Secret with `username`, and `apiToken` or `password`. Without it nobody is logged in.', {
    namespace: required(text('Its namespace.', 63)),
    name: required(text('Its name.', MOST_NAME)),
  }),
  namespaceSelector: required(namespaceSelector),
  allow: list(
    'What builds may ask for; nothing without it. One entry has to allow the job and all parameters of a build.',
    object('Jobs, and the parameters that may be given to them.', {
      jobs: required(
        list('Full names of jobs; `*` stands for anything but a slash, `**` for anything.', text('team-a/*', 512), {
          minItems: 1,
          maxItems: 256,
        }),
      ),
      parameters: list('Names of parameters; none without it.', text('A name.', 256), { maxItems: 256 }),
    }),
    { maxItems: 256 },
  ),
});
/** `spec` of a ClusterJenkinsServer. */
export type ClusterJenkinsServerSpec = Infer<typeof clusterServerSpec>;

const serverStatus = object('What the server answered last.', {
  observedGeneration,
  version: string('What the server says it is: 2.440 of Jenkins, say.'),
  conditions: list('Reachable; `Ready` sums up and comes last.', condition),
});
/** `status` of a JenkinsServer and of a ClusterJenkinsServer. */
export type JenkinsServerStatus = Infer<typeof serverStatus>;

const columns: readonly PrinterColumn[] = [
  { name: 'URL', type: 'string', jsonPath: '.spec.url' },
  { name: 'Version', type: 'string', jsonPath: '.status.version' },
  ...readyColumns,
];

/** The kind JenkinsServer. */
export const jenkinsServerKind = defineKind({
  group: JENKINS_GROUP,
  kind: 'JenkinsServer',
  plural: 'jenkinsservers',
  shortName: 'jserver',
  namespaced: true,
  description: 'A Jenkins that the builds of this namespace may run on, with a credential of this namespace.',
  columns,
  spec: serverSpec,
  status: serverStatus,
});
/** A Jenkins that the builds of its namespace may run on. */
export type JenkinsServer = ObjectOfKind<typeof jenkinsServerKind>;

/** The kind ClusterJenkinsServer. */
export const clusterJenkinsServerKind = defineKind({
  group: JENKINS_GROUP,
  kind: 'ClusterJenkinsServer',
  plural: 'clusterjenkinsservers',
  shortName: 'cjserver',
  namespaced: false,
  description:
    "A Jenkins with the operator's credential: for builds of the namespaces that it selects, for the jobs and parameters that it allows, and for no others.",
  columns,
  spec: clusterServerSpec,
  status: serverStatus,
});
/** A Jenkins with the operator's credential. */
export type ClusterJenkinsServer = ObjectOfKind<typeof clusterJenkinsServerKind>;
