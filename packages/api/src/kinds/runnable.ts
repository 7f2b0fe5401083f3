import { condition, observedGeneration } from '../schema/condition.ts';
import type { ObjectOfKind } from '../schema/kind.ts';
import { defineKind, readyColumns } from '../schema/kind.ts';
import { DEFAULT_RETENTION, retentionPolicy } from '../schema/retention-policy.ts';
import type { Infer } from '../schema/schema.ts';
import { any, list, map, object, required, string, withDefault } from '../schema/schema.ts';

const runnableSpec = object('What to run, and with what.', {
  runTemplateRef: required(
    object('The ClusterRunTemplate to run.', {
      kind: string('Taken but not looked at: it is always a ClusterRunTemplate.'),
      name: required(string('Name of the ClusterRunTemplate.', { minLength: 1 })),
    }),
  ),
  inputs: map('Values for the template, read as `$(runnable.spec.inputs.KEY)$`.', any('Any JSON value.')),
  selector: object('Finds one object that the template reads as `$(selected)$`. Exactly one object must match.', {
    resource: required(
      object('Type of the object.', {
        apiVersion: string('Its group and version.'),
        kind: string('Its kind.'),
      }),
    ),
    matchingLabels: required(map('Labels that the object must carry.', string('A value.'))),
  }),
  serviceAccountName: string(
    "Service account, in this object's namespace, that stamps and looks for objects. Without it `default` counts.",
  ),
  retentionPolicy: withDefault(DEFAULT_RETENTION, retentionPolicy),
});
/** `spec` of a Runnable. */
export type RunnableSpec = Infer<typeof runnableSpec>;

const runnableStatus = object('What the controller found and did.', {
  observedGeneration,
  conditions: list('How the object is doing; `Ready` sums up the others and comes last.', condition),
  outputs: map('Outputs of the newest successful run.', any('Any JSON value.')),
});
/** `status` of a Runnable. */
export type RunnableStatus = Infer<typeof runnableStatus>;

/** The kind Runnable. */
export const runnableKind = defineKind({
  kind: 'Runnable',
  plural: 'runnables',
  shortName: 'run',
  namespaced: true,
  description: 'A front for things that cannot be changed once made: each new set of inputs makes a new run.',
  columns: readyColumns,
  spec: runnableSpec,
  status: runnableStatus,
});
/** A front for things that cannot be changed once made: each new set of inputs makes a new run. */
export type Runnable = ObjectOfKind<typeof runnableKind>;
