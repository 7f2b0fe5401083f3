import { createHash } from 'node:crypto';

/** No label may be longer, and the names of children are labels as well. */
const LONGEST = 63;
const HASH = 32;
const HEAD = LONGEST - HASH;

/** The name of a child as Knative and Tekton make it: the same for the same parent and suffix, and never too long. */
export function childName(parent: string, suffix: string): string {
  if (parent.length <= LONGEST - suffix.length) return `${parent}${suffix}`;
  if (HEAD - suffix.length > 0) return `${parent.slice(0, HEAD - suffix.length)}${md5(parent)}${suffix}`;
  const start = `${parent.slice(0, HEAD)}${md5(`${parent}${suffix}`)}`;
  return `${start}${suffix.slice(0, Math.max(0, LONGEST - start.length))}`.replace(/[^A-Za-z0-9]+$/, '');
}

/** No secret is kept by it: it makes names. */
function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
