import { textAt } from '@cartographer/machinery';

import { type Answers, gadget, MERGE, type Probe, probe } from './probe.ts';

const as = (form: string): { accept: string } => ({ accept: `application/json;as=${form};v=v1;g=meta.k8s.io` });
const token = (get: Answers): string => textAt(get('_page'), 'metadata', 'continue');
const version = (get: Answers, name = '_page'): string => textAt(get(name), 'metadata', 'resourceVersion');

/** Reading, listing, and the forms of answers. */
export const readProbes: readonly Probe[] = [
  probe('get-notfound', 'GET', '$W/nope'),
  probe('list-empty-ns', 'GET', '/apis/probe.test/v1/namespaces/nope/gadgets'),
  probe('list-kind', 'GET', '$W?limit=1'),
  probe('_page', 'GET', '$W?limit=2'),
  probe('list-continue', 'GET', (get) => `$W?limit=1&continue=${token(get)}`),
  probe('list-continue-bad', 'GET', '$W?limit=1&continue=zzz'),
  probe('list-continue-with-rv', 'GET', (get) => `$W?limit=1&resourceVersion=1&continue=${token(get)}`),
  probe('list-limit-neg', 'GET', '$W?limit=-1'),
  probe('list-rv0', 'GET', '$W?resourceVersion=0&limit=1'),
  probe('list-rv-future', 'GET', '$W?resourceVersion=99999999&limit=1&timeoutSeconds=1'),
  probe('list-rv-bad', 'GET', '$W?resourceVersion=abc'),
  probe('list-exact-old', 'GET', '$W?resourceVersion=1&resourceVersionMatch=Exact&limit=1'),
  probe('list-exact-now', 'GET', (get) => `$W?resourceVersion=${version(get)}&resourceVersionMatch=Exact&limit=1`),
  probe('list-match-without-rv', 'GET', '$W?resourceVersionMatch=Exact'),
  probe('list-exact-rv0', 'GET', '$W?resourceVersion=0&resourceVersionMatch=Exact'),
  probe('list-match-bad', 'GET', '$W?resourceVersion=1&resourceVersionMatch=Foo'),
  probe('list-sel-bad', 'GET', '$W?labelSelector=a%3D%3D%3Db'),
  probe('list-fsel-bad', 'GET', '$W?fieldSelector=spec.n%3D1'),
  probe('list-fsel-syntax', 'GET', '$W?fieldSelector=foo'),
  probe('list-cm-fsel-bad', 'GET', '$CM?fieldSelector=data.a%3D1'),
  probe('table-v1', 'GET', '$W/g1', undefined, as('Table')),
  probe('table-includeNone', 'GET', '$W/g1?includeObject=None', undefined, as('Table')),
  probe('pom', 'GET', '$W/g1', undefined, as('PartialObjectMetadata')),
  probe('poml', 'GET', '$W?limit=1', undefined, as('PartialObjectMetadataList')),
  probe('accept-406', 'GET', '$W/g1', undefined, { accept: 'text/html' }),
  probe('accept-proto-cr', 'GET', '$W/g1', undefined, { accept: 'application/vnd.kubernetes.protobuf' }),
  probe('accept-yaml', 'GET', '$CM/c1', undefined, { accept: 'application/yaml' }),
  probe('pretty', 'GET', '$CM/c1?pretty=true'),
];

const SELECTED = 'labelSelector=a%3Db';
const INITIAL = 'sendInitialEvents=true';
const NOT_OLDER = 'resourceVersionMatch=NotOlderThan';

/** Watches; the events until the stream is quiet are the answer. */
export const watchProbes: readonly Probe[] = [
  probe('_now', 'GET', '$W?limit=1'),
  probe('watch-rv0', 'GET', `$W?watch=1&resourceVersion=0&${SELECTED}`),
  probe('watch-no-rv', 'GET', `$W?watch=1&${SELECTED}`),
  probe('watch-old', 'GET', '$W?watch=1&resourceVersion=1'),
  probe('watch-future', 'GET', '$W?watch=1&resourceVersion=99999999&timeoutSeconds=2'),
  probe('watch-bad-rv', 'GET', '$W?watch=1&resourceVersion=abc'),
  probe('watch-timeout', 'GET', (get) => `$W?watch=1&resourceVersion=${version(get, '_now')}&timeoutSeconds=1`),
  probe('watch-sendInitial', 'GET', `$W?watch=1&${INITIAL}&${NOT_OLDER}&allowWatchBookmarks=true&${SELECTED}`),
  probe('watch-sendInitial-nomatch', 'GET', `$W?watch=1&${INITIAL}&allowWatchBookmarks=true`),
  probe('watch-sendInitial-nobookmark', 'GET', `$W?watch=1&${INITIAL}&${NOT_OLDER}&${SELECTED}`),
  probe(
    'watch-sendInitial-false',
    'GET',
    (get) => `$W?watch=1&sendInitialEvents=false&${NOT_OLDER}&resourceVersion=${version(get, '_now')}`,
  ),
  probe('watch-match-only', 'GET', (get) => `$W?watch=1&${NOT_OLDER}&resourceVersion=${version(get, '_now')}`),
  probe('watch-name-path', 'GET', '$W/g1?watch=1&resourceVersion=0'),
  probe('watch-deprecated-path', 'GET', '/apis/probe.test/v1/watch/namespaces/$NS/gadgets'),
  probe('watch-deprecated-core', 'GET', '/api/v1/watch/namespaces/$NS/configmaps?resourceVersion=0'),
  probe('_wl', 'POST', '$W', gadget('wl', {}, { labels: { sel: '1' } })),
  probe('_wl', 'PATCH', '$W/wl', { spec: { n: 2 } }, MERGE),
  probe('_wl', 'PATCH', '$W/wl', { metadata: { labels: { sel: '2' } } }, MERGE),
  probe('_wl', 'PATCH', '$W/wl', { metadata: { labels: { sel: '1' } } }, MERGE),
  probe('_wl', 'DELETE', '$W/wl'),
  probe(
    'watch-selector-transitions',
    'GET',
    (get) => `$W?watch=1&resourceVersion=${version(get, '_now')}&labelSelector=sel%3D1`,
  ),
];
