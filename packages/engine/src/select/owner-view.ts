import type { GoType } from '@cartographer/api';
import { goPlain, ownerGoTypes } from '@cartographer/api';
import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { goJsonOf, typedView } from '../paths/typed-view.ts';

const views = new WeakMap<object, unknown>();
const jsons = new WeakMap<object, JsonObject>();

/** An owner or Runnable as paths see it. Made once per object. */
export function ownerView(owner: KubeObject): unknown {
  let view = views.get(owner);
  if (view === undefined) views.set(owner, (view = typedView(goTypeOf(owner), owner)));
  return view;
}

/** The JSON of an owner as Go's marshaller writes it, which is what ytt sees. Made once per object. */
export function ownerJson(owner: KubeObject): JsonObject {
  let json = jsons.get(owner);
  if (json === undefined) jsons.set(owner, (json = goJsonOf(goTypeOf(owner), owner) as JsonObject));
  return json;
}

function goTypeOf({ kind }: KubeObject): GoType {
  return Object.hasOwn(ownerGoTypes, kind) ? ownerGoTypes[kind as keyof typeof ownerGoTypes] : goPlain;
}
