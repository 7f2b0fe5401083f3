/**
 * The Go types of Workload, Deliverable and Runnable, field by field: what templates and selectors see of an owner
 * follows from them. A field without `omitempty` is always there, one with it only when it is not empty; structs by
 * value have zero values instead of being absent. The types of `core/v1` and `meta/v1` are those of Kubernetes 1.27.
 */

import type { GoStruct, GoType } from '../schema/go-type.ts';
import {
  goInt64,
  goJsonValue,
  goMap,
  goPlain,
  goPointer,
  goQuantity,
  goSlice,
  goString,
  goStruct,
  goStructPointer,
  goTime,
  goTimePointer,
  omitempty,
} from '../schema/go-type.ts';

const text = omitempty(goString);
const number = omitempty(goInt64);
const pointer = omitempty(goPointer);

// metav1.ObjectMeta
const objectMeta = goStruct({
  name: text,
  generateName: text,
  namespace: text,
  selfLink: text,
  uid: text,
  resourceVersion: text,
  generation: number,
  creationTimestamp: omitempty(goTime), // a struct: null when unset
  deletionTimestamp: omitempty(goTimePointer),
  deletionGracePeriodSeconds: pointer,
  labels: omitempty(goMap(goString)),
  annotations: omitempty(goMap(goString)),
  ownerReferences: omitempty(
    goSlice(
      goStruct({
        apiVersion: goString,
        kind: goString,
        name: goString,
        uid: goString,
        controller: pointer,
        blockOwnerDeletion: pointer,
      }),
    ),
  ),
  finalizers: omitempty(goSlice(goString)),
  managedFields: omitempty(goSlice(goPlain)),
});

const source = omitempty(
  goStructPointer({
    git: omitempty(
      goStructPointer({
        url: pointer,
        ref: omitempty(goStructPointer({ branch: pointer, tag: pointer, commit: pointer })),
      }),
    ),
    image: pointer,
    subPath: pointer,
  }),
);

// core/v1 ConfigMapKeySelector and SecretKeySelector
const keySelector = omitempty(goStructPointer({ name: text, key: goString, optional: pointer }));

// core/v1 EnvVar
const environment = omitempty(
  goSlice(
    goStruct({
      name: goString,
      value: text,
      valueFrom: omitempty(
        goStructPointer({
          fieldRef: omitempty(goStructPointer({ apiVersion: text, fieldPath: goString })),
          resourceFieldRef: omitempty(
            goStructPointer({ containerName: text, resource: goString, divisor: omitempty(goQuantity) }),
          ),
          configMapKeyRef: keySelector,
          secretKeyRef: keySelector,
        }),
      ),
    }),
  ),
);

// core/v1 ResourceRequirements
const resources = omitempty(
  goStructPointer({
    limits: omitempty(goMap(goQuantity)),
    requests: omitempty(goMap(goQuantity)),
    claims: omitempty(goSlice(goStruct({ name: goString }))),
  }),
);

const params = omitempty(goSlice(goStruct({ name: goString, value: goJsonValue })));

const serviceClaims = omitempty(
  goSlice(
    goStruct({
      name: goString,
      ref: omitempty(goStructPointer({ apiVersion: goString, kind: goString, name: goString })),
    }),
  ),
);

// metav1.Condition
const conditions = omitempty(
  goSlice(
    goStruct({
      type: goString,
      status: goString,
      observedGeneration: number,
      lastTransitionTime: goTime,
      reason: goString,
      message: goString,
    }),
  ),
);

// core/v1 ObjectReference
const objectReference = {
  kind: text,
  namespace: text,
  name: text,
  uid: text,
  apiVersion: text,
  resourceVersion: text,
  fieldPath: text,
};

const ownerStatus = {
  observedGeneration: number,
  conditions,
  resources: omitempty(
    goSlice(
      goStruct({
        name: goString,
        stampedRef: omitempty(goStructPointer({ ...objectReference, resource: text })),
        templateRef: omitempty(goStructPointer(objectReference)),
        inputs: omitempty(goSlice(goStruct({ name: goString }))),
        outputs: omitempty(
          goSlice(goStruct({ name: goString, preview: goString, digest: goString, lastTransitionTime: goTime })),
        ),
        conditions,
      }),
    ),
  ),
};

const blueprintReference = omitempty(goStruct({ kind: text, namespace: text, name: text, apiVersion: text }));

const root = (spec: GoStruct, status: GoStruct): GoType =>
  goStruct({ kind: text, apiVersion: text, metadata: omitempty(objectMeta), spec, status: omitempty(status) }, [
    'kind',
    'apiVersion',
  ]);

/** The Go types of the kinds that templates see, by kind. */
export const ownerGoTypes: Readonly<Record<'Workload' | 'Deliverable' | 'Runnable', GoType>> = {
  Workload: root(
    goStruct({
      params,
      source,
      build: omitempty(goStruct({ env: environment })),
      env: environment,
      image: pointer,
      resources,
      serviceAccountName: text,
      serviceClaims,
    }),
    goStruct({ ...ownerStatus, supplyChainRef: blueprintReference }),
  ),
  Deliverable: root(
    goStruct({ params, source, serviceAccountName: text }),
    goStruct({ ...ownerStatus, deliveryRef: blueprintReference }),
  ),
  Runnable: root(
    goStruct({
      runTemplateRef: goStruct({ kind: text, name: goString }),
      selector: omitempty(
        goStructPointer({
          resource: goStruct({ apiVersion: text, kind: text }),
          matchingLabels: goMap(goString),
        }),
      ),
      inputs: omitempty(goMap(goJsonValue)),
      serviceAccountName: text,
      retentionPolicy: omitempty(goStruct({ maxFailedRuns: goInt64, maxSuccessfulRuns: goInt64 })),
    }),
    goStruct({ observedGeneration: number, conditions, outputs: omitempty(goMap(goJsonValue)) }),
  ),
};
