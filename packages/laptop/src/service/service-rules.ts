import {
  dns1035LabelErrors,
  dns1123SubdomainErrors,
  getPath,
  isObject,
  type Json,
  type KubeObject,
  listAt,
  textAt,
} from '@cartographer/machinery';
import { progressDeadlineOf } from './progress-deadline.ts';

/** The annotation of Knative for how long a new revision may take to answer, in Go's notation. */
export const PROGRESS_DEADLINE_ANNOTATION = 'serving.knative.dev/progress-deadline';

/** Knative's `max-revision-timeout-seconds` and `container-concurrency-max-limit`, as it is installed. */
const MAX_TIMEOUT_SECONDS = 600;
const MAX_CONCURRENCY = 1000;
/** What Knative sets itself: its runtime contract. */
const RESERVED_VARIABLES = ['PORT', 'K_SERVICE', 'K_CONFIGURATION', 'K_REVISION'];
/** Ports of the sidecar that stands before each app. */
const RESERVED_PORTS = [8008, 8012, 8013, 8022, 9090, 9091];
/** Fields of a pod and of a container that Knative keeps to itself, features at their defaults. */
const REFUSED_POD_FIELDS = [
  'activeDeadlineSeconds affinity dnsConfig dnsPolicy ephemeralContainers hostAliases hostIPC hostNetwork hostPID',
  'hostUsers hostname initContainers nodeName nodeSelector os overhead preemptionPolicy priority priorityClassName',
  'readinessGates restartPolicy runtimeClassName schedulerName schedulingGates serviceAccount setHostnameAsFQDN',
  'shareProcessNamespace subdomain terminationGracePeriodSeconds tolerations topologySpreadConstraints',
].flatMap((line) => line.split(' '));
const REFUSED_CONTAINER_FIELDS = ['lifecycle', 'resizePolicy', 'restartPolicy', 'stdin', 'stdinOnce', 'tty'].concat(
  'volumeDevices',
);
const SPEC = 'spec.template.spec';

type Problem = { readonly message: string; readonly path: string; readonly details?: string };

/**
 * Why Knative's webhook refuses a Service, in its words, or undefined when it takes it. Held to what Knative 1.18 says
 * of the same objects (`golden/knative-refusals.json`). A Service that would fail on a cluster is not run here.
 */
export function refuseService(service: KubeObject): string | undefined {
  const template = getPath(service['spec'], 'template');
  const pod = getPath(template, 'spec');
  const containers = listAt(pod, 'containers');
  const problems = [
    ...metadataProblems(service),
    ...templateProblems(template, service.metadata.name ?? ''),
    ...podProblems(pod),
    ...portProblems(containers),
    ...(containers.length === 0 ? [missing(`${SPEC}.containers`)] : []),
    ...containers.flatMap((container, at) => [...containerProblems(container, `${SPEC}.containers[${at}]`)]),
    ...trafficProblems(listAt(service['spec'], 'traffic')),
  ];
  return problems.length === 0 ? undefined : textOf(problems);
}

/** Equal messages become one, with all their paths, in Knative's order. */
function textOf(problems: readonly Problem[]): string {
  const byMessage = Map.groupBy(problems, ({ message, details = '' }) => `${message}\0${details}`);
  const lines = [...byMessage].toSorted(([left], [right]) => (left < right ? -1 : 1));
  return lines
    .map(([key, same]) => {
      const [message = '', details = ''] = key.split('\0');
      const paths = [...new Set(same.map(({ path }) => path))].toSorted();
      return `${message}: ${paths.join(', ')}${details === '' ? '' : `\n${details}`}`;
    })
    .join('\n');
}

function* metadataProblems({ metadata: { name = '', annotations = {} } }: KubeObject): Generator<Problem> {
  const errors = name === '' ? [] : dns1035LabelErrors(name);
  if (errors.length > 0) yield { message: `not a DNS 1035 label: [${errors.join(' ')}]`, path: 'metadata.name' };
  for (const key of Object.keys(annotations).filter((each) => each.startsWith('autoscaling.knative.dev'))) {
    const details = 'autoscaling annotations must be put under "spec.template.metadata.annotations" to work';
    yield { message: `invalid key name "${key}"`, path: 'metadata.annotations', details };
  }
}

