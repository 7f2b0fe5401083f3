import { randomUUID } from 'node:crypto';

import { type Clock, getPath, isObject, type Json, type JsonObject, rfc3339, textsAt } from '@cartographer/machinery';

import type { Core } from '../../core-api.ts';
import { conflict, notFound } from '../../status-error.ts';
import { resourceOfBound } from '../auth/authenticator.ts';
import { findObject } from '../auth/find-object.ts';
import { type BoundObject, ISSUER, type ServiceAccountTokens } from '../auth/service-account-tokens.ts';
import { invalid, unknownResource } from '../wire/wire-errors.ts';

const DEFAULT_SECONDS = 3600;
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;

/** What the token endpoint stands on. */
export type TokenRequestDeps = {
  readonly core: Pick<Core, 'get' | 'registry'>;
  readonly tokens: ServiceAccountTokens;
  readonly clock: Clock;
};

/** Answers `POST …/serviceaccounts/NAME/token`: a token that dies with the account, after its time, or with the object it is bound to. */
export async function requestToken(
  { core, tokens, clock }: TokenRequestDeps,
  key: { readonly namespace: string; readonly name: string },
  body: JsonObject,
): Promise<JsonObject> {
  const info = core.registry.find('', 'v1', 'serviceaccounts');
  if (info === undefined) throw unknownResource();
  const account = core.get(info, key);
  const seconds = secondsOf(getPath(body, 'spec', 'expirationSeconds'));
  const audiences = textsAt(body, 'spec', 'audiences');
  const bound = boundObject(core, key.namespace, getPath(body, 'spec', 'boundObjectRef'));
  const expiresAtMs = Math.floor(clock.now() / 1000 + seconds) * 1000;
  const spec = { audiences: audiences.length === 0 ? [ISSUER] : audiences, expirationSeconds: seconds };
  const token = await tokens.sign({
    ...key,
    uid: account.metadata.uid ?? '',
    audiences: spec.audiences,
    id: randomUUID(),
    ...(bound === undefined ? {} : { bound }),
    expiresAtMs,
  });
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name: key.name, namespace: key.namespace, creationTimestamp: rfc3339(clock.now()) },
    spec: { ...spec, boundObjectRef: getPath(body, 'spec', 'boundObjectRef') ?? null },
    status: { token, expirationTimestamp: rfc3339(expiresAtMs) },
  };
}

function secondsOf(value: Json | undefined): number {
  if (value === undefined || value === null) return DEFAULT_SECONDS;
  const seconds = Number(value);
  const refuse = (message: string): never => {
    const shown = typeof value === 'object' ? JSON.stringify(value) : String(value);
    throw invalid('TokenRequest', 'authentication.k8s.io', '', [
      {
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${shown}: ${message}`,
        field: 'spec.expirationSeconds',
      },
    ]);
  };
  if (!Number.isInteger(seconds)) return refuse('must be an integer');
  if (seconds < MIN_SECONDS) return refuse('may not specify a duration less than 10 minutes');
  if (seconds > MAX_SECONDS) return refuse('may not specify a duration larger than 2^32 seconds');
  return seconds;
}

function boundObject(
  core: Pick<Core, 'get' | 'registry'>,
  namespace: string,
  reference: Json | undefined,
): BoundObject | undefined {
  if (!isObject(reference)) return undefined;
  const kind = reference['kind'];
  const name = reference['name'];
  if ((kind !== 'Secret' && kind !== 'Pod') || typeof name !== 'string') {
    throw invalid('TokenRequest', 'authentication.k8s.io', '', [
      {
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${JSON.stringify(reference)}: cannot bind token to this object; only Secret and Pod are supported`,
        field: 'spec.boundObjectRef',
      },
    ]);
  }
  const resource = resourceOfBound[kind];
  const uid = findObject(core, resource, namespace, name)?.metadata.uid;
  if (uid === undefined) throw notFound({ group: '', resource }, name);
  const wanted = reference['uid'];
  if (typeof wanted === 'string' && wanted !== '' && wanted !== uid) {
    const message = `the UID in the bound object reference (${wanted}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict({ group: '', resource }, name, message);
  }
  return { kind, name, uid };
}
