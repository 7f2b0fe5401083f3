import { carto } from '@cartographer/api';
import { CartoError, type ResourceType } from '@cartographer/machinery';

/** Kinds whose objects a command names. */
export type OwnerKindName = 'Workload' | 'Deliverable' | 'Runnable';

/** An owner as it is named on the command line. */
export type OwnerName = { readonly kind: OwnerKindName; readonly type: ResourceType; readonly name: string };

const KINDS: Readonly<Record<string, OwnerKindName>> = {
  workload: 'Workload',
  workloads: 'Workload',
  wld: 'Workload',
  deliverable: 'Deliverable',
  deliverables: 'Deliverable',
  runnable: 'Runnable',
  runnables: 'Runnable',
};

/** The name of an object, as Kubernetes takes it: RFC 1123 subdomain. */
const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/**
 * Reads `NAME` (a Workload, or what the command is about), `deliverable/NAME`, `runnable/NAME`.
 * @throws CartoError `CARTO_USAGE` for another kind or what can be no name.
 */
export function parseOwner(text: string, fallback: OwnerKindName = 'Workload'): OwnerName {
  const slash = text.indexOf('/');
  const kind = slash < 0 ? fallback : KINDS[text.slice(0, slash).toLowerCase()];
  const name = text.slice(slash + 1);
  if (kind === undefined) {
    throw new CartoError('CARTO_USAGE', `"${text}": give NAME for a Workload, deliverable/NAME or runnable/NAME`);
  }
  if (!NAME.test(name) || name.length > 253) {
    throw new CartoError('CARTO_USAGE', `"${name}" can be no name: lower case letters, digits, "-" and "." only`);
  }
  return { kind, type: carto.kinds[kind], name };
}

/** `workload shop/web`, as messages name an owner. */
export function ownerText({ kind, name }: Pick<OwnerName, 'kind' | 'name'>, namespace: string): string {
  return `${kind.toLowerCase()} ${namespace}/${name}`;
}

/**
 * The one of these names that `--step` means: the exact one, else the only one that begins so.
 * @throws CartoError `CARTO_USAGE` when two fit, `CARTO_NOT_FOUND` when none does; both name what there is.
 */
export function chooseStep(wanted: string, steps: readonly string[]): string {
  if (steps.includes(wanted)) return wanted;
  const fitting = steps.filter((step) => step.startsWith(wanted));
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only;
  if (fitting.length > 1) {
    throw new CartoError('CARTO_USAGE', `--step ${wanted} fits ${fitting.join(' and ')}: name one of them in full`);
  }
  const there = steps.length === 0 ? 'it has no steps yet' : `its steps are ${steps.join(', ')}`;
  throw new CartoError('CARTO_NOT_FOUND', `there is no step "${wanted}": ${there}`);
}
