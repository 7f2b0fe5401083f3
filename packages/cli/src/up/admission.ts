import { GROUP, validate } from '@cartographer/api';
import type { AdmissionHook } from '@cartographer/apiserver';
import { refuseService, serviceType } from '@cartographer/laptop';

/** The rules of our own kinds, as the admission webhooks of a cluster apply them, inside the embedded server. */
export const cartoAdmission: AdmissionHook = {
  validating: true,
  matches: (info) => info.group === GROUP,
  review({ operation, object }) {
    const [message] = operation === 'DELETE' || object === undefined ? [] : validate(object);
    return message === undefined ? { allowed: true } : { allowed: false, message };
  },
};

/** The rules of Knative's webhook, where its Services are run by the laptop's stand-in. */
export const knativeAdmission: AdmissionHook = {
  name: 'validation.webhook.serving.knative.dev',
  validating: true,
  matches: ({ group, resource }, operation, subresource) =>
    group === serviceType.group &&
    resource === serviceType.resource &&
    operation !== 'DELETE' &&
    subresource === undefined,
  review({ object }) {
    const refused = object === undefined ? undefined : refuseService(object);
    if (refused === undefined) return { allowed: true };
    return { allowed: false, code: 400, reason: 'BadRequest', message: `validation failed: ${refused}` };
  },
};
