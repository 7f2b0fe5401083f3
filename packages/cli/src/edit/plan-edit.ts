import { API_VERSION, carto, rootSchema } from '@cartographer/api';
import {
  CartoError,
  intentOfChange,
  type JsonObject,
  type KubeObject,
  type MergeSchema,
  mergeSchemaOf,
  serverSideApply,
} from '@cartographer/machinery';
import { ProblemsError } from '../frame/words.ts';
import { withoutLastApplied } from '../read/last-applied.ts';
import { contentOf } from '../read/written-owner.ts';
import type { Change } from './change.ts';
import { changeOwner } from './change-owner.ts';
import { FIELD_MANAGER, type TakeOver, takeOverOf } from './makers.ts';
import { differingPaths, nullPaths, ownersOfPath } from './owned-paths.ts';
import { type OwnerProblem, ownerProblems } from './owner-problems.ts';
import type { EditedKind } from './read-owner.ts';

/** What an edit is made from. */
export type Edit = {
  readonly kind: EditedKind;
  readonly name: string;
  readonly namespace: string | undefined;
  /** What `-f` gave: then file and flags are the whole intent. */
  readonly file: KubeObject | undefined;
  readonly change: Change;
  /** The object as the server has it. */
  readonly live: KubeObject | undefined;
  /** Now, RFC 3339. */
  readonly time: string;
};

/** What an edit comes to. */
export type Planned = {
  readonly before: KubeObject | undefined;
  /** What `carto-cli` applies. */
  readonly intent: KubeObject;
  /** What the object becomes. */
  readonly after: KubeObject;
  readonly takeOver: TakeOver | undefined;
};

/**
 * Works out what to apply and what comes of it, by the same rules as the server. With a file the whole of it is the intent:
 * what was applied before and is no longer said goes. With flags alone the intent is what `carto-cli` owns now, changed.
 * @throws ProblemsError when the outcome makes no sense, or when a field that is to go is somebody else's (`CARTO_CONFLICT`).
 */
export function planEdit(edit: Edit): Planned {
  const { live, file, change } = edit;
  if (live === undefined) {
    const intent = intended(edit, changeOwner(file ?? EMPTY, change));
    refuse(ownerProblems(intent), undefined);
    return { before: undefined, intent, after: intent, takeOver: undefined };
  }
  const takeOver = takeOverOf(live);
  const taken = takeOver === undefined ? live : withEntries(live, takeOver);
  const isOthers = takeOver !== undefined && takeOver.from.length > 0;
  const base = isOthers ? { ...taken, metadata: withoutLastApplied(taken.metadata) } : taken;
  const schema = schemaOf(edit.kind);
  const wanted = changeOwner(file ?? base, change);
  const intent = intended(
    edit,
    file === undefined ? intentOfChange({ live: taken, changed: wanted, manager: FIELD_MANAGER, schema }) : wanted,
  );
  const after = applied(taken, intent, schema, edit.time);
  refuseEmptied(after, edit.kind);
  const known = new Set(ownerProblems(live).map(({ text }) => text));
  const problems = ownerProblems(after).filter(({ text }) => !known.has(text));
  refuse(problems, new Set(ownerProblems(wanted).map(({ text }) => text)), after);
  if (file === undefined) refuseForeign(after, wanted);
  return { before: live, intent, after, takeOver };
}

const EMPTY: KubeObject = { apiVersion: API_VERSION, kind: '', metadata: {} };

function intended({ kind, name, namespace, live }: Edit, object: JsonObject): KubeObject {
  const { metadata = {}, spec } = object as JsonObject & { readonly metadata?: JsonObject };
  const place = namespace === undefined ? {} : { namespace };
  return {
    apiVersion: API_VERSION,
    kind,
    metadata: { ...metadata, name, ...place },
    ...(spec === undefined && live !== undefined ? {} : { spec: spec ?? {} }),
  };
}

/** Fields of a newer server are kept as they are: only a file is held to the fields that we know. */
function schemaOf(kind: EditedKind): MergeSchema {
  return mergeSchemaOf({ ...rootSchema(carto.kinds[kind]), 'x-kubernetes-preserve-unknown-fields': true });
}

function withEntries(live: KubeObject, { managedFields }: TakeOver): KubeObject {
  return { ...live, metadata: { ...live.metadata, managedFields } };
}

function applied(live: KubeObject, intent: KubeObject, schema: MergeSchema, time: string): KubeObject {
  const outcome = serverSideApply({
    live,
    applied: intent,
    manager: FIELD_MANAGER,
    force: true,
    schema,
    apiVersion: API_VERSION,
    time,
    resetFields: ['status'],
  });
  if (outcome.kind !== 'applied') throw new CartoError('CARTO_USAGE', outcome.message);
  return outcome.object as KubeObject;
}

/** What is wrong although neither file nor flags say so comes from fields that others own. */
function refuse(problems: readonly OwnerProblem[], said: ReadonlySet<string> | undefined, after?: KubeObject): void {
  if (problems.length === 0) return;
  const isForeign = ({ text }: OwnerProblem): boolean => said !== undefined && !said.has(text);
  const lines = problems.map((problem) => {
    if (after === undefined || !isForeign(problem)) return problem.text;
    return [problem.text, ...problem.fields.flatMap((path) => foreignText(after, path) ?? [])].join('; ');
  });
  throw new ProblemsError(lines, problems.every(isForeign) ? 'CARTO_CONFLICT' : 'CARTO_USAGE');
}

/** An apply that takes the last field of a map away leaves null or nothing, which a server does not store: so it cannot be said. */
function refuseEmptied(after: KubeObject, kind: EditedKind): void {
  const paths = nullPaths(after['spec'] ?? null).map((path) => ['spec', ...path]);
  if (paths.length === 0) return;
  const foreign = paths.flatMap((path) => foreignText(after, path) ?? []);
  if (foreign.length > 0) throw new ProblemsError(foreign, 'CARTO_CONFLICT');
  const gone = paths.map((path) => path.join('.')).join(', ');
  throw new CartoError(
    'CARTO_USAGE',
    `nothing would be left of ${gone}: give it a source, or delete the ${kind.toLowerCase()}`,
  );
}

function refuseForeign(after: KubeObject, wanted: KubeObject): void {
  const paths = differingPaths(contentOf(after), contentOf(wanted));
  if (paths.length === 0) return;
  const lines = paths.map(
    (path) =>
      foreignText(after, path) ??
      `${path.join('.')} belongs to nobody that the server knows: take it away with "kubectl edit"`,
  );
  throw new ProblemsError(lines, 'CARTO_CONFLICT');
}

function foreignText(after: KubeObject, path: readonly string[]): string | undefined {
  const owners = ownersOfPath(after.metadata.managedFields ?? [], path).filter((name) => name !== FIELD_MANAGER);
  if (owners.length === 0) return undefined;
  return `${path.join('.')} belongs to ${owners.join(' and ')}, whose fields carto leaves alone: take it away there`;
}
