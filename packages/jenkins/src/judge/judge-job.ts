import { globMatches } from '@cartographer/machinery';
import type { BuildRequest, Server } from '../kinds/read.ts';
import type { DeclaredParameter, RemoteJob } from '../remote/views.ts';
import type { Untriggered } from './permission.ts';
import { revisionParameters } from './revision.ts';

/** What is sent to a job that takes it. */
export type Fitting = {
  readonly kind: 'fits';
  /** Absent for a job that takes no parameters at all. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Whether the build can be found by the id that is sent with it. */
  readonly isCorrelated: boolean;
};

/** Judges whether a job can take a build: what it would drop without a word is refused. */
export function judgeJob(
  request: BuildRequest,
  server: Server,
  job: RemoteJob,
  id: string,
): Fitting | ({ readonly kind: 'refused' } & Untriggered) {
  if (!job.isBuildable) return refused('JobDisabled', `job ${request.job} is disabled`);
  const declared = new Map((job.parameters ?? []).map((each) => [each.name, each]));
  const undeclared = Object.keys(request.parameters).filter((name) => !declared.has(name));
  if (undeclared.length > 0) {
    const names = undeclared.toSorted().join(', ');
    return refused('ParametersNotDeclared', `job ${request.job} does not declare ${names}`);
  }
  const parameters = { ...derived(request, server, declared), ...request.parameters };
  for (const [name, value] of Object.entries(parameters)) {
    const why = wrongValue(value, declared.get(name));
    if (why !== undefined) return refused('ParameterInvalid', `parameter ${name} ${why}`);
  }
  if (job.parameters === undefined) return { kind: 'fits', isCorrelated: false };
  const { correlationParameter } = request;
  const carrier = declared.get(correlationParameter);
  const isCorrelated = carrier !== undefined && takesText(carrier) && !(correlationParameter in request.parameters);
  return {
    kind: 'fits',
    parameters: isCorrelated ? { ...parameters, [correlationParameter]: id } : parameters,
    isCorrelated,
  };
}

/** Parts of the revision, where the job declares them and the operator's credential is for them. */
function derived(
  { revision, job }: BuildRequest,
  { grant }: Server,
  declared: ReadonlyMap<string, DeclaredParameter>,
): Readonly<Record<string, string>> {
  if (revision === undefined) return {};
  const isAllowed = (name: string): boolean =>
    grant === undefined ||
    (grant.allow ?? []).some(
      ({ jobs, parameters = [] }) => parameters.includes(name) && jobs.some((pattern) => globMatches(pattern, job)),
    );
  const parts: Readonly<Record<string, string>> = revisionParameters(revision);
  return Object.fromEntries(Object.entries(parts).filter(([name]) => declared.has(name) && isAllowed(name)));
}

/** Types by the names that the servers give them; one that is not known takes what it is given. */
function wrongValue(value: string, declared: DeclaredParameter | undefined): string | undefined {
  const isText = declared?.type === 'TextParameterDefinition';
  if (/[^\P{Cc}\n\r\t]/u.test(value)) return 'has control characters';
  if (!isText && /[\n\r]/.test(value)) return 'has line ends, and the job declares no text parameter for it';
  const { choices = [] } = declared ?? {};
  if (choices.length === 0 || choices.includes(value)) return undefined;
  return `is none of ${choices.slice(0, 10).join(', ')}`;
}

function takesText({ type }: DeclaredParameter): boolean {
  return type === '' || type === 'StringParameterDefinition' || type === 'TextParameterDefinition';
}

function refused(reason: Untriggered['reason'], message: string): { readonly kind: 'refused' } & Untriggered {
  return { kind: 'refused', reason, message };
}
