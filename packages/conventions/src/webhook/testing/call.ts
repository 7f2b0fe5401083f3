import type { LookupFunction } from 'node:net';
import { conventionRequest, type PodConventionContext } from '@cartographer/convention-sdk';
import { systemClock } from '@cartographer/kube';
import type { Clock } from '@cartographer/machinery';
import { type ConventionAnswer } from '../check-answer.ts';
import { ConventionCallError } from '../convention-call-error.ts';
import { createConventionCaller } from '../convention-caller.ts';
import { type ConventionEndpoint } from '../endpoint.ts';

const IMAGE = `reg.local/app@sha256:${'a'.repeat(64)}`;
/** A template of one container. */
export const template = {
  metadata: { labels: { a: 'b' } },
  spec: { containers: [{ name: 'workload', image: IMAGE }] },
};
/** A request about {@link template}. */
export const request = conventionRequest('app-basic', template, [{ image: IMAGE, config: { os: 'linux' } }]);

/** An answer with this status, as JSON. */
export function answerOf(status: unknown, more: object = {}): string {
  const { apiVersion, kind, metadata } = request;
  return JSON.stringify({ apiVersion, kind, metadata, ...more, status });
}

/** What is asked, and by whom. */
export type CallOptions = {
  readonly request?: PodConventionContext;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  readonly maxAnswerBytes?: number;
  readonly lookup?: LookupFunction;
};

/** Asks once, with connections of its own. */
export async function callOnce(endpoint: ConventionEndpoint, options: CallOptions = {}): Promise<ConventionAnswer> {
  const { request: asked = request, clock = systemClock, signal = new AbortController().signal, ...more } = options;
  const caller = createConventionCaller({ clock, ...more });
  try {
    return await caller.call(endpoint, asked, signal);
  } finally {
    await caller.close();
  }
}

/** How a call fails; a call that does not, or with another error, fails the test. */
export async function failureOf(endpoint: ConventionEndpoint, options: CallOptions = {}): Promise<ConventionCallError> {
  const ended: unknown = await callOnce(endpoint, options).catch((error: unknown) => error);
  if (ended instanceof ConventionCallError) return ended;
  throw new Error('the call did not fail as a call does', { cause: ended });
}
