import { BoundedMap, CartoError, type Clock } from '@cartographer/machinery';
import {
  type DockerConfig,
  dockerConfigsIn,
  loginsFor,
  type RegistryClient,
  type Repository,
  type RepositoryName,
} from '@cartographer/oci';
import type { PullSecretReader } from '@cartographer/runtime';
import type { ImageAccess } from './image-access.ts';

/** A repository as an account sees it. */
type AccountRepository = {
  /** Who asks: the namespace, the account and its logins at the moment. */
  readonly who: string;
  readonly repository: Repository;
  /** Pull secrets that are named and not there. */
  readonly missing: readonly string[];
};

/** Opens repositories with the logins of accounts. */
export interface AccountLogins {
  /** @throws CartoError `CARTO_PULL_SECRET` when the account is not there, or a pull secret cannot be read. */
  open(access: ImageAccess, name: RepositoryName, signal: AbortSignal): Promise<AccountRepository>;
}

type Logins = {
  readonly configs: readonly DockerConfig[];
  readonly missing: readonly string[];
  readonly key: string;
  readonly untilMs: number;
};

/** Intents that come together read their pull secrets once; a changed one counts that much later at most. */
const KEPT_MS = 2_000;
const MOST_LOGINS = 10_000;
/** Sessions with registries, with the tokens that they got. */
const MOST_SESSIONS = 4_000;

/** Makes {@link AccountLogins}. */
export function createAccountLogins(deps: {
  readonly pullSecrets: Pick<PullSecretReader, 'read'>;
  readonly registries: Pick<RegistryClient, 'repository'>;
  readonly clock: Clock;
}): AccountLogins {
  const { pullSecrets, registries, clock } = deps;
  const kept = new BoundedMap<Logins>(MOST_LOGINS);
  const sessions = new BoundedMap<Repository>(MOST_SESSIONS);

  async function loginsOf(access: ImageAccess, signal: AbortSignal): Promise<Logins> {
    const { namespace, serviceAccount, pullSecrets: names } = access;
    const whose = JSON.stringify([namespace, serviceAccount, names]);
    const known = kept.get(whose);
    if (known !== undefined && clock.monotonicMs() < known.untilMs) return known;
    const found = await pullSecrets.read({ namespace, account: serviceAccount, secrets: names }, signal);
    if (found.account === undefined) {
      throw new CartoError(
        'CARTO_PULL_SECRET',
        `ServiceAccount "${serviceAccount}" of namespace ${namespace} is not there; create it, or name another in spec.serviceAccountName`,
      );
    }
    const { missing, key } = found;
    const configs = found.secrets.flatMap(dockerConfigsIn);
    const logins = { configs, missing, key, untilMs: clock.monotonicMs() + KEPT_MS };
    kept.set(whose, logins);
    return logins;
  }

  return {
    async open(access, name, signal) {
      const { configs, missing, key } = await loginsOf(access, signal);
      const who = JSON.stringify([access.namespace, key]);
      const place = JSON.stringify([who, name.registry, name.repository]);
      const repository = sessions.get(place) ?? registries.repository(name, loginsFor(configs, name));
      sessions.set(place, repository);
      return { who, repository, missing };
    },
  };
}
