import type { ImageFacts, PodTemplateSpec, UnsetTemplate } from '../wire.ts';

/** A request as it is answered. */
export type ConventionRequest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** With what was left out as Go writes it: it goes back as it came. */
  readonly spec: {
    readonly template: PodTemplateSpec | UnsetTemplate;
    readonly imageConfig: readonly ImageFacts[] | null;
  };
};

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads the body of a request as a server of the original does: what is left out is filled in, another kind is not refused.
 * Undefined where it is no JSON object, or a field that conventions read is of another type.
 */
export function readRequest(text: string): ConventionRequest | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isFields(body) || !isUnsetOr(isFields, body['metadata']) || !isUnsetOr(isFields, body['spec'])) return undefined;
  const { apiVersion = '', kind = '', metadata, spec } = body;
  const { template, imageConfig = null } = spec ?? {};
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return undefined;
  if (!isUnsetOr(isFields, template) || !isUnsetOr(isImages, imageConfig)) return undefined;
  const filled = { ...template, metadata: template?.['metadata'] ?? {}, spec: withContainers(template?.['spec']) };
  if (!isTemplate(filled)) return undefined;
  return { apiVersion, kind, metadata: metadata ?? {}, spec: { template: filled, imageConfig: imageConfig ?? null } };
}

function withContainers(spec: unknown): unknown {
  return isUnsetOr(isFields, spec) ? { ...spec, containers: spec?.['containers'] ?? null } : spec;
}

function isTemplate(value: object): value is PodTemplateSpec {
  const { metadata, spec } = value as Fields;
  if (!isFields(metadata) || !isFields(spec)) return false;
  const isMap = (one: unknown): one is Fields => isFields(one) && Object.values(one).every(isText);
  if (![metadata['labels'], metadata['annotations']].every((map) => isUnsetOr(isMap, map))) return false;
  return [spec['containers'], spec['initContainers']].every((list) => isUnsetOr(isContainers, list));
}

function isContainers(value: unknown): value is readonly Fields[] {
  return isListOf(
    value,
    (item) => isFields(item) && isUnsetOr(isText, item['name']) && isUnsetOr(isText, item['image']),
  );
}

function isImages(value: unknown): value is readonly ImageFacts[] {
  return isListOf(
    value,
    (item) =>
      isFields(item) && isText(item['image']) && isUnsetOr(isFields, item['config']) && isUnsetOr(isBoms, item['boms']),
  );
}

function isBoms(value: unknown): value is readonly Fields[] {
  return isListOf(value, (item) => isFields(item) && isText(item['name']) && isText(item['raw']));
}

function isListOf(value: unknown, is: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(is);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** Left out and null are the same to Go. */
function isUnsetOr<T>(is: (value: unknown) => value is T, value: unknown): value is T | undefined | null {
  return value === undefined || value === null || is(value);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
