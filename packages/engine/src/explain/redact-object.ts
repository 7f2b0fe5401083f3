import type { Json, KubeObject, MutableJsonObject } from '@cartographer/machinery';
import { getKey, isList, isObject, setKey } from '@cartographer/machinery';
import type { SecretValues } from '../read/secret-values.ts';
import { isSecret, REDACTED } from '../read/secret-values.ts';

/** The object without `managedFields` and without what Secrets hold: of a Secret all values, of others those that are known. */
export function redactObject(object: KubeObject, secrets: SecretValues): KubeObject {
  const { metadata, ...fields } = object;
  const { managedFields: _managed, ...rest } = metadata;
  const hidden: MutableJsonObject = {};
  for (const key of Object.keys(fields)) {
    const value = getKey(fields, key);
    const isData = isSecret(object) && (key === 'data' || key === 'stringData');
    setKey(hidden, key, isData ? withoutValues(value) : redactJson(value, secrets));
  }
  return { ...hidden, metadata: redactJson(rest, secrets) } as KubeObject;
}

function withoutValues(data: Json | undefined): Json {
  if (!isObject(data)) return REDACTED;
  const hidden: MutableJsonObject = {};
  for (const key of Object.keys(data)) setKey(hidden, key, REDACTED);
  return hidden;
}

/** A value whose texts hold nothing that is known from a Secret. */
export function redactJson(value: Json | undefined, secrets: SecretValues): Json {
  if (typeof value === 'string') return secrets.redact(value);
  if (isList(value)) return value.map((item) => redactJson(item, secrets));
  if (!isObject(value)) return value ?? null;
  const hidden: MutableJsonObject = {};
  for (const key of Object.keys(value)) setKey(hidden, key, redactJson(getKey(value, key), secrets));
  return hidden;
}
