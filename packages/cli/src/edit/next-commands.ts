import type { Target } from '../frame/target.ts';
import type { EditedKind } from './read-owner.ts';

/** What {@link nextCommands} is about. */
export type NextOf = {
  readonly kind: EditedKind;
  readonly name: string;
  readonly namespace: string;
  readonly target: Target;
  /** `--context`, where it was given. */
  readonly context: string | undefined;
};

/** What to try next, as it can be typed: a namespace that is not that of the target is said. */
export function nextCommands({ kind, name, namespace, target, context }: NextOf): readonly string[] {
  const flags = [
    ...(namespace === target.namespace ? [] : [` -n ${namespace}`]),
    ...(context === undefined ? [] : [` --context ${context}`]),
  ].join('');
  const owner = kind === 'Workload' ? name : `deliverable/${name}`;
  return [
    `next: carto ${kind.toLowerCase()} get ${name}${flags}   how far it is`,
    `      carto tail ${owner}${flags}   what it logs`,
  ];
}
