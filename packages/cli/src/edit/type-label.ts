import { carto } from '@cartographer/api';
import { isForbidden } from '@cartographer/kube';
import { CartoError, type KubeObject } from '@cartographer/machinery';
import type { Session } from '../frame/session.ts';
import { allOf } from '../read/pages.ts';
import { selectedKeys } from '../read/selected-keys.ts';
import type { EditedKind } from './read-owner.ts';

/** The label of `--type` where no chain says otherwise. */
const DEFAULT_KEY = 'carto.run/type';

/** How {@link typeLabelOf} chooses. */
export type TypeLabelChoice = {
  readonly kind: EditedKind;
  /** `--type-label`, of the command line, the environment or the config file. */
  readonly typeLabel: string | undefined;
  /** It stands on the command line: then it counts whatever the chains say. */
  readonly isSaid: boolean;
};

/**
 * The key of the label that `--type` sets: the one that the chains on the server select by. Where they select by several,
 * `--type-label` says which of them; where by none, it is `carto.run/type`.
 * @throws CartoError `CARTO_USAGE` when that does not decide it.
 */
export async function typeLabelOf(session: Session, { kind, typeLabel, isSaid }: TypeLabelChoice): Promise<string> {
  if (typeLabel !== undefined && isSaid) return typeLabel;
  const keys = selectedKeys(await chains(session, kind));
  const [only] = keys;
  if (only === undefined) return typeLabel ?? DEFAULT_KEY;
  if (keys.length === 1) return only;
  if (typeLabel !== undefined && keys.includes(typeLabel)) return typeLabel;
  throw new CartoError(
    'CARTO_USAGE',
    `--type: the chains here select by ${keys.join(', ')}; say which of them it is by --type-label, or give --label KEY=VALUE`,
  );
}

async function chains({ client, signal }: Session, kind: EditedKind): Promise<readonly KubeObject[]> {
  const type = kind === 'Workload' ? carto.kinds.ClusterSupplyChain : carto.kinds.ClusterDelivery;
  try {
    return await allOf(client, type, { signal });
  } catch (error) {
    if (!isForbidden(error)) throw error;
    throw new CartoError(
      'CARTO_USAGE',
      `--type: which label it sets follows from the chains, which you may not list (${error.message}); give --type-label`,
      { cause: error },
    );
  }
}
