import { conventionRequest, type ImageFacts, type PodTemplateSpec } from '@cartographer/convention-sdk';
import type { Convention } from '../chain/convention.ts';
import type { Failure, Made } from '../chain/run-chain.ts';
import { namedImages } from '../chain/template-images.ts';
import type { IntentRequest, Webhook } from '../kinds/read.ts';
import type { AppliedReason } from '../kinds/reasons.ts';
import type { RuleSpec } from '../kinds/rule-spec.ts';
import { ConventionRuleError } from '../rules/rule-error.ts';
import { ConventionCallError } from '../webhook/convention-call-error.ts';
import type { ConventionCaller } from '../webhook/convention-caller.ts';
import { endpointOf } from '../webhook/endpoint.ts';
import type { Authorities } from './authorities.ts';
import type { CallCounts } from './call-counts.ts';
import { applyRuleList, rulesError } from './rule-lists.ts';

/** What conventions are applied with. */
export type ApplyDeps = {
  readonly caller: Pick<ConventionCaller, 'call'>;
  readonly authorities: Pick<Authorities, 'of' | 'doubt'>;
  readonly counts: CallCounts;
};

/** One application of one convention to the template of an intent. */
export type Application = {
  readonly convention: Convention;
  readonly intent: IntentRequest;
  readonly template: PodTemplateSpec;
  readonly images: readonly ImageFacts[];
};

/** Applies a convention, by its server or by its rules. What goes wrong names the convention. */
export async function applyConvention(
  deps: ApplyDeps,
  application: Application,
  signal: AbortSignal,
): Promise<Made | Failure> {
  const { name, does } = application.convention;
  if ('kind' in does) return { ...does, kind: 'failed' };
  if ('rules' in does) return byRules(does.rules, application);
  const { webhook } = does;
  const trust = await deps.authorities.of(webhook.ca, name);
  if (trust.kind === 'unknown') return { kind: 'failed', reason: 'CABundleResolutionFailed', message: trust.why };
  return byServer(deps, { ...application, webhook, pem: trust.pem }, signal);
}

function byRules(
  rules: readonly RuleSpec[],
  { convention: { name }, intent, template, images }: Application,
): Made | Failure {
  const failed = failureOf(name, images);
  const wrong = rulesError(rules);
  if (wrong !== undefined) return failed('ConventionInvalid', wrong);
  try {
    return { kind: 'made', ...applyRuleList(rules, { intent, template, images }) };
  } catch (error) {
    if (!(error instanceof ConventionRuleError)) throw error;
    return failed('ConventionsApplied', error.message);
  }
}

/** Names the convention, what is wrong and what to do, and the images. */
function failureOf(name: string, images: readonly ImageFacts[]): (reason: AppliedReason, message: string) => Failure {
  const over = images.length === 0 ? '' : ` (${namedImages(images.map(({ image }) => image))})`;
  return (reason, message) => ({
    kind: 'failed',
    reason,
    message: `failed to apply convention with name ${name}: ${message}${over}`,
  });
}

type Call = Application & { readonly webhook: Webhook; readonly pem: string | undefined };

async function byServer(
  { caller, authorities, counts }: ApplyDeps,
  { convention: { name }, intent, template, images, webhook, pem }: Call,
  signal: AbortSignal,
): Promise<Made | Failure> {
  const { timeoutMs, clientConfig, ca } = webhook;
  const end = counts.begin(name);
  try {
    const endpoint = endpointOf({ ...clientConfig, caBundle: undefined }, { timeoutMs, caPem: pem });
    const request = conventionRequest(`${intent.name}-${name}`, template, images);
    const answer = await caller.call(endpoint, request, signal);
    end('answered');
    return { kind: 'made', ...answer };
  } catch (error) {
    if (!(error instanceof ConventionCallError)) throw error;
    end(error.failure);
    if (error.failure === 'untrusted') authorities.doubt(ca);
    const reason = error.failure === 'invalid-endpoint' ? 'ConventionInvalid' : 'ConventionsApplied';
    return failureOf(name, images)(reason, error.message);
  }
}
