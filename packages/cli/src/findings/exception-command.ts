import { isAlreadyExists, isForbidden, isNotFound } from '@cartographer/kube';
import { CartoError, deepEqual, type KubeObject, type ResourceType, textAt, toYaml } from '@cartographer/machinery';
import { SCANNING_ROLES, scanningKinds } from '@cartographer/scanning';
import { confirm } from '../frame/confirm.ts';
import type { TargetFlags, WriteFlags } from '../frame/flags.ts';
import { runSession, type Session } from '../frame/session.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import { ageText } from '../screen/ages.ts';
import { lineDiff } from '../screen/line-diff.ts';
import { parseFormat, printObject, printObjects } from '../screen/print-objects.ts';
import { type Cell, tableLines } from '../screen/table.ts';
import { readExpiry } from './expiry.ts';
import { type NewException, newException } from './new-exception.ts';
import { objectsOf } from './status-findings.ts';

/** Flags of `carto exception create`. */
export type CreateExceptionFlags = WriteFlags &
  Omit<NewException, 'vulnerability' | 'images' | 'digests'> & {
    readonly image?: readonly string[];
    readonly digest?: readonly string[];
    readonly cluster?: boolean;
    readonly namespaces?: string;
    readonly dryRun?: boolean | 'client' | 'server';
    readonly output?: string;
  };

/** Flags of `carto exception list`. */
export type ListExceptionFlags = TargetFlags & {
  readonly allNamespaces?: boolean;
  readonly cluster?: boolean;
  readonly output?: string;
};

/** Flags of `carto exception delete`. */
export type DeleteExceptionFlags = WriteFlags & { readonly cluster?: boolean };

const { VulnerabilityException, ClusterVulnerabilityException } = scanningKinds;
const FIELD_MANAGER = 'carto-cli';
const HEAD = ['NAME', 'VULNERABILITY', 'PACKAGE', 'STATUS', 'EXPIRES', 'EXCUSES', 'READY', 'WHY'];

/** `carto exception create`: shows the exception, asks, and makes it. One of that name that says something else is a conflict. */
export async function createException(
  id: string,
  flags: CreateExceptionFlags,
  surroundings: Surroundings,
): Promise<void> {
  const { image: images, digest: digests, dryRun } = flags;
  const format = parseFormat(flags.output);
  if (flags.namespaces !== undefined && flags.cluster !== true) {
    throw new CartoError('CARTO_USAGE', '--namespaces is for an exception of the cluster: say --cluster too');
  }
  const expires = readExpiry(flags.expires, surroundings.clock.now());
  const given = { ...flags, vulnerability: id, expires, ...(images && { images }), ...(digests && { digests }) };
  const type = flags.cluster === true ? ClusterVulnerabilityException : VulnerabilityException;
  await runSession(surroundings, flags, { writes: dryRun !== true && dryRun !== 'client' }, async (session) => {
    const { signal, terminal, style, print, say, namespace, target } = session;
    const object = newException(given, flags.cluster === true ? { labels: flags.namespaces ?? '*' } : { namespace });
    const told = format === undefined ? print : (lines: readonly string[]) => lines.forEach(say);
    const output = (made: KubeObject): void => terminal.out(printObject(made, format ?? { kind: 'yaml' }));
    if (dryRun === true || dryRun === 'client') return output(object);
    if (dryRun === 'server') return output(await made(session, type, object, true));
    const name = exceptionText(type, object);
    told([`Create ${name}:`, ...lineDiff('', toYaml(object), style)]);
    await confirm(terminal, { question: `create ${name} in ${target.text}?`, yes: flags.yes ?? false, signal });
    const answer = await made(session, type, object);
    if (format !== undefined) output(answer);
    told([
      style.good(`created ${name}`),
      style.faint('next: carto exception list shows what it excuses, carto cve what is left'),
    ]);
  });
}

/** Creates; whoever makes the same again has it already. */
async function made(
  session: Session,
  type: ResourceType,
  object: KubeObject,
  dryRun: boolean = false,
): Promise<KubeObject> {
  const { client, signal } = session;
  const { namespace, name = '' } = object.metadata;
  try {
    return await client.create(type, object, { fieldManager: FIELD_MANAGER, signal, ...(dryRun && { dryRun }) });
  } catch (error) {
    if (isForbidden(error)) sayWho(type, session);
    if (!isAlreadyExists(error)) throw error;
    const there = await client.get(type, { namespace, name }, { signal });
    if (deepEqual(there['spec'] ?? {}, object['spec'] ?? {})) return there;
    throw new CartoError(
      'CARTO_CONFLICT',
      `${exceptionText(type, object)} exists and says something else: give another --name, or delete it first`,
      { cause: error },
    );
  }
}