function* templateProblems(template: unknown, service: string): Generator<Problem> {
  const path = 'spec.template.metadata.name';
  const name = textAt(template, 'metadata', 'name');
  const errors = name === '' ? [] : dns1035LabelErrors(name);
  if (errors.length > 0) yield invalid(`not a DNS 1035 label: [${errors.join(' ')}]`, path);
  else if (name !== '' && !name.startsWith(`${service}-`))
    yield invalid(`"${name}" must have prefix "${service}-"`, path);
  const deadline = textAt(template, 'metadata', 'annotations', PROGRESS_DEADLINE_ANNOTATION);
  const wrong = deadline === '' ? undefined : progressDeadlineOf(deadline);
  if (wrong?.kind === 'refused')
    yield { message: wrong.message, path: `spec.template.metadata.annotations.${PROGRESS_DEADLINE_ANNOTATION}` };
}

function* podProblems(pod: unknown): Generator<Problem> {
  yield* refusedFields(pod, REFUSED_POD_FIELDS, SPEC);
  const inits = listAt(pod, 'initContainers').length;
  if (inits > 0) {
    yield { message: `pod spec support for init-containers is off, but found ${inits} init containers`, path: '' };
  }
  if (getPath(pod, 'automountServiceAccountToken') === true) yield notAllowed(`${SPEC}.automountServiceAccountToken`);
  const security = getPath(pod, 'securityContext');
  if (isObject(security)) {
    yield notAllowed(`${SPEC}.securityContext`);
    for (const field of Object.keys(security)) yield notAllowed(`${SPEC}.securityContext.${field}`);
  }
  const account = textAt(pod, 'serviceAccountName');
  for (const details of account === '' ? [] : dns1123SubdomainErrors(account))
    yield { ...invalid(account, `${SPEC}.serviceAccountName`), details };
  yield* outOfBounds(pod, 'timeoutSeconds', MAX_TIMEOUT_SECONDS, SPEC);
  yield* outOfBounds(pod, 'containerConcurrency', MAX_CONCURRENCY, SPEC);
  yield* volumeProblems(pod);
}

function* volumeProblems(pod: unknown): Generator<Problem> {
  const volumes = listAt(pod, 'volumes').map((volume) => textAt(volume, 'name'));
  const mounts = listAt(pod, 'containers').map((container) => listAt(container, 'volumeMounts'));
  const mounted = new Set(mounts.flat().map((mount) => textAt(mount, 'name')));
  for (const [at, name] of volumes.entries()) {
    if (!mounted.has(name))
      yield { message: `volume with name "${name}" not mounted`, path: `${SPEC}.volumes[${at}].name` };
  }
  for (const [container, list] of mounts.entries()) {
    for (const [at, mount] of list.entries()) {
      const path = `${SPEC}.containers[${container}].volumeMounts[${at}].name`;
      if (!volumes.includes(textAt(mount, 'name'))) yield { message: 'volumeMount has no matching volume', path };
    }
  }
}

function* portProblems(containers: readonly Json[]): Generator<Problem> {
  const count = containers.reduce<number>((sum, container) => sum + listAt(container, 'ports').length, 0);
  const path = `${SPEC}.containers[*].ports`;
  if (count === 0 && containers.length > 1) yield missing(path);
  const details = 'Only a single port is allowed across all containers';
  if (count > 1) yield { message: 'more than one container port is set', path, details };
}

function* containerProblems(container: Json, path: string): Generator<Problem> {
  yield* refusedFields(container, REFUSED_CONTAINER_FIELDS, path);
  const name = textAt(container, 'name');
  if (name === 'queue-proxy') yield { message: `"${name}" is a reserved container name`, path: `${path}.name` };
  if (textAt(container, 'image') === '') yield missing(`${path}.image`);
  const policy = textAt(container, 'terminationMessagePolicy');
  if (!['', 'File', 'FallbackToLogsOnError'].includes(policy))
    yield invalid(policy, `${path}.terminationMessagePolicy`);
  for (const [at, variable] of listAt(container, 'env').entries())
    yield* variableProblems(variable, `${path}.env[${at}]`);
  for (const source of listAt(container, 'envFrom'))
    yield* exactlyOne(source, ['configMapRef', 'secretRef'], `${path}.envFrom`);
  const [port] = listAt(container, 'ports');
  if (port !== undefined) yield* portFieldProblems(port, `${path}.ports`);
  yield* probeProblems(getPath(container, 'readinessProbe'), `${path}.readinessProbe`);
}

