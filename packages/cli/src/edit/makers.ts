import { type KubeObject, type ManagedFieldsEntry, withTakenEntries } from '@cartographer/machinery';

/** Who the command line is to a server that tracks fields. */
export const FIELD_MANAGER = 'carto-cli';

/** Managers by which a person makes and edits a whole object with kubectl. */
const KUBECTL: ReadonlySet<string> = new Set([
  'kubectl',
  'kubectl-client-side-apply',
  'kubectl-create',
  'kubectl-edit',
  'kubectl-replace',
]);

/**
 * The plugin that developers used before: a server names a client that does not name itself after its executable, which was
 * `tanzu-plugin-apps`, then the plugin's version (`v0.2.0`), then version, digest and target
 * (`v0.13.0_<sha256>_kubernetes`).
 */
const PLUGIN = /^(?:tanzu-plugin-apps|v\d+\.\d+\.\d+[-+.\w]*)(?:\.exe)?$/;

/** What is taken over from those who made an object, before it is applied for the first time. */
export type TakeOver = {
  /** The managed fields of the object afterwards. */
  readonly managedFields: readonly ManagedFieldsEntry[];
  /** The other managers whose entries became ours. */
  readonly from: readonly string[];
};

/**
 * What has to be taken over so that an apply can remove what a maker set: the entries of its updates. Where `carto-cli` applied
 * before, only updates in its own name. Undefined where there is nothing to take over.
 */
export function takeOverOf({ metadata }: KubeObject): TakeOver | undefined {
  const entries = metadata.managedFields ?? [];
  const own = entries.find(({ manager, operation }) => manager === FIELD_MANAGER && operation === 'Apply');
  const taken = entries.filter(
    ({ manager = '', operation, subresource }) =>
      operation === 'Update' &&
      subresource === undefined &&
      (manager === FIELD_MANAGER || (own === undefined && isMaker(manager))),
  );
  const managedFields = withTakenEntries(entries, { own, taken, manager: FIELD_MANAGER });
  const from = taken.flatMap(({ manager = '' }) => (manager === FIELD_MANAGER ? [] : [manager]));
  return managedFields && { managedFields, from };
}

function isMaker(manager: string): boolean {
  return KUBECTL.has(manager) || PLUGIN.test(manager);
}
