import { asJson } from '@cartographer/machinery';
import type { JsonObject, KubeObject } from '@cartographer/machinery';
import {
  integer,
  listOf,
  mapOf,
  opaque,
  plainJson,
  plainValue,
  pointer,
  pointerTo,
  struct,
  text,
  typedView,
} from './typed-view.ts';
import type { Shape } from './typed-view.ts';

const metadata = struct(
  {
    name: text,
    generateName: text,
    namespace: text,
    selfLink: text,
    uid: text,
    resourceVersion: text,
    generation: integer,
    creationTimestamp: pointer,
    deletionTimestamp: pointer,
    deletionGracePeriodSeconds: pointer,
    labels: mapOf(text),
    annotations: mapOf(text),
    ownerReferences: listOf(
      struct({
        apiVersion: text,
        kind: text,
        name: text,
        uid: text,
        controller: pointer,
        blockOwnerDeletion: pointer,
      }),
    ),
    finalizers: listOf(text),
    managedFields: listOf(plainJson),
  },
  { creationTimestamp: null },
);

const source = pointerTo({
  git: pointerTo({ url: pointer, ref: pointerTo({ branch: pointer, tag: pointer, commit: pointer }) }),
  image: pointer,
  subPath: pointer,
});

const keyRef = pointerTo({ name: text, key: text, optional: pointer });

const environment = listOf(
  struct({
    name: text,
    value: text,
    valueFrom: pointerTo({
      fieldRef: pointerTo({ apiVersion: text, fieldPath: text }),
      resourceFieldRef: pointerTo({ containerName: text, resource: text, divisor: plainJson }, { divisor: '0' }),
      configMapKeyRef: keyRef,
      secretKeyRef: keyRef,
    }),
  }),
);

const params = listOf(struct({ name: text, value: opaque }));

const conditions = listOf(
  struct({
    type: text,
    status: text,
    observedGeneration: integer,
    lastTransitionTime: pointer,
    reason: text,
    message: text,
  }),
);

const reference = {
  kind: text,
  namespace: text,
  name: text,
  uid: text,
  apiVersion: text,
  resourceVersion: text,
  fieldPath: text,
};
const blueprintReference = struct({ kind: text, name: text, namespace: text, apiVersion: text });

const statusFields = {
  observedGeneration: integer,
  conditions,
  resources: listOf(
    struct({
      name: text,
      stampedRef: pointerTo({ ...reference, resource: text }),
      templateRef: pointerTo(reference),
      inputs: listOf(struct({ name: text })),
      outputs: listOf(struct({ name: text, preview: text, digest: text, lastTransitionTime: pointer })),
      conditions,
    }),
  ),
};

const root = (spec: Shape, status: Shape, shownStatus: JsonObject) =>
  struct({ kind: text, apiVersion: text, metadata, spec, status }, { status: shownStatus }, ['kind', 'apiVersion']);

const shapes: Readonly<Record<string, Shape>> = {
  Workload: root(
    struct(
      {
        params,
        source,
        build: struct({ env: environment }),
        env: environment,
        image: pointer,
        resources: pointerTo({
          limits: mapOf(plainJson),
          requests: mapOf(plainJson),
          claims: listOf(struct({ name: text })),
        }),
        serviceAccountName: text,
        serviceClaims: listOf(struct({ name: text, ref: pointerTo({ apiVersion: text, kind: text, name: text }) })),
      },
      { build: {} },
    ),
    struct({ ...statusFields, supplyChainRef: blueprintReference }, { supplyChainRef: {} }),
    { supplyChainRef: {} },
  ),
  Deliverable: root(
    struct({ params, source, serviceAccountName: text }),
    struct({ ...statusFields, deliveryRef: blueprintReference }, { deliveryRef: {} }),
    { deliveryRef: {} },
  ),
  Runnable: root(
    struct({
      runTemplateRef: struct({ kind: text, name: text }),
      selector: pointerTo({
        resource: struct({ apiVersion: text, kind: text }),
        matchingLabels: mapOf(text),
      }),
      inputs: mapOf(opaque),
      serviceAccountName: text,
      retentionPolicy: struct({ maxFailedRuns: integer, maxSuccessfulRuns: integer }),
    }),
    struct({ observedGeneration: integer, conditions, outputs: mapOf(opaque) }),
    {},
  ),
};

const views = new WeakMap<object, unknown>();

/** An owner or Runnable as paths see it. Made once per object. */
export function ownerView(owner: KubeObject): unknown {
  const known = views.get(owner);
  if (known !== undefined) return known;
  const view = typedView(shapes[owner.kind] ?? plainJson, asJson(owner));
  views.set(owner, view);
  return view;
}

/** The JSON of an owner as Go's marshaller would write it: with the fields that are always shown. */
export function ownerJson(owner: KubeObject): JsonObject {
  return plainValue(ownerView(owner)) as JsonObject;
}
