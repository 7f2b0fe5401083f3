import type { WrittenObjects } from '@cartographer/kube';
import { deepEqual, type KubeObject, listAt, objectKey } from '@cartographer/machinery';
import type { Controller } from '@cartographer/runtime';
import { conventionOf } from '../chain/convention.ts';
import { type CaSource, conventionVersion } from '../kinds/read.ts';
import { type Authorities, sourceKey } from './authorities.ts';
import type { CallCounts } from './call-counts.ts';
import { type ConventionsCaches, labelsOf, requestOf } from './conventions-caches.ts';

/** Who is woken. */
export type Woken = {
  readonly caches: ConventionsCaches;
  readonly intents: Pick<Controller, 'enqueue'>;
  readonly written: WrittenObjects;
  readonly authorities: Pick<Authorities, 'follow'>;
  readonly counts: Pick<CallCounts, 'forget'>;
};

/** Lets every change wake the intents that it can affect, and no others. */
export function wakeByChanges(woken: Woken): void {
  const { caches, intents, written, authorities, counts } = woken;
  caches.intents.onEvent(({ type, object, old, initial }) => {
    const key = objectKey(object.metadata);
    if (type !== 'deleted' && written.isOwn(key, object)) return;
    if (type === 'updated' && old !== undefined && asks(old) === asks(object)) return;
    intents.enqueue(key, initial ? 'background' : 'live');
  });
  caches.conventions.onEvent(({ type, object, old, initial }) => {
    if (type === 'updated' && old !== undefined && conventionVersion(old) === conventionVersion(object)) return;
    if (type === 'deleted') counts.forget(object.metadata.name ?? '');
    authorities.follow(caches.conventions.list().flatMap(sourceOf));
    // The first lists wake all intents by themselves.
    if (!initial) wakeFitting(woken, old === undefined ? [object] : [old, object]);
  });
  caches.accounts.onEvent(({ object, old, initial }) => {
    if (initial || (old !== undefined && isSameAccount(old, object))) return;
    wakeWhere(woken, (intent) => {
      const request = requestOf(intent);
      const { namespace, name } = object.metadata;
      return (
        request.kind === 'read' && request.value.serviceAccountName === name && request.value.namespace === namespace
      );
    });
  });
}

/** Others are trusted now at these sources: wakes the intents that conventions with one of them fit. */
export function wakeByAuthorities(woken: Woken, keys: ReadonlySet<string>): void {
  const conventions = woken.caches.conventions.list();
  wakeFitting(
    woken,
    conventions.filter((convention) => sourceOf(convention).some((source) => keys.has(sourceKey(source)))),
  );
}

function wakeFitting(woken: Woken, conventions: readonly KubeObject[]): void {
  const fits = conventions.map((convention) => conventionOf(convention).fits);
  wakeWhere(woken, (intent) => fits.some((fit) => fit(labelsOf(intent))));
}

function wakeWhere({ caches, intents }: Woken, isMeant: (intent: KubeObject) => boolean): void {
  for (const intent of caches.intents.list()) {
    if (isMeant(intent)) intents.enqueue(objectKey(intent.metadata));
  }
}

function sourceOf(convention: KubeObject): readonly CaSource[] {
  const { does } = conventionOf(convention);
  return 'webhook' in does ? [does.webhook.ca] : [];
}

/** A change of what only we write is none. */
function asks({ metadata: { uid, generation, labels, annotations, deletionTimestamp } }: KubeObject): string {
  return JSON.stringify([uid, generation, labels, annotations, deletionTimestamp]);
}

function isSameAccount(old: KubeObject, account: KubeObject): boolean {
  const secrets = 'imagePullSecrets';
  return old.metadata.uid === account.metadata.uid && deepEqual(listAt(old, secrets), listAt(account, secrets));
}
