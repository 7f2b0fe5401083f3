import type { KubeObject, ResourceType } from '@cartographer/machinery';
import type { Resource } from '../read/resource-inputs.ts';
import type { Output } from '../read/resource-outputs.ts';
import type { PlannedEvent, Settled } from '../world/world.ts';
import type { StepFailure } from './step-failure.ts';

/** What became of a resource in this pass. */
export type Realized = {
  readonly resource: Resource;
  readonly template: KubeObject | undefined;
  readonly passesThrough: boolean;
  readonly stamped: { readonly object: KubeObject; readonly type: ResourceType } | undefined;
  readonly output: Output;
  /** The output was read from a Secret: it is handed on, but not shown. */
  readonly isSecret: boolean;
  readonly failure: StepFailure | undefined;
  /** Those who read from this resource wait, and why: set where its output is held back. */
  readonly holds?: string | undefined;
  readonly events: readonly PlannedEvent[];
  readonly remember: Settled['remember'];
  /** Runs beyond the retention policy. */
  readonly surplus: readonly KubeObject[];
};
