import { type KubeObject, toYaml } from '@cartographer/machinery';
import type { Target } from '../frame/target.ts';
import { writtenOwner } from '../read/written-owner.ts';
import { lineDiff } from '../screen/line-diff.ts';
import type { Style } from '../screen/style.ts';
import type { EditedKind } from './read-owner.ts';

/** {@link writtenOwner} as YAML. */
export function ownerYaml(owner: KubeObject): string {
  return toYaml(writtenOwner(owner));
}

/** The lines that differ between what is there and what will be; none when nothing does. */
export function editDiff(before: KubeObject | undefined, after: KubeObject, style: Style): readonly string[] {
  return lineDiff(before === undefined ? '' : ownerYaml(before), ownerYaml(after), style);
}

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
