import { allEnded, type KubeObject, listAt, textsAt } from '@cartographer/machinery';
import type { Session } from '../../frame/session.ts';
import { look } from '../look.ts';
import { type CheckReport, finding, reportOf } from '../report.ts';
import { type Deed, deedsText, deniedTo } from '../reviews.ts';
import type { Server } from '../server.ts';
import { deploymentOf, type FoundPart, unseenParts } from '../site.ts';

/** Asks whether the accounts of what is installed may do what their roles are to let them. */
export async function checkPartRights(
  session: Session,
  parts: readonly FoundPart[],
  server: Server,
  namespace: string,
): Promise<CheckReport> {
  // In `carto up` there are no Deployments, and the controller has its account all the same.
  const running = parts.filter(
    (part) => deploymentOf(part) !== undefined || (server.isEmbedded && part.name === 'controller'),
  );
  const looks = await allEnded(
    running.map(({ deployment, rights }) =>
      look(session, () => deniedTo(session, { namespace, name: deployment }, deedsOf(rights(namespace)))),
    ),
  );
  const findings = looks.flatMap((looked, index) => {
    if (looked.kind === 'unseen' || looked.value.length === 0) return [];
    const account = `${namespace}/${running[index]?.deployment ?? ''}`;
    return [finding('ControllerRightMissing', `service account ${account} may not ${deedsText(looked.value)}`)];
  });
  const unasked = looks.flatMap((looked, index) =>
    looked.kind === 'unseen' ? [`the rights of ${running[index]?.deployment ?? ''}: ${looked.why}`] : [],
  );
  const notLooked = [...unasked, ...unseenParts(parts)];
  const accounts = running.map(({ deployment }) => deployment).join(', ');
  return reportOf('controller rights', { says: accounts === '' ? 'nothing runs' : accounts, findings, notLooked });
}

/** What roles let an account do, one by one. A role that others bind where they like lets it do nothing by itself. */
function deedsOf(objects: readonly KubeObject[]): readonly Deed[] {
  return objects
    .filter(({ kind, metadata }) => kind.endsWith('Role') && isBound(objects, kind, metadata.name ?? ''))
    .flatMap((role) => listAt(role, 'rules').flatMap((rule) => deedsOfRule(rule, role.metadata.namespace)));
}

function isBound(objects: readonly KubeObject[], kind: string, name: string): boolean {
  return objects.some(({ roleRef }) => {
    const { kind: boundKind, name: boundName } = (roleRef ?? {}) as { readonly kind?: string; readonly name?: string };
    return boundKind === kind && boundName === name;
  });
}

function deedsOfRule(rule: unknown, namespace: string | undefined): readonly Deed[] {
  const names = textsAt(rule, 'resourceNames');
  const where = namespace === undefined ? {} : { namespace };
  return textsAt(rule, 'apiGroups').flatMap((group) =>
    textsAt(rule, 'resources').flatMap((resource) =>
      textsAt(rule, 'verbs').flatMap((verb) =>
        (names.length === 0 ? [{}] : names.map((name) => ({ name }))).map((which) => {
          return { verb, group, resource, ...where, ...which };
        }),
      ),
    ),
  );
}
