import { carto } from '@cartographer/api';
import type { Explained, StepAccount } from '@cartographer/engine';
import { getIfThere } from '@cartographer/kube';
import { CartoError, clone, type KubeObject } from '@cartographer/machinery';
import { EXIT } from '../frame/exit-codes.ts';
import type { TargetFlags } from '../frame/flags.ts';
import { chooseStep, type OwnerName, ownerText, parseOwner } from '../frame/owner-name.ts';
import { runSession, type Session } from '../frame/session.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import { printValue } from '../screen/print-objects.ts';
import { accountLines } from './account-lines.ts';
import { readAccount } from './read-account.ts';

/** Flags of `carto explain`. */
export type ExplainFlags = TargetFlags & { readonly step?: string; readonly output?: 'json' | 'yaml' };

/** `carto explain`: 0 when the owner, or the step that is meant, is ready; 2 when it is not. */
export async function runExplain(name: string, flags: ExplainFlags, surroundings: Surroundings): Promise<void> {
  const named = parseOwner(name);
  await runSession(surroundings, flags, { writes: false }, async (session) => {
    const owner = await ownerOf(named, session);
    const { account, unread } = await readAccount(session, owner, named.kind);
    const step = flags.step === undefined ? undefined : stepOf(account, flags.step);
    const shown = step === undefined ? account : { ...account, steps: [step] };
    if (flags.output === undefined) session.print(accountLines({ account: shown, unread, step }, session));
    else session.terminal.out(printValue(clone({ ...shown, unread }), flags.output));
    const isDone = step === undefined ? account.state === 'ready' : step.state === 'ready' || step.state === 'skipped';
    if (!isDone) session.terminal.exitCode = EXIT.no;
  });
}

function stepOf({ steps }: Explained, wanted: string): StepAccount | undefined {
  const name = chooseStep(
    wanted,
    steps.map(({ step }) => step),
  );
  return steps.find(({ step }) => step === name);
}

async function ownerOf({ kind, type, name }: OwnerName, { client, namespace, signal }: Session): Promise<KubeObject> {
  const key = { namespace, name };
  const found = await getIfThere(client, type, key, { signal });
  if (found !== undefined) return { ...found, kind };
  const text = ownerText({ kind, name }, namespace);
  const others = kind === 'Workload' ? (['Deliverable', 'Runnable'] as const) : [];
  for (const other of others) {
    if ((await ifReadable(client.get(carto.kinds[other], key, { signal }))) === undefined) continue;
    const hint = `${other.toLowerCase()}/${name}`;
    throw new CartoError('CARTO_NOT_FOUND', `there is no ${text}, but a ${other}: carto explain ${hint}`);
  }
  throw new CartoError('CARTO_NOT_FOUND', `there is no ${text}: see carto ${kind.toLowerCase()} list -A`);
}

/** What is looked at for a hint only: that it cannot be read is no matter. */
async function ifReadable(reading: Promise<KubeObject>): Promise<KubeObject | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && 'status' in error) return undefined;
    throw error;
  }
}
