import { carto, type Mover, type StepState } from '@cartographer/api';
import { accountOf, pathGraph } from '@cartographer/engine';
import { isForbidden } from '@cartographer/kube';
import { getPath, isObject, type KubeObject, listAt, textAt } from '@cartographer/machinery';
import type { Session } from '../frame/session.ts';
import { pagesOf } from '../read/pages.ts';
import type { StampedKind } from '../read/templates.ts';
import { type Looked, look } from './look.ts';

/** What is kept of an owner: a page of whole ones is all that is in memory at a time. */
export type OwnerFacts = {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly createdAt: string | undefined;
  readonly state: StepState;
  readonly reason: string;
  readonly message: string;
  readonly since: string | undefined;
  readonly move: Mover;
  readonly next: string | undefined;
  /** The step that the state is of; '' when it is of none. */
  readonly step: string;
  readonly blueprint: { readonly kind: string; readonly name: string } | undefined;
  /** The template of a Runnable. */
  readonly runTemplate: string;
  /** What it stamps as. */
  readonly account: { readonly namespace: string; readonly name: string };
  /** Kinds of what it has stamped. */
  readonly stamped: readonly StampedKind[];
};

/** Owners as far as they could be read. */
export type ReadOwners = { readonly owners: readonly OwnerFacts[]; readonly notLooked: readonly string[] };

const OWNER_KINDS = [carto.kinds.Workload, carto.kinds.Deliverable, carto.kinds.Runnable] as const;

/** Blueprints by `Kind name`. */
export type Blueprints = ReadonlyMap<string, KubeObject>;

/** Reads the owners of all namespaces; where that is not allowed, those of the one that is meant. */
export async function readOwners(session: Session, blueprints: Blueprints): Promise<ReadOwners> {
  const owners: OwnerFacts[] = [];
  const notLooked: string[] = [];
  for (const type of OWNER_KINDS) {
    const read = async (namespace?: string): Promise<void> => {
      const selection = { signal: session.signal, ...(namespace === undefined ? {} : { namespace }) };
      for await (const page of pagesOf(session.client, type, selection)) {
        owners.push(...page.map((owner) => factsOf(owner, blueprints)));
      }
    };
    const everywhere = await look(session, () => unlessForbidden(read()));
    if (everywhere.kind === 'unseen') notLooked.push(`${type.resource}: ${everywhere.why}`);
    else if (everywhere.value !== undefined) {
      notLooked.push(`${type.resource} of other namespaces than ${session.namespace}: ${everywhere.value}`);
      const here: Looked<void> = await look(session, () => read(session.namespace));
      if (here.kind === 'unseen') notLooked.push(`${type.resource}: ${here.why}`);
    }
  }
  return { owners, notLooked };
}

/** Resolves with the server's words when it does not allow something. */
async function unlessForbidden(work: Promise<void>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (isForbidden(error)) return error.message;
    throw error;
  }
}

function factsOf(owner: KubeObject, blueprints: Blueprints): OwnerFacts {
  const { kind, metadata } = owner;
  const { state, reason, message, since, move, next, nodes, blueprint: named } = pathGraph(undefined, owner);
  const step = nodes.find((node) => node.reason === reason && node.message === message && reason !== '');
  const blueprint = named === undefined ? undefined : blueprints.get(`${named.kind} ${named.name}`);
  const runTemplate = textAt(owner, 'spec', 'runTemplateRef', 'name');
  return {
    kind,
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    createdAt: metadata.creationTimestamp,
    state,
    reason,
    message,
    since,
    move,
    next,
    step: step?.step ?? '',
    blueprint: named,
    runTemplate,
    account: accountOf(withSpec(owner), withSpec(blueprint ?? NO_BLUEPRINT)),
    stamped: stampedBy(owner),
  };
}

const NO_BLUEPRINT: KubeObject = { apiVersion: '', kind: '', metadata: {} };

function withSpec(object: KubeObject): KubeObject {
  return isObject(object['spec']) ? object : { ...object, spec: {} };
}

function stampedBy({ status }: KubeObject): readonly StampedKind[] {
  return listAt(status, 'resources').flatMap((resource) => {
    const reference = getPath(resource, 'stampedRef');
    const [apiVersion, kind] = [textAt(reference, 'apiVersion'), textAt(reference, 'kind')];
    return apiVersion === '' || kind === '' ? [] : [{ apiVersion, kind }];
  });
}
