import { Asks } from '../world/asks.ts';
import type { Delete, Write, WriteAnswer } from '../world/world.ts';

/**
 * The questions of an account, which changes nothing: what a plan would write counts as done where the object is there,
 * as it is, and as not done where it is not.
 */
export class ReadingAsks extends Asks {
  override written({ verb, type, object }: Write): WriteAnswer {
    const { namespace, name = '' } = object.metadata;
    const live =
      verb === 'create'
        ? undefined
        : this.cluster.observed({ type, ...(namespace === undefined ? {} : { namespace }), name });
    return live?.kind === 'present'
      ? { kind: 'done', object: live.object, created: false }
      : { kind: 'failed', message: 'it is not there' };
  }

  override delete(_request: Delete): void {
    // An account asks for nothing to be done.
  }
}
