import { carto } from '@cartographer/api';
import { getIfThere, isConflict, isNotFound } from '@cartographer/kube';
import { CartoError, type KubeObject, parseLabelSelector, SelectorError } from '@cartographer/machinery';
import { confirm } from '../frame/confirm.ts';
import { EXIT } from '../frame/exit-codes.ts';
import { type OwnerName, ownerText, parseOwner } from '../frame/owner-name.ts';
import { runSession, type Session } from '../frame/session.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import { refuseProblems } from '../frame/words.ts';
import { allOf } from '../read/pages.ts';
import { plain } from '../screen/text.ts';
import type { DeleteFlags } from './edit-flags.ts';
import { type EditedKind, readOwner } from './read-owner.ts';

/** What `carto workload delete` and the same of a deliverable are given. */
export type DeleteCommand = {
  readonly kind: EditedKind;
  readonly names: readonly string[];
  readonly flags: DeleteFlags;
};

const POLL_MS = 500;
const MOST_LISTED = 20;

/** `carto workload delete` and the same of a deliverable. */
export async function runDelete(command: DeleteCommand, surroundings: Surroundings): Promise<void> {
  const { kind, flags } = command;
  refuseProblems(problemsOf(command));
  const names = command.names.map((name) => parseOwner(name, kind));
  const file = flags.file === undefined ? undefined : await readOwner(flags.file, kind, surroundings);
  if (file !== undefined) names.push(parseOwner(file.metadata.name ?? '', kind));
  refuseProblems(names.filter((name) => name.kind !== kind).map(({ name }) => `"${name}" is no ${kind.toLowerCase()}`));
  await runSession(surroundings, flags, { writes: true }, async (session) => {
    const namespace = flags.namespace ?? file?.metadata.namespace ?? session.namespace;
    const deletion = { ...command, session, namespace };
    const found = await (names.length > 0 ? named(deletion, names) : selected(deletion));
    if (found.length === 0) {
      session.terminal.exitCode = EXIT.notFound;
      return;
    }
    await confirmed(deletion, found);
    for (const owner of found) await deleteOne(deletion, owner);
    if (flags.wait === true) await gone(deletion, found);
  });
}

type Deletion = DeleteCommand & { readonly session: Session; readonly namespace: string };

function problemsOf({ kind, names, flags }: DeleteCommand): readonly string[] {
  const many = kind.toLowerCase();
  const ways = [names.length > 0 || flags.file !== undefined, flags.all === true, flags.selector !== undefined];
  const given = ways.filter(Boolean).length;
  if (given === 0) return [`say which ${many}s: NAME…, -f FILE, -l SELECTOR, or --all`];
  if (given > 1) return ['NAME and -f, --all, and -l exclude each other: give one of them'];
  if (flags.selector === undefined) return [];
  if (flags.selector.trim() === '') return ['-l: an empty selector selects everything; say --all if that is meant'];
  try {
    parseLabelSelector(flags.selector);
    return [];
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    return [`-l "${flags.selector}": ${error.message}`];
  }
}

/** Those of the named ones that are there; each of the others is named. */
async function named(deletion: Deletion, names: readonly OwnerName[]): Promise<readonly KubeObject[]> {
  const { kind, session, namespace } = deletion;
  const { client, signal } = session;
  const found: KubeObject[] = [];
  for (const name of new Set(names.map((owner) => owner.name))) {
    const owner = await getIfThere(client, carto.kinds[kind], { namespace, name }, { signal });
    if (owner === undefined) session.say(`${ownerText({ kind, name }, namespace)} does not exist`);
    else found.push(owner);
  }
  return found;
}

async function selected({ kind, flags, session, namespace }: Deletion): Promise<readonly KubeObject[]> {
  const { client, signal } = session;
  const selection = flags.selector === undefined ? {} : { labelSelector: flags.selector };
  const found = await allOf(client, carto.kinds[kind], { namespace, signal, ...selection });
  if (found.length === 0) {
    const fitting = flags.selector === undefined ? '' : ` that -l ${flags.selector} selects`;
    session.say(`there is no ${kind.toLowerCase()} in namespace ${namespace}${fitting}`);
  }
  return found;
}

async function confirmed(deletion: Deletion, found: readonly KubeObject[]): Promise<void> {
  const { kind, flags, session, namespace } = deletion;
  const { terminal, signal, target } = session;
  const [only] = found;
  const isOne = found.length === 1 && only !== undefined;
  if (!isOne) {
    const listed = found.slice(0, MOST_LISTED).map((owner) => `  ${textOf(deletion, owner)}`);
    const more = found.length - listed.length;
    for (const line of [...listed, ...(more > 0 ? [`  and ${more} more`] : [])]) session.say(plain(line));
  }
  const what = isOne
    ? textOf(deletion, only)
    : `these ${found.length} ${kind.toLowerCase()}s in namespace ${namespace}`;
  const question = `delete ${plain(what)} in ${target.text}, and all that was made for ${isOne ? 'it' : 'them'}?`;
  await confirm(terminal, { question, yes: flags.yes === true, signal });
}

/** Deletes the very object that was read: one of the same name that was made since is left alone. */
async function deleteOne(deletion: Deletion, owner: KubeObject): Promise<void> {
  const { kind, session, namespace } = deletion;
  const { client, signal, style } = session;
  const { name = '', uid } = owner.metadata;
  const text = textOf(deletion, owner);
  try {
    const preconditions = uid === undefined ? {} : { preconditions: { uid } };
    await client.delete(carto.kinds[kind], { namespace, name }, { ...preconditions, signal });
    session.print([style.good(`deleted ${text}`)]);
  } catch (error) {
    if (isConflict(error)) {
      throw new CartoError(
        'CARTO_CONFLICT',
        `${text}: it was deleted and made anew in between; nothing was done to it`,
        {
          cause: error,
        },
      );
    }
    if (!isNotFound(error)) throw error;
    session.say(`${text} was gone already`);
  }
}

async function gone(deletion: Deletion, found: readonly KubeObject[]): Promise<void> {
  const { kind, flags, session, namespace } = deletion;
  const { client, clock, signal } = session;
  const endMs = clock.monotonicMs() + flags.waitTimeout;
  for (const owner of found) {
    const { name = '', uid } = owner.metadata;
    for (;;) {
      const now = await getIfThere(client, carto.kinds[kind], { namespace, name }, { signal });
      if (now === undefined || now.metadata.uid !== uid) break;
      if (clock.monotonicMs() >= endMs) throw stillThere(textOf(deletion, owner), now);
      await clock.sleep(POLL_MS, signal);
    }
  }
}

function stillThere(text: string, { metadata }: KubeObject): CartoError {
  const { finalizers = [] } = metadata;
  const why = finalizers.length === 0 ? '' : `: it waits for ${finalizers.join(', ')}`;
  return new CartoError('CARTO_WAIT_TIMEOUT', `${text} is still there${why}`);
}

function textOf({ kind, namespace }: Deletion, { metadata }: KubeObject): string {
  return ownerText({ kind, name: metadata.name ?? '' }, namespace);
}
