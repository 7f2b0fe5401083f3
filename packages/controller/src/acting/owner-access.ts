import type { AccountKey } from '@cartographer/engine';
import { type Client, createTokenCache, isUnauthorized } from '@cartographer/kube';
import { BoundedMap, type Clock, type Log } from '@cartographer/machinery';

const MAX_CLIENTS = 5_000;

/** Clients that act as an owner's service account: stamped objects are never touched with the controller's own rights. */
export interface OwnerAccess {
  /**
   * Runs an action as the account; a token that the server no longer knows is replaced once.
   * @throws TokenError when no token can be had, or what the action throws.
   */
  as<T>(
    account: AccountKey & { readonly uid: string },
    signal: AbortSignal,
    action: (client: Client) => Promise<T>,
  ): Promise<T>;
}

/** Makes {@link OwnerAccess} on the controller's own client, which must be allowed to create tokens. */
export function createOwnerAccess(deps: { client: Client; clock: Clock; log: Log }): OwnerAccess {
  const { client } = deps;
  const tokens = createTokenCache(deps);
  const clients = new BoundedMap<Client>(MAX_CLIENTS);

  async function clientFor(account: AccountKey & { readonly uid: string }, signal: AbortSignal): Promise<Client> {
    const token = await tokens.tokenFor(account, signal);
    const known = clients.get(token);
    if (known !== undefined) return known;
    const made = client.withToken(token);
    clients.set(token, made);
    return made;
  }

  return {
    async as(account, signal, action) {
      try {
        return await action(await clientFor(account, signal));
      } catch (error) {
        if (!isUnauthorized(error)) throw error;
        tokens.forget(account);
        return action(await clientFor(account, signal));
      }
    },
  };
}
