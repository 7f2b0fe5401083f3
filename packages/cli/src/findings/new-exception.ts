import { parsePurl } from '@cartographer/bills';
import { CartoError, type JsonObject, type KubeObject } from '@cartographer/machinery';
import { SCANNING_API_VERSION } from '@cartographer/scanning';
import { readCveSubject } from './cve-subject.ts';

/** What an exception says; flags of `carto exception create`. */
export type NewException = {
  readonly vulnerability: string;
  readonly name?: string;
  readonly package?: string;
  readonly status: 'not_affected' | 'fixed' | 'affected' | 'under_investigation';
  readonly justification?: string;
  readonly reason: string;
  /** RFC 3339. */
  readonly expires: string;
  readonly images?: readonly string[];
  readonly digests?: readonly string[];
};

/** The object of an exception, of a namespace or, by labels of namespaces, of the cluster; what is wrong is the server's to say. */
export function newException(
  given: NewException,
  scope: { readonly namespace: string } | { readonly labels: string },
): KubeObject {
  const { status, justification, reason, expires, images, digests } = given;
  const vulnerability = vulnerabilityOf(given.vulnerability);
  if (justification !== undefined && status !== 'not_affected') {
    throw new CartoError(
      'CARTO_USAGE',
      `--justification says why something is not affected: it needs --status not_affected`,
    );
  }
  const metadata = { name: given.name ?? nameOf(vulnerability, given.package) };
  const spec: JsonObject = {
    vulnerability,
    ...(given.package === undefined ? {} : { package: given.package }),
    status,
    ...(justification === undefined ? {} : { justification }),
    ...(status === 'affected' ? { action: reason, accept: true } : { impact: reason }),
    expires,
    ...(images === undefined ? {} : { images: [...images] }),
    ...(digests === undefined ? {} : { digests: [...digests] }),
  };
  if ('namespace' in scope) {
    const { namespace } = scope;
    return {
      apiVersion: SCANNING_API_VERSION,
      kind: 'VulnerabilityException',
      metadata: { ...metadata, namespace },
      spec,
    };
  }
  return {
    apiVersion: SCANNING_API_VERSION,
    kind: 'ClusterVulnerabilityException',
    metadata,
    spec: { ...spec, namespaceSelector: selectorOf(scope.labels) },
  };
}

/** An id as advisories spell it. */
function vulnerabilityOf(text: string): string {
  // What a finding says of a version that cannot be compared is excused by this name.
  if (text === 'UnreadableVersion') return text;
  const subject = readCveSubject(text);
  if (subject.kind === 'vulnerability') return subject.id;
  throw new CartoError(
    'CARTO_USAGE',
    `"${text}" is no id of a vulnerability, such as CVE-2021-44228; a package is named by --package`,
  );
}

/** `cve-2021-44906-minimist` */
function nameOf(vulnerability: string, purl: string | undefined): string {
  const name = purl === undefined ? undefined : parsePurl(purl)?.name;
  const parts = name === undefined ? [vulnerability] : [vulnerability, name];
  return parts
    .join('-')
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, '-')
    .replaceAll(/^[-.]+|[-.]+$/g, '')
    .slice(0, 253);
}

function selectorOf(labels: string): JsonObject {
  if (labels === '*') return {};
  const pairs = labels.split(',').map((each) => each.split('='));
  const wrong = pairs.find(([key = '', value, ...rest]) => key === '' || value === undefined || rest.length > 0);
  if (wrong !== undefined) {
    throw new CartoError(
      'CARTO_USAGE',
      `--namespaces "${labels}": give labels like team=web,env=prod, or * for all namespaces`,
    );
  }
  return { matchLabels: Object.fromEntries(pairs.map(([key = '', value = '']) => [key, value])) };
}
