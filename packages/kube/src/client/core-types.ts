import type { ResourceType } from '@cartographer/machinery';

const core = (kind: string, resource: string, namespaced = true): ResourceType => ({
  group: '',
  version: 'v1',
  kind,
  resource,
  namespaced,
});

/** Secrets of the core group. */
export const SECRETS = core('Secret', 'secrets');
/** ConfigMaps of the core group. */
export const CONFIG_MAPS = core('ConfigMap', 'configmaps');
/** ServiceAccounts of the core group. */
export const SERVICE_ACCOUNTS = core('ServiceAccount', 'serviceaccounts');
/** Namespaces of the core group. */
export const NAMESPACES = core('Namespace', 'namespaces', false);
/** Events of the core group. */
export const EVENTS = core('Event', 'events');
/** Pods of the core group. */
export const PODS = core('Pod', 'pods');
