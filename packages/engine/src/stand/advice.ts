import type { EventReason } from '@cartographer/api';
import type { Json, KubeObject, ResourceType } from '@cartographer/machinery';
import { isList, labelValueErrors, qualifiedResource } from '@cartographer/machinery';
import { bestFits, fitsBlueprint } from '../select/owner-selection.ts';
import type { OwnerKind } from '../world/owner-kind.ts';
import type { PlannedEvent } from '../world/world.ts';
import { objectName } from './lineage.ts';
import type { StampedObject } from './stamped-object.ts';

/*
 * What to do about conditions whose text is upstream's and does not say it: a Warning event with the reason of the
 * condition stands beside it.
 */

/** More names than this are counted. */
const MOST_NAMED = 5;

/** Makes the event; it stands as long as the condition does, and is sent once. */
export function advice(reason: EventReason<'Warning'>, message: string): PlannedEvent {
  return { type: 'Warning', reason, message };
}

/** Names the blueprints that fit equally well. */
export function severalFit(
  { blueprintKind, multipleMatches }: OwnerKind,
  owner: KubeObject,
  best: readonly KubeObject[],
): PlannedEvent {
  const message = `${objectName(owner)} fits each ${blueprintKind} of [${namesOf(best)}] equally well; make the selector of one more exact`;
  return advice(multipleMatches.reason, message);
}

/** Names the blueprints that would fit an owner if owners without labels were looked at. */
export function fitsButForLabels(
  { blueprintKind, labelsMissing }: OwnerKind,
  owner: KubeObject,
  blueprints: readonly KubeObject[],
): readonly PlannedEvent[] {
  const { best } = bestFits(blueprints, (blueprint) => fitsBlueprint(blueprint, owner));
  if (best.length === 0) return [];
  const message = `${objectName(owner)} would fit ${blueprintKind} [${namesOf(best)}], but what has no labels is never matched; add a label, any will do`;
  return [advice(labelsMissing.reason, message)];
}

/** Names the objects that a Runnable selects, of which there may be one only. */
export function severalSelected(type: ResourceType, objects: readonly KubeObject[]): PlannedEvent {
  const message = `the selector matches ${objects.length} objects of [${qualifiedResource(type)}], where one is expected: [${namesOf(objects)}]; make it more exact`;
  return advice('TemplateStampFailure', message);
}

/** Why a mutable object has no name. */
export function nameMissing({ generateName }: StampedObject): string {
  return generateName === ''
    ? 'sets no metadata.name, or an empty one; set it, to $(workload.metadata.name)$ for example'
    : 'sets metadata.generateName, which needs `lifecycle: immutable` or `lifecycle: tekton`; set one of these, or metadata.name';
}

/** What to do about an object without a kind, where that is because nothing was rendered at all. */
export function nothingRendered({ object }: StampedObject): string | undefined {
  const { metadata: _metadata, ...rest } = object as Partial<KubeObject>;
  if (Object.keys(rest).length > 0) return undefined;
  return 'renders nothing: it has no document, or the first one is empty; look at the conditions around its content';
}

/** What to do about output that is no object. Values are not told: they may have been read from a Secret. */
export function notAnObject(output: Json): string {
  return `renders a ${isList(output) ? 'list' : typeof output} where one object with apiVersion and kind is expected`;
}

/** Of the labels that we set, which take their values from names, the first that the server must refuse. */
export function unfitLabel(labels: Readonly<Record<string, string>>): string {
  for (const [label, value] of Object.entries(labels)) {
    const [fault] = labelValueErrors(value);
    if (fault !== undefined) {
      return `; each stamped object carries the label [${label}], whose value is the name [${value}]: ${fault}; choose another name`;
    }
  }
  return '';
}

function namesOf(objects: readonly KubeObject[]): string {
  const more = objects.length > MOST_NAMED ? `, and ${objects.length - MOST_NAMED} more` : '';
  const some = objects.map(({ metadata }) => metadata.name ?? '').toSorted();
  return some.slice(0, MOST_NAMED).join(', ') + more;
}
