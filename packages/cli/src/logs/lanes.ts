import type { KubeObject } from '@cartographer/machinery';
import type { Attribution } from './attribution.ts';

/** An object with logs that belongs to the owner. */
export type Attributed = Attribution & {
  readonly object: KubeObject;
  /** Whether it will write no more. */
  readonly isOver: boolean;
};

/** An object whose logs are shown. */
export type Chosen = Attributed & {
  /** Those of the starts before: there is no run before that could be shown instead. */
  readonly previous: boolean;
};

/**
 * The objects whose logs are of interest: of each lane those of the newest run, and whatever still runs; of `previous` those
 * of the run before it, where there is one. In the order of the steps, then by age.
 */
export function chosenObjects(
  all: readonly Attributed[],
  steps: readonly string[],
  previous: boolean,
): readonly Chosen[] {
  const lanes = Map.groupBy(all, ({ lane }) => lane);
  const chosen = [...lanes.values()].flatMap((objects) => {
    const groups = groupsByAge(objects);
    const hasEarlier = previous && groups.length > 1;
    const wanted = groups.at(hasEarlier ? -2 : -1);
    return objects
      .filter(({ group, isOver }) => group.uid === wanted || (!previous && !isOver))
      .map((object): Chosen => ({ ...object, previous: previous && !hasEarlier }));
  });
  const place = ({ step }: Attributed): number => {
    const index = steps.indexOf(step);
    return index < 0 ? steps.length : index;
  };
  return chosen.toSorted((a, b) => place(a) - place(b) || compare(ageKey(a), ageKey(b)));
}

function groupsByAge(objects: readonly Attributed[]): readonly string[] {
  const groups = new Map(objects.map(({ group }) => [group.uid, group.createdAt]));
  return [...groups].toSorted(([a, at], [b, bt]) => compare(at + a, bt + b)).map(([uid]) => uid);
}

function ageKey({ object: { metadata } }: Attributed): string {
  return `${metadata.creationTimestamp ?? ''}${metadata.name ?? ''}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
