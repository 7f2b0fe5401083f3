/** How an answer is written: as it is, as a Table for `kubectl get`, or metadata only. */
export type Rendering = {
  readonly format: 'json' | 'yaml';
  readonly as: 'object' | 'table' | 'metadata' | 'metadataList';
  /** Version of the `meta.k8s.io` group that the client asked for. */
  readonly metaVersion: 'v1' | 'v1beta1';
};

/** A form of discovery: the legacy lists or one aggregated document. */
export type DiscoveryForm = 'legacy' | 'v2' | 'v2beta1';

type Clause = { readonly type: string; readonly parameters: ReadonlyMap<string, string> };

const MAX_CACHED = 256;

/** Splits an Accept header into its clauses, in the client's order; `q` is ignored, as client-go never sends it. */
function parseAccept(accept: string): readonly Clause[] {
  return accept
    .split(',')
    .map((part) => {
      const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim());
      return {
        type: type.toLowerCase(),
        parameters: new Map(
          parameters.map((piece): [string, string] => {
            const equals = piece.indexOf('=');
            return equals < 0 ? [piece, ''] : [piece.slice(0, equals).trim(), piece.slice(equals + 1).trim()];
          }),
        ),
      };
    })
    .filter((clause) => clause.type !== '');
}

function cached<T>(parse: (accept: string) => T): (accept: string | undefined) => T {
  const known = new Map<string, T>();
  return (accept = '*/*') => {
    const hit = known.get(accept);
    if (hit !== undefined || known.has(accept)) return hit as T;
    const value = parse(accept === '' ? '*/*' : accept);
    if (known.size >= MAX_CACHED) known.clear();
    known.set(accept, value);
    return value;
  };
}

const plain = { as: 'object', metaVersion: 'v1' } as const;

/** The rendering of the first clause that this server speaks; undefined stands for 406. */
export const chooseRendering: (accept: string | undefined) => Rendering | undefined = cached((accept) => {
  for (const clause of parseAccept(accept)) {
    const rendering = renderingOf(clause);
    if (rendering !== undefined) return rendering;
  }
  return undefined;
});

const transformations: Readonly<Record<string, Rendering['as']>> = {
  Table: 'table',
  PartialObjectMetadata: 'metadata',
  PartialObjectMetadataList: 'metadataList',
};

function renderingOf({ type, parameters }: Clause): Rendering | undefined {
  if (type === '*/*' || type === 'application/*') return { format: 'json', ...plain };
  const format = type === 'application/json' ? 'json' : type === 'application/yaml' ? 'yaml' : undefined;
  if (format === undefined) return undefined;
  const wanted = parameters.get('as');
  if (wanted === undefined) return { format, ...plain };
  const as = Object.hasOwn(transformations, wanted) ? transformations[wanted] : undefined;
  const version = parameters.get('v');
  if (as === undefined || parameters.get('g') !== 'meta.k8s.io') return undefined;
  return version === 'v1' || version === 'v1beta1' ? { format, as, metaVersion: version } : undefined;
}

/** The discovery form of the first clause that this server speaks; undefined stands for 406. */
export const chooseDiscoveryForm: (accept: string | undefined) => DiscoveryForm | undefined = cached((accept) => {
  for (const { type, parameters } of parseAccept(accept)) {
    if (type === '*/*' || type === 'application/*') return 'legacy';
    if (type !== 'application/json') continue;
    if (!parameters.has('as')) return 'legacy';
    const version = parameters.get('v');
    const aggregated =
      parameters.get('as') === 'APIGroupDiscoveryList' && parameters.get('g') === 'apidiscovery.k8s.io';
    if (aggregated && (version === 'v2' || version === 'v2beta1')) return version;
  }
  return undefined;
});

/** The media type of a Content-Type header, without parameters, in lower case. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
