import type { ApplyOutcome } from '../apply/apply.ts';
import { serverSideApply, trackUpdate } from '../apply/apply.ts';
import { mergeSchemaOf } from '../apply/merge-schema.ts';
import { compileSchema } from '../schema/compiled-schema.ts';
import type { Json, JsonObject } from '../values/json.ts';
import { getPath, isList, isObject } from '../values/json.ts';
import type { StructuralSchema } from '../values/structural-schema.ts';

/** The schema of the kind on which a real server's answers were measured. For tests. */
export const gadgetSchema: StructuralSchema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        n: { type: 'integer' },
        s: { type: 'string' },
        d: { type: 'string', default: 'dflt' },
        nul: { type: 'string', nullable: true },
        nd: { type: 'string', default: 'x' },
        ios: { 'x-kubernetes-int-or-string': true },
        pu: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        emb: {
          type: 'object',
          'x-kubernetes-embedded-resource': true,
          'x-kubernetes-preserve-unknown-fields': true,
        },
        m: { type: 'object', additionalProperties: { type: 'string' } },
        at: {
          type: 'object',
          'x-kubernetes-map-type': 'atomic',
          properties: { a: { type: 'string' }, b: { type: 'string' } },
        },
        la: { type: 'array', items: { type: 'string' } },
        ls: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
        lm: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['k'],
          items: {
            type: 'object',
            required: ['k'],
            properties: { k: { type: 'string' }, v: { type: 'string' }, w: { type: 'string' } },
          },
        },
        dt: { type: 'string', format: 'date-time' },
        imm: {
          type: 'string',
          'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'imm is immutable' }],
        },
        num: { type: 'number' },
      },
    },
    status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
};

/** One object on a server with this schema, for tests of writes; time moves on with every write. */
export function gadgetServer(structural: StructuralSchema = gadgetSchema, start?: JsonObject) {
  const schema = mergeSchemaOf(structural);
  const compiled = compileSchema(structural);
  let live = start;
  let seconds = 0;
  const write = () => {
    seconds += 1;
    const time = new Date(1_767_225_600_000 + seconds * 1000).toISOString().replace('.000', '');
    return { ...(live === undefined ? {} : { live }), schema, apiVersion: 'probe.test/v1', time };
  };
  return {
    apply(manager: string, fields: JsonObject, options: { force?: boolean; subresource?: string } = {}): ApplyOutcome {
      const applied = gadget(fields);
      const outcome = serverSideApply({ ...write(), manager, applied, force: false, ...options });
      if (outcome.kind === 'applied') live = compiled.applyDefaults(outcome.object, { keepNulls: true });
      return outcome;
    },
    update(manager: string, change: (object: JsonObject) => JsonObject, subresource = ''): void {
      live = trackUpdate({ ...write(), manager, updated: change(live ?? {}), subresource });
    },
    get object(): JsonObject {
      return live ?? {};
    },
    get spec(): Json | undefined {
      return getPath(live, 'spec');
    },
    owners: () => owners(live),
  };
}

/** A gadget named `s1`. */
export function gadget({ metadata, ...rest }: JsonObject): JsonObject {
  return {
    apiVersion: 'probe.test/v1',
    kind: 'Gadget',
    metadata: { name: 's1', ...(isObject(metadata) ? metadata : {}) },
    ...rest,
  };
}

function owners(object: JsonObject | undefined): Readonly<Record<string, Json | undefined>> {
  const entries = getPath(object, 'metadata', 'managedFields');
  return Object.fromEntries(
    (isList(entries) ? entries : []).map((entry) => [
      `${getPath(entry, 'manager') as string}/${getPath(entry, 'operation') as string}`,
      getPath(entry, 'fieldsV1'),
    ]),
  );
}
