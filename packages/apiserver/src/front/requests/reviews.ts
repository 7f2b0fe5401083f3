import {
  getPath,
  isObject,
  type Json,
  type JsonObject,
  type StatusCause,
  textAt,
  textsAt,
} from '@cartographer/machinery';

import type { Authenticator } from '../auth/authenticator.ts';
import { type Authorizer, joinErrors, missingRole } from '../auth/authorizer.ts';
import type { AccessAttributes, PolicyRule } from '../auth/policy-rule.ts';
import { ISSUER } from '../auth/service-account-tokens.ts';
import type { User } from '../auth/user.ts';
import { apiVersionOf, type VirtualResource } from '../documents/virtual-resources.ts';
import { invalid } from '../wire/wire-errors.ts';

/** What the review endpoints ask. */
export type ReviewDeps = { readonly authorizer: Authorizer; readonly authenticator: Authenticator };

/** Answers a POST to a virtual resource: the object of the request with its `status` filled in. */
export async function review(
  deps: ReviewDeps,
  resource: VirtualResource,
  body: JsonObject,
  user: User,
  namespace: string | undefined,
): Promise<JsonObject> {
  const spec = getPath(body, 'spec');
  const answer = (status: JsonObject): JsonObject => ({
    kind: resource.kind,
    apiVersion: apiVersionOf(resource),
    metadata: { ...metadataOf(body), ...(namespace === undefined ? {} : { namespace }) },
    ...(spec === undefined ? {} : { spec }),
    status,
  });
  switch (resource.kind) {
    case 'SelfSubjectReview':
      return answer({ userInfo: userInfo(user) });
    case 'TokenReview':
      return answer(await reviewToken(deps.authenticator, spec));
    case 'SelfSubjectRulesReview':
      return answer(reviewRules(deps.authorizer, user, textAt(spec, 'namespace')));
    case 'SelfSubjectAccessReview':
      return answer(reviewAccess(deps.authorizer, user, requireAttributes(spec, [])));
    default: {
      const wanted = requireAttributes(spec, subjectErrors(spec), namespace);
      return answer(reviewAccess(deps.authorizer, subjectOf(spec), wanted));
    }
  }
}

/** A user as `status.userInfo` and TokenReview show it. */
function userInfo(user: User): JsonObject {
  return {
    username: user.name,
    ...(user.uid === undefined ? {} : { uid: user.uid }),
    groups: user.groups,
    ...(user.extra === undefined ? {} : { extra: user.extra }),
  };
}

function metadataOf(body: JsonObject): JsonObject {
  const metadata = body['metadata'];
  return isObject(metadata) ? metadata : {};
}

async function reviewToken(authenticator: Authenticator, spec: Json | undefined): Promise<JsonObject> {
  const verified = await authenticator.verify(textAt(spec, 'token'));
  const refused = (error: string): JsonObject => ({ user: {}, error });
  if (verified === undefined) return refused('invalid bearer token');
  const wanted = textsAt(spec, 'audiences');
  const audiences = (wanted.length === 0 ? [ISSUER] : wanted).filter((one) => verified.audiences.includes(one));
  if (audiences.length === 0) return refused('token audiences do not match');
  return { authenticated: true, user: userInfo(verified.user), audiences };
}

function reviewAccess(authorizer: Authorizer, user: User, wanted: AccessAttributes): JsonObject {
  const { allowed, reason } = authorizer.authorize(user, wanted);
  return { allowed, ...(reason === '' ? {} : { reason }) };
}

function reviewRules(authorizer: Authorizer, user: User, namespace: string): JsonObject {
  const { rules, dangling } = authorizer.rulesFor(user, namespace === '' ? 'default' : namespace);
  return {
    resourceRules: rules.filter((rule) => rule.resources !== undefined).map(resourceRule),
    nonResourceRules: rules
      .filter((rule) => rule.nonResourceURLs !== undefined)
      .map(({ verbs, nonResourceURLs = [] }) => ({ verbs, nonResourceURLs })),
    incomplete: dangling.length > 0,
    ...(dangling.length === 0 ? {} : { evaluationError: joinErrors(dangling.map(missingRole)) }),
  };
}

function resourceRule({ verbs, apiGroups = [], resources = [], resourceNames }: PolicyRule): JsonObject {
  return { verbs, apiGroups, resources, ...(resourceNames === undefined ? {} : { resourceNames }) };
}

function subjectErrors(spec: Json | undefined): readonly Required<StatusCause>[] {
  const named = textAt(spec, 'user') !== '' || textsAt(spec, 'groups').length > 0;
  return named ? [] : [fieldInvalid('spec.user', '""', 'at least one of user or group must be specified')];
}

function fieldInvalid(field: string, value: string, message: string): Required<StatusCause> {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${value}: ${message}` };
}

/** The attributes of a review. The object has no kind when it is checked, which shows in the text. */
function requireAttributes(
  spec: Json | undefined,
  subjectCauses: readonly Required<StatusCause>[],
  namespace?: string,
): AccessAttributes {
  const resource = getPath(spec, 'resourceAttributes');
  const path = getPath(spec, 'nonResourceAttributes');
  const causes = [...subjectCauses];
  if (isObject(resource) === isObject(path)) {
    const message = isObject(path)
      ? 'cannot be specified in combination with resourceAttributes'
      : 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    const field = isObject(path) ? 'spec.nonResourceAttributes' : 'spec.resourceAttributes';
    causes.unshift(fieldInvalid(field, '"null"', message));
  }
  if (namespace !== undefined && textAt(resource, 'namespace') !== namespace) {
    const message = `must match metadata.namespace`;
    causes.push(
      fieldInvalid('spec.resourceAttributes.namespace', JSON.stringify(textAt(resource, 'namespace')), message),
    );
  }
  if (causes.length > 0) throw invalid('', 'authorization.k8s.io', '', causes);
  if (isObject(path)) return { kind: 'path', verb: textAt(path, 'verb'), path: textAt(path, 'path') };
  return {
    kind: 'resource',
    verb: textAt(resource, 'verb'),
    group: textAt(resource, 'group'),
    resource: textAt(resource, 'resource'),
    ...optional('subresource', getPath(resource, 'subresource')),
    ...optional('namespace', getPath(resource, 'namespace')),
    ...optional('name', getPath(resource, 'name')),
  };
}

function optional<K extends string>(key: K, value: Json | undefined): { readonly [P in K]?: string } {
  return typeof value === 'string' && value !== '' ? ({ [key]: value } as { readonly [P in K]?: string }) : {};
}

function subjectOf(spec: Json | undefined): User {
  return { name: textAt(spec, 'user'), groups: textsAt(spec, 'groups') };
}
