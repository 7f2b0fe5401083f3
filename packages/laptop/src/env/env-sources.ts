import { getPath, isObject, listAt, textAt } from '@cartographer/machinery';

/** Where a variable's value comes from. */
export type EnvSource =
  | { readonly kind: 'value'; readonly name: string; readonly value: string }
  | {
      readonly kind: 'secret' | 'configMap';
      readonly name: string;
      readonly object: string;
      /** Absent: all keys of the object, as `envFrom` takes them; `name` is their prefix then. */
      readonly key?: string;
      readonly optional: boolean;
    };

/** Kubernetes' rule and words, since 1.32. Knative does not look; the Deployment that it makes is refused. */
const ENV_NAME = /^[ -<>-~]+$/;
const ENV_NAME_RULE =
  "a valid environment variable name must consist only of printable ASCII characters other than '='";

/** Where the variables stand, for messages. */
type EnvPlace = {
  /** The path of the container. */
  readonly at: string;
  /** What it is part of. */
  readonly of: string;
  /** Who gets the variables. */
  readonly who: string;
};

/** Reads `env` and `envFrom` of a container or a step, or says what in them cannot be had. */
export function readEnv(
  container: unknown,
  { at: place, of, who }: EnvPlace,
):
  | { readonly kind: 'env'; readonly sources: readonly EnvSource[] }
  | { readonly kind: 'unsupported'; readonly message: string } {
  const sources: EnvSource[] = [];
  for (const item of listAt(container, 'envFrom')) {
    const source = referenceOf(item, 'secretRef', 'configMapRef', textAt(item, 'prefix'));
    if (source === undefined) return { kind: 'unsupported', message: `${of}: envFrom takes secretRef or configMapRef` };
    const { key: _all, ...whole } = source;
    sources.push(whole);
  }
  for (const [at, item] of listAt(container, 'env').entries()) {
    const name = textAt(item, 'name');
    if (!ENV_NAME.test(name)) {
      const message = `${place}.env[${at}].name: Invalid value: ${JSON.stringify(name)}: ${ENV_NAME_RULE}`;
      return { kind: 'unsupported', message };
    }
    const valueFrom = getPath(item, 'valueFrom');
    if (valueFrom === undefined || valueFrom === null) {
      sources.push({ kind: 'value', name, value: textAt(item, 'value') });
      continue;
    }
    const source = referenceOf(valueFrom, 'secretKeyRef', 'configMapKeyRef', name);
    if (source === undefined) {
      const message = `${of}: variable ${name} takes its value from something other than secretKeyRef or configMapKeyRef, which ${who} on the laptop do not have`;
      return { kind: 'unsupported', message };
    }
    sources.push(source);
  }
  return { kind: 'env', sources };
}

function referenceOf(
  item: unknown,
  secretField: string,
  configField: string,
  name: string,
): (EnvSource & { kind: 'secret' | 'configMap' }) | undefined {
  for (const [field, kind] of [
    [secretField, 'secret'],
    [configField, 'configMap'],
  ] as const) {
    const reference = getPath(item, field);
    if (!isObject(reference)) continue;
    const key = textAt(reference, 'key');
    const optional = reference['optional'] === true;
    return { kind, name, object: textAt(reference, 'name'), ...(key === '' ? {} : { key }), optional };
  }
  return undefined;
}
