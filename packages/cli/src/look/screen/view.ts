import type { OwnerKindName } from '../../frame/owner-name.ts';
import type { Style } from '../../screen/style.ts';

/** What decides how a screen is drawn. */
export type View = {
  readonly kind: OwnerKindName;
  readonly style: Style;
  /** Undefined for a pipe: nothing is cut. */
  readonly columns: number | undefined;
  readonly nowMs: number;
  /** Flags that the next command needs to find the owner again, as ` -n shop`. */
  readonly flags: string;
};
