import { GROUP, validate } from '@cartographer/api';
import type { AdmissionHook } from '@cartographer/apiserver';

/** The rules of our own kinds, as the admission webhooks of a cluster apply them, inside the embedded server. */
export const cartoAdmission: AdmissionHook = {
  validating: true,
  matches: (info) => info.group === GROUP,
  review({ operation, object }) {
    const [message] = operation === 'DELETE' || object === undefined ? [] : validate(object);
    return message === undefined ? { allowed: true } : { allowed: false, message };
  },
};
