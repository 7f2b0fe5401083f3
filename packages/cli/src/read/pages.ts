import { ApiError, apiVersionOf, type Client, isExpired, type ListOptions, type Selection } from '@cartographer/kube';
import { type KubeObject, type ResourceType, textAt } from '@cartographer/machinery';

/** Objects of one answer: enough that a list of thousands takes few requests, few enough that the first come soon. */
const PAGE_SIZE = 500;

/**
 * The objects of a kind, page by page. A list that takes longer than the server keeps its beginning goes on with what is
 * there now, as kubectl has it.
 */
export async function* pagesOf(
  client: Pick<Client, 'list'>,
  type: ResourceType,
  { signal, ...selection }: Selection & { readonly signal: AbortSignal },
): AsyncGenerator<readonly KubeObject[]> {
  let next = '';
  do {
    const options = { ...selection, ...(next === '' ? {} : { continue: next }), limit: PAGE_SIZE, signal };
    const page = await pageAt(client, type, options);
    // Items of a list need not say what they are.
    yield page.items.map((item) => ({ ...item, apiVersion: apiVersionOf(type), kind: type.kind }));
    next = page.metadata.continue ?? '';
  } while (next !== '');
}

/** All objects of a kind, for kinds of which there are few. */
export async function allOf(
  client: Pick<Client, 'list'>,
  type: ResourceType,
  selection: Selection & { readonly signal: AbortSignal },
): Promise<readonly KubeObject[]> {
  return (await Array.fromAsync(pagesOf(client, type, selection))).flat();
}

async function pageAt(
  client: Pick<Client, 'list'>,
  type: ResourceType,
  options: ListOptions,
): ReturnType<Client['list']> {
  try {
    return await client.list(type, options);
  } catch (error) {
    const restart = error instanceof ApiError && isExpired(error) ? textAt(error.status.metadata, 'continue') : '';
    if (restart === '' || restart === options.continue) throw error;
    return client.list(type, { ...options, continue: restart });
  }
}
