import { failure, type JsonObject, type KubeObject } from '@cartographer/machinery';

import type { AdmissionAnswer, AdmissionHook, AdmissionReview, Caller } from '../../core-api.ts';
import { StatusError } from '../../status-error.ts';
import type { ServedResource } from '../served-resource.ts';

/** The admission hooks that concern one write, ready to run. */
export interface Admission {
  /** True when no hook matches: the write need not wait. */
  readonly empty: boolean;
  /**
   * Runs the hooks one after the other, each on what the one before made of the object. `check` is what an object must
   * pass before a validating hook sees it.
   * @throws StatusError when one of them refuses.
   */
  run(review: AdmissionReview, caller: Caller, check?: (object: JsonObject) => void): Promise<KubeObject | undefined>;
}

/** Chooses the hooks for a write. */
export function admissionFor(
  hooks: readonly AdmissionHook[],
  resource: ServedResource,
  operation: AdmissionReview['operation'],
  subresource?: string,
): Admission {
  const all = hooks.filter((hook) => hook.matches(resource, operation, subresource));
  const matching = [
    ...all.filter(({ validating }) => validating !== true),
    ...all.filter(({ validating }) => validating === true),
  ];
  return {
    empty: matching.length === 0,
    async run(review, caller, check) {
      let { object } = review;
      let unchecked = check !== undefined;
      for (const hook of matching) {
        if (unchecked && hook.validating === true && object !== undefined) {
          check?.(object);
          unchecked = false;
        }
        const answer = await hook.review({ ...review, ...(object === undefined ? {} : { object }) });
        if (answer.warnings !== undefined) caller.warnings.push(...answer.warnings);
        if (!answer.allowed) throw refusal(hook, answer);
        object = answer.object ?? object;
      }
      return object;
    },
  };
}

function refusal(hook: AdmissionHook, answer: Extract<AdmissionAnswer, { allowed: false }>): StatusError {
  const text =
    hook.name === undefined
      ? answer.message
      : `admission webhook ${JSON.stringify(hook.name)} denied the request: ${answer.message}`;
  const { code = 403, causes } = answer;
  const reason = answer.reason ?? (code === 403 ? 'Forbidden' : undefined);
  return new StatusError(failure(code, reason, text, causes === undefined ? undefined : { causes }));
}

/** The review of a create or update. */
export function reviewOf(
  resource: ServedResource,
  operation: AdmissionReview['operation'],
  caller: Caller,
  parts: {
    readonly object?: JsonObject;
    readonly old?: KubeObject;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly pathName?: string;
    readonly dryRun: boolean;
  },
): AdmissionReview {
  const { object, ...rest } = parts;
  return {
    info: resource,
    operation,
    user: caller.user,
    ...rest,
    ...(object === undefined ? {} : { object: object as KubeObject }),
  };
}