function* variableProblems(variable: Json, path: string): Generator<Problem> {
  const name = textAt(variable, 'name');
  if (name === '') yield missing(`${path}.name`);
  if (RESERVED_VARIABLES.includes(name))
    yield { message: `"${name}" is a reserved environment variable`, path: `${path}.name` };
  yield* refusedFields(getPath(variable, 'valueFrom'), ['fieldRef', 'resourceFieldRef'], `${path}.valueFrom`);
}

function* portFieldProblems(port: Json, path: string): Generator<Problem> {
  yield* refusedFields(port, ['hostIP', 'hostPort'], path);
  const [number, protocol, name] = [numberAt(port, 'containerPort'), textAt(port, 'protocol'), textAt(port, 'name')];
  if (number !== undefined && RESERVED_PORTS.includes(number)) {
    const details = `${number} is a reserved port, please use a different value`;
    yield { ...invalid(`${number} is a reserved port`, `${path}.containerPort`), details };
  }
  yield* outOfBounds(port, 'containerPort', 65_535, path);
  if (protocol !== '' && protocol !== 'TCP') yield invalid(protocol, `${path}.protocol`);
  if (!['', 'h2c', 'http1'].includes(name))
    yield {
      message: `Port name ${name} is not allowed`,
      path,
      details: "Name must be empty, or one of: 'h2c', 'http1'",
    };
}

function* probeProblems(probe: Json | undefined, path: string): Generator<Problem> {
  const set = ['httpGet', 'tcpSocket', 'exec', 'grpc'].filter((kind) => getPath(probe, kind) !== undefined);
  if (set.length > 1)
    for (const kind of set)
      yield { message: 'expected exactly one, got both', path: `${path}.${kind === 'grpc' ? 'gRPC' : kind}` };
  if ((numberAt(probe, 'periodSeconds') ?? 0) !== 0) return;
  for (const field of ['failureThreshold', 'timeoutSeconds']) {
    const message = `${field} is disallowed when periodSeconds is zero`;
    if ((numberAt(probe, field) ?? 0) !== 0) yield { message, path: `${path}.${field}` };
  }
}

function* trafficProblems(traffic: readonly Json[]): Generator<Problem> {
  for (const [at, target] of traffic.entries()) yield* outOfBounds(target, 'percent', 100, `spec.traffic[${at}]`);
  const sum = traffic.reduce<number>((total, target) => total + (numberAt(target, 'percent') ?? 0), 0);
  if (traffic.length > 0 && sum !== 100)
    yield { message: `Traffic targets sum to ${sum}, want 100`, path: 'spec.traffic' };
}

function* exactlyOne(value: Json, fields: readonly string[], path: string): Generator<Problem> {
  const set = fields.filter((field) => isObject(getPath(value, field)));
  if (set.length === 1) return;
  const message = `expected exactly one, got ${set.length === 0 ? 'neither' : 'both'}`;
  for (const field of fields) yield { message, path: `${path}.${field}` };
}

/** Go's empty values count as absent. */
function* refusedFields(value: unknown, fields: readonly string[], path: string): Generator<Problem> {
  for (const field of fields) {
    const found = getPath(value, field);
    if (found !== undefined && found !== null && found !== false && found !== '') yield notAllowed(`${path}.${field}`);
  }
}

function* outOfBounds(value: unknown, field: string, most: number, path: string): Generator<Problem> {
  const number = numberAt(value, field);
  if (number !== undefined && (number < 0 || number > most))
    yield { message: `expected 0 <= ${number} <= ${most}`, path: `${path}.${field}` };
}

function missing(path: string): Problem {
  return { message: 'missing field(s)', path };
}

function notAllowed(path: string): Problem {
  return { message: 'must not set the field(s)', path };
}

function invalid(value: string, path: string): Problem {
  return { message: `invalid value: ${value}`, path };
}

function numberAt(value: unknown, field: string): number | undefined {
  const number = getPath(value, field);
  return typeof number === 'number' ? number : undefined;
}
