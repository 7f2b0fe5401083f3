import { isObject, textAt, type WatchEvent, type WireResponse } from '@cartographer/machinery';

/** What is compared of an answer: `422 Invalid FieldValueRequired@spec.n`, `200 ADDED:name`, `404 text`; the message if asked. */
export function probeSummary(
  { status, body }: Pick<WireResponse, 'status' | 'body'>,
  events: readonly WatchEvent[] | undefined,
  withMessage = false,
): string {
  if (events !== undefined) return [status, ...events.map(eventSummary)].join(' ');
  if (body instanceof Uint8Array) return status === 200 ? '200' : `${status} text`;
  if (status < 400 || !isObject(body)) return String(status);
  const details = isObject(body['details']) ? body['details'] : {};
  const causes = (details['causes'] ?? []) as readonly { reason?: string; field?: string }[];
  return [
    status,
    textAt(body, 'reason') || '-',
    ...causes.map(({ reason = '', field = '' }) => `${reason}@${field}`),
    ...(withMessage ? [textAt(body, 'message')] : []),
  ].join(' ');
}

function eventSummary({ type, object }: WatchEvent): string {
  if (type === 'ERROR') return `ERROR:${(object as { code: number }).code}`;
  const { name, annotations } = (object as { metadata: { name?: string; annotations?: Record<string, string> } })
    .metadata;
  return `${type}:${annotations?.['k8s.io/initial-events-end'] === 'true' ? 'initial-events-end' : (name ?? '')}`;
}
