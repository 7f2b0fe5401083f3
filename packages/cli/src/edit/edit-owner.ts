import { carto } from '@cartographer/api';
import { isNotFound } from '@cartographer/kube';
import { CartoError, type KubeObject, rfc3339 } from '@cartographer/machinery';
import { confirm } from '../frame/confirm.ts';
import { ownerText } from '../frame/owner-name.ts';
import { runSession, type Session } from '../frame/session.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import { unservedNote } from '../read/unserved-note.ts';
import { contentOf, writtenOwner } from '../read/written-owner.ts';
import { printObject } from '../screen/print-objects.ts';
import { withAssignment } from './assignments.ts';
import { awaitReady } from './await-ready.ts';
import type { Change } from './change.ts';
import { type EditCommand, type EditRequest, readRequest } from './edit-request.ts';
import { differingPaths } from './owned-paths.ts';
import { type Planned, planEdit } from './plan-edit.ts';
import { editDiff, nextCommands, ownerYaml } from './show-edit.ts';
import { typeLabelOf } from './type-label.ts';
import { tryEdit, writeEdit } from './write-edit.ts';

/** `carto workload create | apply` and the same of a deliverable. */
export async function runEdit(command: EditCommand, surroundings: Surroundings): Promise<void> {
  const request = await readRequest(command, surroundings);
  const writes = request.flags.dryRun === undefined;
  await runSession(surroundings, request.flags, { writes }, async (session) => {
    const namespace = request.namespace ?? session.namespace;
    const { cwd } = surroundings;
    await editOwner({ ...request, session, namespace, cwd, text: ownerText(request, namespace) });
  });
}

/** One edit in a cluster. */
type OwnerEdit = EditRequest & {
  readonly session: Session;
  readonly namespace: string;
  /** The working directory. */
  readonly cwd: string;
  /** `workload shop/web` */
  readonly text: string;
};

async function editOwner(edit: OwnerEdit): Promise<void> {
  const { verb, text, flags, format, session } = edit;
  const live = await readLive(edit);
  if (verb === 'create' && live !== undefined) {
    throw new CartoError('CARTO_CONFLICT', `${text} exists already: change it with "apply"`);
  }
  const planned = await plan(edit, live);
  if (flags.dryRun !== undefined) return showDryRun(edit, planned);
  const written = await settle(edit, planned);
  if (format !== undefined) session.terminal.out(printObject(written, format));
  if (flags.wait === true || flags.tail === true) {
    await awaitReady(edit, written);
    tell(edit, [session.style.good(`${text} is ready`)]);
  }
  if (format === undefined) session.print(nextCommands({ ...edit, target: session.target, context: flags.context }));
  await followIfLive(edit, written);
}

/** With `--live`: pushes each change of the folder, until somebody ends it. */
async function followIfLive(edit: OwnerEdit, written: KubeObject): Promise<void> {
  const { live, localPath, ...flags } = edit.flags;
  if (live !== true || localPath === undefined) return;
  const { followUpload } = await import('./upload-source.ts');
  await followUpload({ ...edit, flags: { ...flags, live, localPath }, owners: [written] });
}

async function readLive({ kind, name, namespace, session }: OwnerEdit): Promise<KubeObject | undefined> {
  const { client, signal } = session;
  try {
    return await client.get(carto.kinds[kind], { namespace, name }, { signal });
  } catch (error) {
    // An answer without a name is about the kind: then there is nothing that could be created, either.
    if (isNotFound(error) && error.status.details?.name !== undefined) return undefined;
    throw error;
  }
}

async function plan(edit: OwnerEdit, live: KubeObject | undefined): Promise<Planned> {
  const { kind, name, namespace, file, session } = edit;
  const change = await withUpload(edit, await withType(edit), live);
  return planEdit({ kind, name, namespace, file, change, live, time: rfc3339(session.clock.now()) });
}

async function withType({ kind, flags, change, session, typeLabelIsSaid: isSaid }: OwnerEdit): Promise<Change> {
  if (change.type === undefined) return change;
  const key = await typeLabelOf(session, { kind, typeLabel: flags.typeLabel, isSaid });
  return { ...change, labels: withAssignment(change.labels, key, change.type) };
}

async function withUpload(edit: OwnerEdit, change: Change, live: KubeObject | undefined): Promise<Change> {
  const { flags, file } = edit;
  const { localPath } = flags;
  if (localPath === undefined) return change;
  const { uploadedImage } = await import('./upload-source.ts');
  const sourceImage = await uploadedImage({ ...edit, flags: { ...flags, localPath }, owners: [file, live] });
  return { ...change, source: { ...change.source, sourceImage } };
}

async function showDryRun(edit: OwnerEdit, planned: Planned): Promise<void> {
  const { flags, format, session } = edit;
  const owner = flags.dryRun === 'server' ? await tryEdit(session, planned) : planned.after;
  noteEmpty(edit, owner);
  session.terminal.out(format === undefined ? `---\n${ownerYaml(owner)}` : printObject(writtenOwner(owner), format));
}

/** Shows what changes, asks, and writes. */
async function settle(edit: OwnerEdit, planned: Planned): Promise<KubeObject> {
  const { flags, text, session } = edit;
  const { before, after } = planned;
  if (before !== undefined && differingPaths(contentOf(before), contentOf(after)).length === 0) {
    tell(edit, [`${text} is unchanged`]);
    // Who owns which field may still change, which nobody sees and the next apply builds on.
    return after === before ? before : writeEdit(session, planned);
  }
  noteEmpty(edit, after);
  const deed = before === undefined ? 'create' : 'update';
  tell(edit, [`${deed} ${text}:`, ...editDiff(before, after, session.style)]);
  noteTakeOver(edit, planned);
  await confirm(session.terminal, {
    question: `${deed} it in ${session.target.text}?`,
    yes: flags.yes === true,
    signal: session.signal,
  });
  const written = await writeEdit(session, planned);
  tell(edit, [session.style.good(`${deed}d ${text}`)]);
  if (before === undefined) await noteUnserved(edit, written);
  return written;
}

/** Words for people: with `-o` nothing but the object goes to standard output. */
function tell({ format, session }: OwnerEdit, lines: readonly string[]): void {
  if (format === undefined) session.print(lines);
  else for (const line of lines) session.say(line);
}

async function noteUnserved({ kind, text, session }: OwnerEdit, owner: KubeObject): Promise<void> {
  const note = await unservedNote(session, kind, owner);
  if (note !== undefined) session.say(`note: ${text}: ${note}`);
}

function noteEmpty({ kind, text, session }: OwnerEdit, { spec }: KubeObject): void {
  const { source, image, params } = (spec ?? {}) as { source?: unknown; image?: unknown; params?: unknown };
  if (source !== undefined || image !== undefined || params !== undefined) return;
  session.say(`note: ${text} has ${kind === 'Workload' ? 'neither source nor image' : 'no source'}`);
}

function noteTakeOver({ session }: OwnerEdit, { takeOver }: Planned): void {
  if (takeOver === undefined || takeOver.from.length === 0) return;
  session.say(
    `note: carto takes over the fields that ${takeOver.from.join(' and ')} set: from now on what you leave out of a file, or unset, goes`,
  );
}
