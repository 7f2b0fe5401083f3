import type { GoType } from '@cartographer/api';
import { goPlain, ownerGoTypes } from '@cartographer/api';
import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { memoByIdentity } from '@cartographer/machinery';
import { goJsonOf, typedView } from '../paths/typed-view.ts';

/** An owner or Runnable as paths see it. Made once per object. */
export const ownerView: (owner: KubeObject) => unknown = memoByIdentity(
  (owner: KubeObject) => typedView(goTypeOf(owner), owner) as object,
);

/** The JSON of an owner as Go's marshaller writes it, which is what ytt sees. Made once per object. */
export const ownerJson: (owner: KubeObject) => JsonObject = memoByIdentity(
  (owner: KubeObject) => goJsonOf(goTypeOf(owner), owner) as JsonObject,
);

function goTypeOf({ kind }: KubeObject): GoType {
  return Object.hasOwn(ownerGoTypes, kind) ? ownerGoTypes[kind as keyof typeof ownerGoTypes] : goPlain;
}