/** The words for a refusal say which right is missing; this says who gives it. */
function sayWho(type: ResourceType, { say }: Session): void {
  say(
    type.namespaced
      ? `exceptions are written by whoever has the role ${SCANNING_ROLES.exceptions} in the namespace`
      : 'exceptions of the cluster are written by its operator',
  );
}

/** `carto exception list`: exceptions of a namespace, of all, or of the cluster, with what they excuse and until when. */
export async function listExceptions(flags: ListExceptionFlags, surroundings: Surroundings): Promise<void> {
  const format = parseFormat(flags.output);
  await runSession(surroundings, flags, { writes: false }, async (session) => {
    const { namespace, terminal, style, print, say } = session;
    const isWide = flags.allNamespaces === true;
    const type = flags.cluster === true ? ClusterVulnerabilityException : VulnerabilityException;
    const where = isWide || flags.cluster === true ? {} : { namespace };
    const objects: KubeObject[] = [];
    for await (const object of objectsOf(session, type, where)) objects.push(object);
    if (format !== undefined) return terminal.out(printObjects(objects, format));
    if (objects.length === 0) return say(`no exceptions${'namespace' in where ? ` in namespace ${namespace}` : ''}`);
    const head = isWide ? ['NAMESPACE', ...HEAD] : HEAD;
    const rows = objects.map((object) => {
      const row = rowOf(object, session);
      return isWide ? [object.metadata.namespace ?? '', ...row] : row;
    });
    print(tableLines({ head, rows }, style, terminal.columns));
  });
}

function rowOf(object: KubeObject, { clock, style }: Session): readonly Cell[] {
  const spec = (key: string): string => textAt(object, 'spec', key);
  const {
    matches = 0,
    excuses = 0,
    conditions = [],
  } = (object['status'] ?? {}) as {
    readonly matches?: number;
    readonly excuses?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[];
  };
  const ready = conditions.find(({ type }) => type === 'Ready');
  return [
    object.metadata.name ?? '',
    spec('vulnerability'),
    spec('package') === '' ? '*' : spec('package'),
    spec('status'),
    expiresCell(spec('expires'), clock.now(), style),
    `${excuses} of ${matches}`,
    { text: ready?.status ?? '-', paint: ready?.status === 'True' ? style.good : style.warn },
    ready?.reason ?? 'the scanner has not looked at it yet',
  ];
}

function expiresCell(expires: string, nowMs: number, style: Session['style']): Cell {
  const leftMs = Date.parse(expires) - nowMs;
  if (expires.startsWith('9999')) return 'never';
  return leftMs > 0 ? `in ${ageText(leftMs)}` : { text: `${ageText(-leftMs)} ago`, paint: style.bad };
}

/** `carto exception delete`: shows what goes, asks, and deletes. */
export async function deleteExceptions(
  names: readonly string[],
  flags: DeleteExceptionFlags,
  surroundings: Surroundings,
): Promise<void> {
  const type = flags.cluster === true ? ClusterVulnerabilityException : VulnerabilityException;
  await runSession(surroundings, flags, { writes: true }, async (session) => {
    const { client, signal, terminal, print, style, target } = session;
    const namespace = flags.cluster === true ? undefined : session.namespace;
    const objects = await Promise.all(names.map((name) => client.get(type, { namespace, name }, { signal })));
    for (const object of objects) {
      print([
        `Delete ${exceptionText(type, object)}: ${textAt(object, 'spec', 'vulnerability')}, what it excuses counts again`,
      ]);
    }
    const question = `delete ${names.length === 1 ? 'it' : `these ${names.length}`} in ${target.text}?`;
    await confirm(terminal, { question, yes: flags.yes ?? false, signal });
    for (const { metadata } of objects) {
      const { name = '', uid } = metadata;
      await client
        .delete(type, { namespace, name }, { ...(uid && { preconditions: { uid } }), signal })
        .catch((error: unknown) => {
          if (isForbidden(error)) sayWho(type, session);
          // Somebody else was faster.
          if (!isNotFound(error)) throw error;
        });
      print([style.good(`deleted ${exceptionText(type, { ...objects[0], metadata } as KubeObject)}`)]);
    }
  });
}

function exceptionText(type: ResourceType, { metadata: { namespace, name = '' } }: KubeObject): string {
  return type.namespaced ? `exception ${namespace ?? ''}/${name}` : `exception ${name} of the cluster`;
}
