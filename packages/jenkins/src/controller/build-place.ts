import type { Seen } from '../desk/followed.ts';
import type { ServerDesk } from '../desk/server-desk.ts';
import type { Standing } from '../judge/standing.ts';
import type { BuildRequest, Server } from '../kinds/read.ts';
import type { SucceededReason, UntriggeredReason } from '../kinds/reasons.ts';
import { jobPath } from '../remote/job-path.ts';
import { type BuildRun, identityOf, isSent } from './build-run.ts';
import { serverOf } from './jenkins-caches.ts';

/** The server of a build, and its key among the desks. */
export type Found = { readonly key: string; readonly server: Server };

/** Finds the server of a build, or says why there is none. */
export function serverIn(
  { deps, object }: BuildRun,
  { serverRef: { kind, name } }: BuildRequest,
): Found | { readonly reason: UntriggeredReason; readonly message: string } {
  const place = kind === 'JenkinsServer' ? `${object.metadata.namespace}/${name}` : name;
  const server = deps.caches.servers(kind).get(place);
  if (server === undefined) return { reason: 'ServerNotFound', message: `${kind} ${place} does not exist` };
  const read = serverOf(server);
  if (read.kind === 'wrong') return { reason: 'SpecInvalid', message: `${kind} ${place}: ${read.errors.join('; ')}` };
  return { key: `${kind}/${place}`, server: read.value };
}

/** What was not triggered is not; what was, is not known about. */
export function standsAgainst(
  { object }: BuildRun,
  reason: UntriggeredReason & SucceededReason,
  message: string,
): Standing {
  return isSent(object)
    ? { kind: 'unanswered', reason, message }
    : { kind: 'untriggered', reason, message, isFinal: false };
}

/** Follows a build where its server is asked, by what is written down of it now. */
export function follow(
  { deps, key, object }: BuildRun,
  request: BuildRequest,
  { key: at, server }: Found,
): { readonly desk: ServerDesk; readonly seen: Seen } {
  const desk = deps.desks.ofBuild(key, at, server);
  const seen = desk.follow(key, {
    namespace: object.metadata.namespace ?? '',
    job: jobPath(request.job) ?? '',
    identity: identityOf(object, request),
  });
  return { desk, seen };
}
