import type { Status } from '@cartographer/machinery';

/**
 * The text of a refusal with its causes in the order of their fields. A kube-apiserver walks an object's fields in Go's
 * random map order, so each try has another text; told as it comes, it would renew the condition, and be written, with
 * every retry. A text that is not just the list of the causes stays as it is.
 */
export function steadyRefusal({ message, details }: Pick<Status, 'message' | 'details'>): string {
  const causes = (details?.causes ?? []).map(({ field = '', message: text = '' }) => `${field}: ${text}`);
  const listed = `[${causes.join(', ')}]`;
  if (causes.length < 2 || !message.endsWith(listed)) return message;
  return `${message.slice(0, -listed.length)}[${causes.toSorted().join(', ')}]`;
}
