import type { Clock, KubeObject } from '@cartographer/machinery';

import type { AdmissionHook } from '../../core-api.ts';
import type { ResourceRegistry } from '../registry.ts';
import type { ServedResource } from '../served-resource.ts';
import type { Journal } from '../storage/journal.ts';

/** What the write pipeline works with. */
export type WriteContext = {
  readonly registry: ResourceRegistry;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly hooks: readonly AdmissionHook[];
  readonly random: () => number;
  readonly newUid: () => string;
  /** Called right after a change is recorded, in the same batch: where CustomResourceDefinitions are taken up. */
  readonly committed: (resource: ServedResource, object: KubeObject, old: KubeObject | undefined) => void;
};
