import { createInformer, getIfThere, type Informer, type ObjectKey, type Selection } from '@cartographer/kube';
import { type KubeObject, orAborted, qualifiedResource, type ResourceType } from '@cartographer/machinery';
import type { Session } from '../../frame/session.ts';
import { allOf } from '../../read/pages.ts';
import { type IfAllowed, ifAllowed } from './if-allowed.ts';
import { sessionLog } from './session-log.ts';

/** Reads what a screen shows: once, or from copies that watches keep current. */
export type Reader = {
  /** The resource of a kind; `notServed` when the server does not have it. */
  typeOf(kind: { readonly apiVersion: string; readonly kind: string }): Promise<IfAllowed<ResourceType>>;
  /** The object, undefined when it is not there. */
  get(type: ResourceType, key: ObjectKey): Promise<IfAllowed<KubeObject | undefined>>;
  list(type: ResourceType, selection: Selection): Promise<IfAllowed<readonly KubeObject[]>>;
};

/** A {@link Reader} that asks the server each time. */
export function createReader({ client, mapper, signal }: Session): Reader {
  return {
    typeOf: (kind) => ifAllowed(mapper.resourceFor(kind, { signal })),
    get: (type, key) => ifAllowed(getIfThere(client, type, key, { signal })),
    list: (type, selection) => ifAllowed(allOf(client, type, { ...selection, signal })),
  };
}

/**
 * A {@link Reader} that asks once and then watches, until the signal is aborted: `onChange` is called for whatever changes in
 * what was asked for. Which kinds the server has is asked once; what could not be read is asked for again the next time.
 */
export function createWatchingReader(session: Session, signal: AbortSignal, onChange: () => void): Reader {
  const { client, clock } = session;
  const once = createReader(session);
  const informers = new Map<string, Informer>();
  const types = new Map<string, Promise<IfAllowed<ResourceType>>>();

  const watched = async (type: ResourceType, selection: Selection): Promise<IfAllowed<Informer>> => {
    const { namespace = '', labelSelector = '', fieldSelector = '' } = selection;
    const key = [qualifiedResource(type), type.version, namespace, labelSelector, fieldSelector].join('\n');
    const known = informers.get(key);
    if (known !== undefined) {
      await orAborted(known.synced, signal);
      return { kind: 'found', value: known };
    }
    // An informer tries for ever; whether it may is asked first.
    const probe = await ifAllowed(client.list(type, { ...selection, limit: 1, signal }));
    if (probe.kind !== 'found') return probe;
    const informer = informers.get(key) ?? start(type, selection);
    informers.set(key, informer);
    await orAborted(informer.synced, signal);
    return { kind: 'found', value: informer };
  };
  const start = (type: ResourceType, selection: Selection): Informer => {
    const informer = createInformer({ ...selection, client, clock, type, log: sessionLog(session, signal) });
    informer.onEvent(({ initial }) => {
      if (!initial) onChange();
    });
    void informer.run(signal);
    return informer;
  };

  return {
    typeOf({ apiVersion, kind }) {
      const key = `${apiVersion}\n${kind}`;
      const known = types.get(key) ?? once.typeOf({ apiVersion, kind });
      types.set(key, known);
      return known;
    },
    async get(type, { namespace, name }) {
      const within = type.namespaced && namespace !== undefined ? { namespace } : {};
      const found = await watched(type, { ...within, fieldSelector: `metadata.name=${name}` });
      // Who may read an object need not be allowed to watch it.
      if (found.kind !== 'found') return once.get(type, { ...within, name });
      return { kind: 'found', value: found.value.list()[0] };
    },
    async list(type, selection) {
      const found = await watched(type, selection);
      return found.kind === 'found' ? { kind: 'found', value: found.value.list() } : found;
    },
  };
}
