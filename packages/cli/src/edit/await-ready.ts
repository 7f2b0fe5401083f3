import { carto } from '@cartographer/api';
import { type KubeObject, messageOf } from '@cartographer/machinery';
import type { OwnerName } from '../frame/owner-name.ts';
import type { Session } from '../frame/session.ts';
import type { EditFlags } from './edit-flags.ts';
import type { EditedKind } from './read-owner.ts';

/** Who is waited for, and how. */
export type Awaited = {
  readonly session: Session;
  readonly kind: EditedKind;
  readonly name: string;
  readonly namespace: string;
  readonly flags: Pick<EditFlags, 'waitTimeout' | 'tail'>;
};

/**
 * Waits until an owner is ready as it was written, with `--tail` showing its logs meanwhile; that they cannot be shown ends no
 * wait.
 * @throws CartoError as `waitReady` of the room that looks.
 */
export async function awaitReady({ kind, name, namespace, flags, ...more }: Awaited, { metadata }: KubeObject) {
  const session = { ...more.session, namespace };
  const owner = { kind, type: carto.kinds[kind], name };
  const { waitReady } = await import('../look/wait.ts');
  const over = new AbortController();
  const logs = flags.tail === true ? showLogs(session, owner, over.signal) : undefined;
  try {
    const { generation } = metadata;
    await waitReady(session, owner, {
      timeoutMs: flags.waitTimeout,
      ...(generation === undefined ? {} : { generation }),
    });
  } finally {
    over.abort();
    await logs;
  }
}

/** Shows logs until the signal fires. */
async function showLogs(session: Session, owner: OwnerName, over: AbortSignal): Promise<void> {
  const { tailLogs } = await import('../logs/tail.ts');
  try {
    await tailLogs(session, owner, {
      previous: false,
      follow: true,
      lines: undefined,
      sinceMs: SINCE_MS,
      timestamps: false,
      raw: false,
      asJson: false,
      signal: AbortSignal.any([session.signal, over]),
    });
  } catch (error) {
    if (!over.aborted && !session.signal.aborted) session.say(`logs cannot be shown: ${messageOf(error)}`);
  }
}

/** Logs of what ran just before, too: it may have begun before it was asked for. */
const SINCE_MS = 60_000;
