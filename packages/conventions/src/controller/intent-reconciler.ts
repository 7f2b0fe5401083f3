import { type Client, type EventRecorder, getIfThere, SERVICE_ACCOUNTS, type WrittenObjects } from '@cartographer/kube';
import {
  CartoError,
  type Clock,
  deepEqual,
  findCondition,
  isTrue,
  type JsonObject,
  type KubeObject,
} from '@cartographer/machinery';
import { RegistryError } from '@cartographer/oci';
import { done, type NamespaceWatches, type Next, type Reconcile } from '@cartographer/runtime';
import { type Convention, chainFor } from '../chain/convention.ts';
import { type ChainOutcome, type ChainPorts, type Failure, runChain } from '../chain/run-chain.ts';
import type { Include } from '../kinds/cluster-pod-convention.ts';
import { conventionsKinds } from '../kinds/kinds.ts';
import type { IntentRequest } from '../kinds/read.ts';
import type { AppliedReason } from '../kinds/reasons.ts';
import { type ApplyDeps, applyConvention } from './apply-convention.ts';
import { type ConventionsCaches, labelsOf, requestOf } from './conventions-caches.ts';
import { accessOf, type IntentImages } from './intent-images.ts';
import { statusAfter, statusOf } from './intent-status.ts';
import { includeOfRules } from './rule-lists.ts';

/** What intents are computed with. */
export type IntentDeps = ApplyDeps & {
  readonly caches: ConventionsCaches;
  readonly client: Pick<Client, 'get' | 'updateStatus'>;
  readonly images: IntentImages;
  readonly written: WrittenObjects;
  /** Who waits for a login of its namespace. */
  readonly logins: Pick<NamespaceWatches, 'note'>;
  readonly events: Pick<EventRecorder, 'event'>;
  readonly clock: Clock;
  /** All is computed again so often, in milliseconds; never without it. */
  readonly resyncMs?: number | undefined;
};

/** What is not tried again by itself: nothing changes it but a change that wakes the intent. */
const SETTLED: ReadonlySet<AppliedReason> = new Set([
  'LabelSelector',
  'ConventionInvalid',
  'NotConvergent',
  'SpecInvalid',
]);

/** Computes what conventions make of an intent, and publishes it where it is another. */
export function createIntentReconciler(deps: IntentDeps): Reconcile {
  return async (key, { signal }) => {
    const intent = deps.written.newest(key, deps.caches.intents.get(key));
    if (intent === undefined || intent.metadata.deletionTimestamp !== undefined) {
      deps.logins.note(key, intent?.metadata.namespace ?? key.split('/')[0] ?? '', false);
      if (intent === undefined) deps.written.forget(key);
      return done;
    }
    const { outcome, wantsLogin, isAsleep } = await compute(deps, intent, signal);
    // What was cut off by the end of the process is no outcome.
    signal.throwIfAborted();
    await publish(deps, { key, intent, outcome }, signal);
    deps.logins.note(key, intent.metadata.namespace ?? '', wantsLogin);
    return nextOf(deps, outcome, isAsleep);
  };
}

function nextOf({ resyncMs }: IntentDeps, outcome: ChainOutcome, isAsleep: boolean): Next {
  if (outcome.kind === 'failed' && !isAsleep && !SETTLED.has(outcome.reason)) {
    return { kind: 'retry', ...(outcome.afterMs === undefined ? {} : { atLeastMs: outcome.afterMs }) };
  }
  return resyncMs === undefined ? done : { kind: 'again', afterMs: resyncMs };
}

type Computed = {
  readonly outcome: ChainOutcome;
  readonly wantsLogin: boolean;
  /** Only a change that is watched can make it another. */
  readonly isAsleep: boolean;
};

async function compute(deps: IntentDeps, intent: KubeObject, signal: AbortSignal): Promise<Computed> {
  const read = requestOf(intent);
  const failed = (reason: AppliedReason, message: string): Computed => ({
    outcome: { kind: 'failed', reason, message },
    wantsLogin: false,
    isAsleep: true,
  });
  if (read.kind === 'wrong') return failed('SpecInvalid', read.errors.join('; '));
  const request = read.value;
  const { serviceAccountName: account, template } = request;
  if (!(await hasAccount(deps, request, signal))) {
    return failed('ImageResolutionFailed', `failed to authenticate: ServiceAccount "${account}" not found`);
  }
  const { conditions, template: published } = statusOf(intent);
  const known = isTrue(conditions, 'ConventionsApplied') ? published : undefined;
  const conventions = chainFor(deps.caches.registered(), labelsOf(intent));
  const world = portsOf(deps, request, signal);
  const outcome = await runChain({ template, conventions, known }, world.ports);
  return { outcome, wantsLogin: world.wantsLogin(), isAsleep: false };
}

/** An account that the cache does not know may have been made a moment ago. */
async function hasAccount(
  { caches, client }: IntentDeps,
  { namespace, serviceAccountName: name }: IntentRequest,
  signal: AbortSignal,
): Promise<boolean> {
  if (caches.accounts.get(`${namespace}/${name}`) !== undefined) return true;
  return (await getIfThere(client, SERVICE_ACCOUNTS, { namespace, name }, { signal })) !== undefined;
}

function portsOf(
  deps: IntentDeps,
  intent: IntentRequest,
  signal: AbortSignal,
): { readonly ports: ChainPorts; wantsLogin(): boolean } {
  let wantsLogin = false;
  const access = accessOf(intent);
  /** A registry that hides what may not be read says that it is not there. */
  const seeLogins = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      wantsLogin ||= error instanceof RegistryError && LOGIN_FAILURES.has(error.reason);
      wantsLogin ||= error instanceof CartoError && error.code === 'CARTO_PULL_SECRET';
      throw error;
    }
  };
  return {
    wantsLogin: () => wantsLogin,
    ports: {
      resolve: async (reference) => (await seeLogins(deps.images.resolve(reference, access, signal))).image,
      async read(image, convention) {
        const include = includeOf(convention);
        // Who is told nothing of images needs no registry.
        if (include.length === 0) return { image, config: {} };
        const facts = await seeLogins(deps.images.read(image, access, signal, include));
        return include.includes('config') ? facts : { ...facts, config: {} };
      },
      apply: (convention, template, images) => applyConvention(deps, { convention, intent, template, images }, signal),
    },
  };
}

/** What a convention is told of images. */
function includeOf({ does }: Convention): readonly Include[] {
  if ('webhook' in does) return does.webhook.include;
  return 'rules' in does ? includeOfRules(does.rules) : [];
}

const LOGIN_FAILURES: ReadonlySet<RegistryError['reason']> = new Set(['Unauthorized', 'Forbidden', 'NotFound']);

type Result = { readonly key: string; readonly intent: KubeObject; readonly outcome: ChainOutcome | Failure };

async function publish(deps: IntentDeps, { key, intent, outcome }: Result, signal: AbortSignal): Promise<void> {
  const { client, written, events, clock } = deps;
  const before = statusOf(intent);
  const status = statusAfter(intent, outcome, clock.now());
  if (deepEqual(status, before)) return;
  const plain: object = status;
  const object = { ...intent, status: plain as JsonObject };
  const after = await client.updateStatus(conventionsKinds.PodIntent, object, { signal });
  written.note(key, intent, after);
  if (outcome.kind === 'applied') {
    events.event(intent, 'Normal', 'StatusUpdated', 'updated status: conventions were applied');
    return;
  }
  const said = findCondition(before.conditions, 'Ready')?.message;
  if (said !== outcome.message) events.event(intent, 'Warning', outcome.reason, outcome.message);
}
