import { CartoError, type KubeObject } from '@cartographer/machinery';
import type { TargetFlags } from '../frame/flags.ts';
import { type OwnerKindName, type OwnerName, ownerText, parseOwner } from '../frame/owner-name.ts';
import { runSession, type Session } from '../frame/session.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import { parseFormat, printObject } from '../screen/print-objects.ts';
import { accountOf } from './account/account.ts';
import { readOwner } from './account/read-owner.ts';
import { createReader, createWatchingReader, type Reader } from './account/reader.ts';
import { treeOf } from './account/tree.ts';
import { typeLabelKeys, typeOf } from './account/type-labels.ts';
import { exportedObject } from './export.ts';
import { type Lines, redrawn } from './screen/redraw.ts';
import { screenLines } from './screen/screen.ts';

/** Flags of `get`. */
export type GetFlags = TargetFlags & {
  readonly output?: string;
  readonly watch?: boolean;
  readonly tree?: boolean;
  readonly export?: boolean;
};

/** Runs `carto workload get`. */
export async function runGet(
  surroundings: Surroundings,
  kind: OwnerKindName,
  name: string,
  flags: GetFlags,
): Promise<void> {
  const owner = parseOwner(name, kind);
  const format = parseFormat(flags.output);
  await runSession(surroundings, flags, { writes: false }, async (session) => {
    const found = await readOwner(session, owner);
    const { terminal } = session;
    if (flags.export === true) terminal.out(printObject(exportedObject(found), format ?? { kind: 'yaml' }));
    else if (format !== undefined) terminal.out(printObject(found, format));
    else {
      const screen = screenOf(session, owner, flags, kind === 'Workload' ? await typeLabelKeys(session) : []);
      if (flags.watch === true) await watch(session, owner, screen);
      else session.print((await screen(createReader(session), found))());
    }
  });
}

type Screen = (reader: Reader, owner: KubeObject) => Promise<Lines>;

function screenOf(
  session: Session,
  { kind }: OwnerName,
  { tree = false, namespace, context, kubeconfig }: GetFlags,
  keys: readonly string[],
): Screen {
  const { style, terminal, clock } = session;
  const given = [
    ...(namespace === undefined ? [] : ['-n', namespace]),
    ...(context === undefined ? [] : ['--context', context]),
    ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]),
  ];
  const flags = given.map((word) => ` ${word}`).join('');
  return async (reader, owner) => {
    const account = await accountOf(reader, kind, owner);
    const objects = tree ? await treeOf(reader, session.namespace, account.graph) : undefined;
    return () => {
      const view = { kind, style, columns: terminal.columns, nowMs: clock.now(), flags };
      return screenLines(account, typeOf(owner, keys), objects, view);
    };
  };
}

/** Draws the screen anew whenever something on it changes, until Ctrl-C, or until the owner is deleted. */
async function watch(session: Session, owner: OwnerName, screen: Screen): Promise<void> {
  const { signal, namespace } = session;
  const ended = new AbortController();
  const both = AbortSignal.any([signal, ended.signal]);
  const text = ownerText(owner, namespace);
  try {
    await redrawn(session, both, (changed) => {
      const reader = createWatchingReader(session, both, changed);
      return async () => {
        const found = await reader.get(owner.type, { namespace, name: owner.name });
        if (found.kind !== 'found') throw new CartoError('CARTO_NOT_FOUND', `${text} may not be read any more`);
        if (found.value === undefined) throw new CartoError('CARTO_NOT_FOUND', `${text} was deleted`);
        return screen(reader, found.value);
      };
    });
  } finally {
    ended.abort();
  }
}
