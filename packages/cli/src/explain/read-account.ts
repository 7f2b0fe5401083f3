import { carto } from '@cartographer/api';
import {
  deliverableOwner,
  type Explained,
  type ExplainNeeds,
  explain,
  type OwnerKind,
  type RunnableWorld,
  type World,
  workloadOwner,
} from '@cartographer/engine';
import { CartoError, type KubeObject, rfc3339 } from '@cartographer/machinery';
import type { OwnerKindName } from '../frame/owner-name.ts';
import type { Session } from '../frame/session.ts';
import { ClusterReader } from './cluster-reader.ts';
import { renderer } from './renderer.ts';
import { explanationOfTool } from './tool-explanations.ts';

/** An account, and what of it the user may not read, or the server could not say. */
export type ReadAccount = { readonly account: Explained; readonly unread: readonly string[] };

/** An account that still asks after so many rounds asks for ever: each step of a chain needs a few. */
const MOST_ROUNDS = 500;

const OWNERS: Readonly<Record<Exclude<OwnerKindName, 'Runnable'>, OwnerKind>> = {
  Workload: workloadOwner,
  Deliverable: deliverableOwner,
};

/** Reads all that the account of an owner needs, each object once, as the user. */
export async function readAccount(session: Session, owner: KubeObject, kind: OwnerKindName): Promise<ReadAccount> {
  const reader = new ClusterReader(session);
  const ytt = renderer(session);
  try {
    const { world, isSelectionKnown } = await worldOf(reader, owner, kind, rfc3339(session.clock.now()));
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      session.signal.throwIfAborted();
      const found = explain(world, { schema: reader.schema, explanation: explanationOfTool });
      if (found.kind === 'explained')
        return { account: isSelectionKnown ? found : withoutSelection(found), unread: reader.unread };
      await answer(found, reader, ytt);
    }
  } finally {
    await ytt.close();
  }
  throw new CartoError('CARTO_WAIT_TIMEOUT', `the account does not end after ${MOST_ROUNDS} rounds of questions`);
}

async function answer(
  { lookups, renders }: ExplainNeeds,
  reader: ClusterReader,
  ytt: ReturnType<typeof renderer>,
): Promise<void> {
  await Promise.all([
    ...lookups.map((lookup) => reader.look(lookup)),
    ...renders.map(async (render) => reader.keepRendered(render.id, await ytt.render(render))),
  ]);
}

async function worldOf(
  reader: ClusterReader,
  owner: KubeObject,
  kind: OwnerKindName,
  now: string,
): Promise<{ readonly world: World | RunnableWorld; readonly isSelectionKnown: boolean }> {
  if (kind === 'Runnable') {
    await reader.readRunTemplate(owner);
    return { world: { owner, cluster: reader.cluster, now }, isSelectionKnown: true };
  }
  const of = OWNERS[kind];
  const all = await reader.all(carto.kinds[of.blueprintKind]);
  const blueprints = all ?? (await reader.followed(of, owner));
  await reader.readTemplates(of, owner, blueprints);
  const world: World = { kind: of, owner, blueprints, cluster: reader.cluster, owned: [], now };
  return { world, isSelectionKnown: all !== undefined };
}

/** Who may not see the blueprints is not told which would fit. */
function withoutSelection(account: Explained): Explained {
  const isOfSelection = account.step === undefined && account.state === 'failed' && account.steps.length === 0;
  return {
    ...account,
    selection: undefined,
    ...(isOfSelection ? { move: 'platform', next: `say which labels an owner needs: ${UNSEEN}` } : {}),
  };
}

const UNSEEN = 'you may not see what selects it';
