import { createInformer } from '@cartographer/kube';
import type { KubeObject } from '@cartographer/machinery';
import type { OwnerName } from '../../frame/owner-name.ts';
import type { Session } from '../../frame/session.ts';
import { sessionLog } from './session-log.ts';

/**
 * Tells the listener what an owner is now and each time that it changes, and undefined while there is none, until it
 * answers true or the signal is aborted. Lost watches are taken up again.
 */
export async function watchOwner(
  session: Session,
  { type, name }: OwnerName,
  signal: AbortSignal,
  listener: (owner: KubeObject | undefined) => boolean,
): Promise<void> {
  const { client, clock, namespace } = session;
  const ended = new AbortController();
  const both = AbortSignal.any([signal, ended.signal]);
  const log = sessionLog(session, both);
  const fieldSelector = `metadata.name=${name}`;
  const informer = createInformer({ client, clock, log, type, namespace, fieldSelector });
  const look = (): void => {
    if (!both.aborted && listener(informer.get(`${namespace}/${name}`))) ended.abort();
  };
  informer.onEvent(({ initial }) => {
    if (!initial) look();
  });
  void informer.synced.then(look);
  await informer.run(both);
}
