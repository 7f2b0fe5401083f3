import { type KubeObject, type ManagedFieldsEntry, withTakenEntries } from '@cartographer/machinery';

/** Who the command line is to a server that tracks fields. */
export const FIELD_MANAGER = 'carto-cli';

/** Managers by which a person makes and edits a whole object with kubectl; and ours, where it was lent to an update. */
const NAMED: ReadonlySet<string> = new Set([
  FIELD_MANAGER,
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
  /** The managers whose entries became ours. */
  readonly from: readonly string[];
};

/**
 * What has to be taken over so that an apply can remove what a maker set: the entries of its updates. Undefined where
 * `carto-cli` applied before, or where nobody made the object that it knows.
 */
export function takeOverOf({ metadata }: KubeObject): TakeOver | undefined {
  const entries = metadata.managedFields ?? [];
  if (entries.some((entry) => entry.manager === FIELD_MANAGER && entry.operation === 'Apply')) return undefined;
  const taken = entries.filter(isMaker);
  const managedFields = withTakenEntries(entries, { own: undefined, taken, manager: FIELD_MANAGER });
  return managedFields && { managedFields, from: taken.map(({ manager = '' }) => manager) };
}

function isMaker({ manager = '', operation, subresource }: ManagedFieldsEntry): boolean {
  return operation === 'Update' && subresource === undefined && (NAMED.has(manager) || PLUGIN.test(manager));
}
