import {
  deepEqual,
  type FieldError,
  getPath,
  invalidError,
  isList,
  isObject,
  type JsonObject,
  type KubeObject,
  notSupportedError,
  requiredError,
} from '@cartographer/machinery';

import { ageColumn, column, createdAtColumn, nameColumn, textAt } from './columns.ts';
import type { KindDefinition } from './kind-definition.ts';

const RBAC = 'rbac.authorization.k8s.io';

/** Leases and RBAC. */
export const policyKinds: readonly KindDefinition[] = [
  {
    group: 'coordination.k8s.io',
    version: 'v1',
    resource: 'leases',
    kind: 'Lease',
    createOnUpdate: true,
    durable: false,
    columns: [nameColumn, column('Holder', textAt('spec', 'holderIdentity')), ageColumn],
  },
  role('roles', 'Role', true),
  role('clusterroles', 'ClusterRole', false),
  binding('rolebindings', 'RoleBinding', true),
  binding('clusterrolebindings', 'ClusterRoleBinding', false),
];

function role(resource: string, kind: string, namespaced: boolean): KindDefinition {
  return {
    group: RBAC,
    version: 'v1',
    resource,
    kind,
    namespaced,
    createOnUpdate: true,
    nameErrors: pathSegmentErrors,
    columns: [nameColumn, createdAtColumn],
    validate: (object, old) => {
      const errors = [...ruleErrors(object, namespaced), ...aggregationErrors(object)];
      return old === undefined ? errors : [...errors, ...errors]; // a real server checks an update twice
    },
  };
}

function binding(resource: string, kind: string, namespaced: boolean): KindDefinition {
  return {
    group: RBAC,
    version: 'v1',
    resource,
    kind,
    namespaced,
    createOnUpdate: true,
    nameErrors: pathSegmentErrors,
    columns: [
      nameColumn,
      column('Role', (object) => `${text(object, 'roleRef', 'kind')}/${text(object, 'roleRef', 'name')}`),
      ageColumn,
      column('Users', (object) => subjectNames(object, 'User'), { wide: true }),
      column('Groups', (object) => subjectNames(object, 'Group'), { wide: true }),
      column('ServiceAccounts', (object) => subjectNames(object, 'ServiceAccount'), { wide: true }),
    ],
    complete: completeBinding,
    validate: (object, old) => bindingErrors(object, old, namespaced),
  };
}

/** RBAC names may be anything that fits into one segment of a path: `system:node` is fine. */
function pathSegmentErrors(name: string): readonly string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%']
    .filter((character) => name.includes(character))
    .map((character) => `may not contain '${character}'`);
}

function text(object: unknown, ...path: readonly string[]): string {
  const value = getPath(object, ...path);
  return typeof value === 'string' ? value : '';
}

function subjectNames(object: KubeObject, kind: string): string {
  const subjects = getPath(object, 'subjects');
  if (!isList(subjects)) return '';
  return subjects
    .filter((subject) => text(subject, 'kind') === kind)
    .map((subject) => (kind === 'ServiceAccount' ? `${text(subject, 'namespace')}/` : '') + text(subject, 'name'))
    .join(', ');
}

function completeBinding(object: JsonObject): JsonObject {
  const { roleRef, subjects } = object;
  const completed = isList(subjects) ? subjects.map((subject) => completeSubject(subject as JsonObject)) : subjects;
  const ref = isObject(roleRef) && text(roleRef, 'apiGroup') === '' ? { ...roleRef, apiGroup: RBAC } : roleRef;
  return {
    ...object,
    ...(ref === undefined ? {} : { roleRef: ref }),
    ...(subjects === undefined ? {} : { subjects: completed }),
  };
}

function completeSubject(subject: JsonObject): JsonObject {
  const needsGroup = text(subject, 'kind') === 'User' || text(subject, 'kind') === 'Group';
  return needsGroup && text(subject, 'apiGroup') === '' ? { ...subject, apiGroup: RBAC } : subject;
}

function ruleErrors(object: JsonObject, namespaced: boolean): readonly FieldError[] {
  const rules = isList(object['rules']) ? object['rules'] : [];
  return rules.flatMap((rule, index) => {
    const field = `rules[${index}]`;
    const has = (key: string): boolean => isList(getPath(rule, key));
    if (!has('verbs')) return [requiredError(`${field}.verbs`, 'verbs must contain at least one value')];
    if (has('nonResourceURLs')) {
      const detail = 'namespaced rules cannot apply to non-resource URLs';
      return namespaced ? [invalidError(`${field}.nonResourceURLs`, getPath(rule, 'nonResourceURLs'), detail)] : [];
    }
    return [
      ...(has('apiGroups')
        ? []
        : [requiredError(`${field}.apiGroups`, 'resource rules must supply at least one api group')]),
      ...(has('resources')
        ? []
        : [requiredError(`${field}.resources`, 'resource rules must supply at least one resource')]),
    ];
  });
}

function aggregationErrors({ aggregationRule }: JsonObject): readonly FieldError[] {
  if (aggregationRule === undefined || aggregationRule === null) return [];
  const selectors = getPath(aggregationRule, 'clusterRoleSelectors');
  if (isList(selectors) && selectors.length > 0) return [];
  const detail = 'at least one clusterRoleSelector required if aggregationRule is non-nil';
  return [requiredError('aggregationRule.clusterRoleSelectors', detail)];
}

function bindingErrors(object: JsonObject, old: JsonObject | undefined, namespaced: boolean): readonly FieldError[] {
  const ref = object['roleRef'];
  const errors: FieldError[] = [];
  if (text(ref, 'apiGroup') !== RBAC) {
    errors.push(notSupportedError('roleRef.apiGroup', text(ref, 'apiGroup'), [RBAC]));
  }
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  if (!kinds.includes(text(ref, 'kind'))) {
    errors.push(notSupportedError('roleRef.kind', text(ref, 'kind'), kinds));
  }
  if (text(ref, 'name') === '') errors.push(requiredError('roleRef.name'));
  if (old !== undefined && !deepEqual(ref, old['roleRef'])) {
    const go = `rbac.RoleRef{APIGroup:${JSON.stringify(text(ref, 'apiGroup'))}, Kind:${JSON.stringify(text(ref, 'kind'))}, Name:${JSON.stringify(text(ref, 'name'))}}`;
    errors.push({
      reason: 'FieldValueInvalid',
      field: 'roleRef',
      message: `Invalid value: ${go}: cannot change roleRef`,
    });
  }
  const subjects = isList(object['subjects']) ? object['subjects'] : [];
  return [...errors, ...subjects.flatMap((subject, index) => subjectErrors(subject as JsonObject, index, namespaced))];
}

function subjectErrors(subject: JsonObject, index: number, namespaced: boolean): readonly FieldError[] {
  const field = `subjects[${index}]`;
  if (text(subject, 'name') === '') return [requiredError(`${field}.name`)];
  const kind = text(subject, 'kind');
  if (!['ServiceAccount', 'User', 'Group'].includes(kind)) {
    return [notSupportedError(`${field}.kind`, kind, ['ServiceAccount', 'User', 'Group'])];
  }
  if (kind !== 'ServiceAccount' || text(subject, 'namespace') !== '' || namespaced) return [];
  return [requiredError(`${field}.namespace`)];
}
