import type { Session } from '../../frame/session.ts';
import { type CheckReport, finding, reportOf } from '../report.ts';
import type { Identity } from '../reviews.ts';
import type { Server } from '../server.ts';

/** The oldest minor version of Kubernetes 1 that `docs/install.md` names. */
const OLDEST_MINOR = 27;

/** Tells where we are and as whom. That the server answers at all is known by now. */
export function checkAccess({ target }: Session, server: Server, identity: Identity | undefined): CheckReport {
  const { version, minor } = server;
  const who = identity === undefined ? 'as somebody whom it does not name' : `as ${identity.user}`;
  const says = `${version} at ${target.server}, ${who}`;
  if (minor !== undefined && minor < OLDEST_MINOR) {
    return reportOf('access', {
      says,
      findings: [finding('ServerTooOld', `the server is Kubernetes ${version}; 1.${OLDEST_MINOR} or newer is needed`)],
    });
  }
  return reportOf('access', { says });
}
