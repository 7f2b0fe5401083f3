import { globMatches, labelSelectorOf } from '@cartographer/machinery';
import { CORRELATION_PARAMETER } from '../kinds/jenkins-build.ts';
import type { BuildRequest, Server } from '../kinds/read.ts';
import type { UntriggeredReason } from '../kinds/reasons.ts';
import { artifactPath, jobPath } from '../remote/job-path.ts';

/** Why a build is not triggered. */
export type Untriggered = { readonly reason: UntriggeredReason; readonly message: string };

/**
 * What stands against a build before anything is sent to the server: what it cannot ask for at all, and what the operator's
 * credential is not for. Undefined where nothing does.
 */
export function refusalBefore(
  request: BuildRequest,
  server: Server,
  namespaceLabels: Readonly<Record<string, string>>,
): Untriggered | undefined {
  return unreadable(request) ?? notGranted(request, server, namespaceLabels) ?? withoutEnvironment(request, server);
}

function unreadable({ job, outputs }: BuildRequest): Untriggered | undefined {
  if (jobPath(job) === undefined) {
    return { reason: 'SpecInvalid', message: `spec.job: "${job}" has a part that is no name of a job` };
  }
  const wrong = outputs.find(({ path }) => path !== undefined && artifactPath(path) === undefined);
  if (wrong === undefined) return undefined;
  return { reason: 'SpecInvalid', message: `spec.outputs: the path of ${wrong.name} leads out of the build` };
}

function notGranted(
  request: BuildRequest,
  { grant, name }: Server,
  namespaceLabels: Readonly<Record<string, string>>,
): Untriggered | undefined {
  if (grant === undefined) return undefined;
  if (!labelSelectorOf(grant.namespaceSelector).matches(namespaceLabels)) {
    return { reason: 'NamespaceNotAllowed', message: `ClusterJenkinsServer ${name} is not for this namespace` };
  }
  const { job } = request;
  const entries = (grant.allow ?? []).filter(({ jobs }) => jobs.some((pattern) => globMatches(pattern, job)));
  if (entries.length === 0) {
    return { reason: 'JobNotAllowed', message: `ClusterJenkinsServer ${name} does not allow job ${job}` };
  }
  const wanted = namesAskedFor(request);
  const missing = entries.map(({ parameters = [] }) => wanted.filter((each) => !parameters.includes(each)));
  if (missing.some((names) => names.length === 0)) return undefined;
  const least = missing.toSorted((left, right) => left.length - right.length)[0] ?? [];
  const message = `ClusterJenkinsServer ${name} does not allow job ${job} with ${least.toSorted().join(', ')}`;
  return { reason: 'JobNotAllowed', message };
}

/** The id goes by a name that is ours; another name is a parameter like any other. */
function namesAskedFor({ parameters, correlationParameter }: BuildRequest): readonly string[] {
  const names = new Set(Object.keys(parameters));
  if (correlationParameter !== CORRELATION_PARAMETER) names.add(correlationParameter);
  return [...names];
}

function withoutEnvironment({ outputs }: BuildRequest, { environment, name }: Server): Untriggered | undefined {
  const output = outputs.find(({ from }) => from === 'env');
  if (output === undefined || environment !== 'None') return undefined;
  const message = `output ${output.name} is from env, and server ${name} has environment: None`;
  return { reason: 'EnvironmentNotConfigured', message };
}
