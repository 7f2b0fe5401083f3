import { configMap, deployment, WIDGET_CRD, widget } from './fixtures.ts';

/** One call of kubectl whose answer is compared with a real server's. `NS` stands for the chapter's namespace. */
export type Call = {
  /** Unique among all calls. */
  readonly name: string;
  /** The arguments; quotes keep blanks together. */
  readonly run: string;
  readonly stdin?: string;
  /** A command that edits the file it is given. */
  readonly editor?: string;
  /** Files in the folder in which the call is made. */
  readonly files?: Readonly<Record<string, string>>;
  /** The call goes on until its output matches, while another call is made once it has begun. */
  readonly until?: RegExp;
  readonly meanwhile?: string;
  /** What the output holds once it has begun; anything when left out. */
  readonly begins?: RegExp;
  /** A real server knows it only after a while: the call is repeated until it succeeds. */
  readonly late?: true;
  /** The server has fewer things than a real one: each line of its answer stands in the real answer. */
  readonly subset?: string;
  /** A real server says the lines in any order. */
  readonly anyOrder?: true;
  /** The lines that are compared, when not all are, and why. */
  readonly only?: { readonly lines: RegExp; readonly why: string };
  /** What both answers differ in by design, and why; it is taken out of both. */
  readonly without?: { readonly lines: RegExp; readonly why: string };
};

/** Calls that build on one another, on a fresh namespace, after calls that only have to succeed. */
export type Chapter = { readonly name: string; readonly before: readonly Call[]; readonly calls: readonly Call[] };

const w1 = widget('w1', 'size: 5, tags: [a, b], color: red');
const w1Applied = widget('w1', 'size: 5, tags: [a, b], color: red', ', labels: {l: one}');

const ownTexts = {
  lines: /\t<|^[A-Z]+:|[Ww]idget/,
  why: 'Kubernetes describes apiVersion, kind, metadata and its own kinds in its own words',
} as const;

const widgets: readonly Call[] = [
  { name: 'definition', run: 'create -f -', stdin: WIDGET_CRD },
  { name: 'established', run: 'wait --for=condition=Established crd/widgets.proto.test --timeout=10s' },
  { name: 'documented', run: 'explain widgets', late: true },
];

const server: Chapter = {
  name: 'server',
  before: [],
  calls: [
    { name: 'version', run: 'version', without: { lines: /Version|version difference/, why: 'each has its own' } },
    {
      name: 'version-json',
      run: 'version -o json',
      without: { lines: /"|[{}]|version difference/, why: 'each has its own' },
    },
    { name: 'cluster-info', run: 'cluster-info' },
    { name: 'api-versions', run: 'api-versions', subset: 'groups' },
    { name: 'api-resources', run: 'api-resources', subset: 'resources' },
    { name: 'api-resources-wide', run: 'api-resources -o wide', subset: 'resources' },
    { name: 'raw', run: 'get --raw /healthz' },
    { name: 'raw-readyz', run: 'get --raw /readyz?verbose', without: { lines: /^\[\+\]/, why: 'names of checks' } },
    { name: 'create-ns', run: 'create namespace NS-made' },
    { name: 'get-ns', run: 'get ns --field-selector=metadata.name=NS-made' },
    { name: 'describe-ns', run: 'describe ns NS-made' },
    { name: 'sa-create', run: 'create serviceaccount sa1' },
    { name: 'token', run: 'create token sa1' },
    { name: 'sa-describe', run: 'describe sa sa1' },
    { name: 'role-create', run: 'create role r1 --verb=get,list --resource=configmaps' },
    { name: 'rb-create', run: 'create rolebinding rb1 --role=r1 --serviceaccount=NS:sa1 --user=alice' },
    { name: 'cani', run: 'auth can-i get configmaps' },
    { name: 'cani-as', run: 'auth can-i delete configmaps --as=alice' },
    { name: 'cani-list', run: 'auth can-i --list --as=alice', subset: 'paths that everybody may read' },
    { name: 'whoami', run: 'auth whoami', without: { lines: /UID|jti|credential-id/, why: 'of the token' } },
    { name: 'as-forbidden', run: 'get secrets --as=alice' },
    {
      name: 'kustomize',
      run: 'apply -k .',
      files: { 'kustomization.yaml': 'resources: [cm.yaml]\nnamespace: NS\n', 'cm.yaml': configMap('k1', 'a: "1"') },
    },
    { name: 'wait-create', run: 'wait --for=create cm/kube-root-ca.crt --timeout=10s' },
    { name: 'del-ns', run: 'delete ns NS-made' },
    { name: 'get-ns-gone', run: 'get ns NS-made' },
  ],
};

const definitions: Chapter = {
  name: 'definitions',
  before: [],
  calls: [
    { name: 'crd-create', run: 'create -f -', stdin: WIDGET_CRD },
    { name: 'crd-wait', run: 'wait --for=condition=Established crd/widgets.proto.test --timeout=10s' },
    { name: 'crd-get', run: 'get crd widgets.proto.test' },
    { name: 'crd-apply', run: 'apply -f -', stdin: WIDGET_CRD },
    { name: 'crd-describe', run: 'describe crd widgets.proto.test' },
    { name: 'api-resources-group', run: 'api-resources --api-group=proto.test', late: true },
    { name: 'explain', run: 'explain widgets', late: true, only: ownTexts },
    { name: 'explain-recursive', run: 'explain widgets --recursive', late: true },
    { name: 'explain-v2', run: 'explain widgets --output=plaintext-openapiv2', late: true, only: ownTexts },
    { name: 'explain-builtin', run: 'explain configmaps.data', only: ownTexts },
    { name: 'crd-delete', run: 'delete crd widgets.proto.test' },
    { name: 'api-res-after', run: 'api-resources --api-group=proto.test' },
  ],
};

const reading: Chapter = {
  name: 'reading',
  before: widgets,
  calls: [
    { name: 'cr-create', run: 'create -f -', stdin: w1 },
    { name: 'cr-create-exists', run: 'create -f -', stdin: w1 },
    { name: 'cr-get', run: 'get widgets' },
    { name: 'cr-get-wide', run: 'get widgets -o wide' },
    { name: 'cr-get-yaml', run: 'get widget w1 -o yaml' },
    { name: 'cr-get-jsonpath', run: 'get widget w1 -o jsonpath={.spec.size}' },
    { name: 'cr-get-cc', run: 'get widget w1 -o custom-columns=N:.metadata.name,S:.spec.size' },
    { name: 'cr-describe', run: 'describe widget w1' },
    { name: 'cr-apply', run: 'apply -f -', stdin: w1 },
    { name: 'cr-apply-change', run: 'apply -f -', stdin: w1Applied },
    { name: 'cr-apply-unch', run: 'apply -f -', stdin: w1Applied },
    { name: 'cr-get-l', run: 'get widgets -l l=one' },
    { name: 'cr-get-fs', run: 'get widgets --field-selector=metadata.name=w1' },
    { name: 'get-all', run: 'get all', without: { lines: /service\/kubernetes/, why: 'no cluster address' } },
    { name: 'get-multi', run: 'get widgets,sa' },
    { name: 'get-A', run: 'get widgets -A' },
    { name: 'get-notfound', run: 'get widget nope' },
    { name: 'get-unknown', run: 'get nonsense' },
    { name: 'get-empty', run: 'get secrets' },
    { name: 'get-chunk', run: 'get widgets --chunk-size=1' },
    { name: 'get-sort', run: 'get widgets --sort-by=.spec.size' },
    {
      name: 'get-w',
      run: 'get widgets -w',
      until: /w1 +6/,
      meanwhile: `patch widget w1 --type=merge -p '{"spec":{"size":6}}'`,
    },
    { name: 'get-w-yaml', run: 'get widgets -w -o yaml', until: /uid: \S+\n[\s\S]*tags:\n.*\n.*\n/ },
    {
      name: 'get-wonly-events',
      run: 'get widgets --watch-only --output-watch-events -v=6',
      until: /w1 +7/,
      begins: /limit=500/,
      meanwhile: `patch widget w1 --type=merge -p '{"spec":{"size":7}}'`,
      without: { lines: /^I\d{4} /, why: 'the log of requests' },
    },
    {
      name: 'get-w-name',
      run: 'get widget w1 -w',
      until: /w1 +8/,
      meanwhile: `patch widget w1 --type=merge -p '{"spec":{"size":8}}'`,
    },
    { name: 'events', run: 'events' },
    { name: 'get-events', run: 'get events' },
    { name: 'event-for', run: 'events --for=widget/w1' },
  ],
};

const managers: Chapter = {
  name: 'managers',
  before: widgets,
  calls: [
    {
      name: 'cr-apply-ssa-conflict',
      run: 'apply --server-side --field-manager=first -f -',
      stdin: widget('w2', 'size: 1'),
    },
    {
      name: 'cr-apply-ssa-force',
      run: 'apply --server-side --force-conflicts -f -',
      stdin: widget('w2', 'size: 2, tags: [a]'),
    },
    { name: 'cr-apply-ssa-mgr', run: 'apply --server-side --field-manager=first -f -', stdin: widget('w2', 'size: 3') },
    { name: 'cr-show-mf', run: 'get widget w2 --show-managed-fields -o yaml' },
    { name: 'cr-bad-strict', run: 'create -f -', stdin: widget('wbad', 'size: 1, bogus: 2') },
    { name: 'cr-bad-warn', run: 'create --validate=warn -f -', stdin: widget('wbad', 'size: 1, bogus: 2') },
    { name: 'cr-bad-ignore', run: 'apply --validate=ignore -f -', stdin: widget('wbad', 'size: 1, bogus: 2') },
    {
      name: 'cr-inv',
      run: 'create -f -',
      stdin: widget('winv', 'size: -1, color: pink, tags: [a, a]'),
      anyOrder: true,
    },
    { name: 'cr-cel', run: 'create -f -', stdin: widget('wcel', 'size: 100') },
    { name: 'cr-bad-apply-strict', run: 'apply -f -', stdin: widget('wbad', 'size: -1, bogus: 2, color: pink') },
    { name: 'gen', run: 'create -f -', stdin: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: gen-}\n' },
    {
      name: 'gen-apply',
      run: 'apply -f -',
      stdin: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: gen-}\n',
    },
    { name: 'apply-multi', run: 'apply -f -', stdin: `${configMap('m1', 'a: "1"')}---\n${widget('m2', 'size: 1')}` },
    {
      name: 'apply-prune',
      run: 'apply --prune -l p=q --prune-allowlist=core/v1/ConfigMap -f -',
      stdin: configMap('m3', 'a: "1"', ', labels: {p: q}'),
    },
    { name: 'delete-multi', run: 'delete -f -', stdin: `${configMap('m1', 'a: "1"')}---\n${widget('m2', 'size: 1')}` },
    { name: 'cr-fin', run: 'create -f -', stdin: widget('wfin', 'size: 1', ', finalizers: [proto.test/hold]') },
    { name: 'cr-del-fin', run: 'delete widget wfin --wait=false' },
    { name: 'cr-unfin', run: `patch widget wfin --type=merge -p '{"metadata":{"finalizers":null}}'` },
    { name: 'wait-delete', run: 'wait --for=delete widget/wfin --timeout=10s' },
  ],
};

const patching: Chapter = {
  name: 'patching',
  before: [...widgets, { name: 'w1', run: 'create -f -', stdin: w1 }],
  calls: [
    { name: 'cr-patch-merge', run: `patch widget w1 --type=merge -p '{"spec":{"size":2}}'` },
    { name: 'cr-patch-json', run: `patch widget w1 --type=json -p '[{"op":"replace","path":"/spec/size","value":3}]'` },
    { name: 'cr-patch-strategic', run: `patch widget w1 -p '{"spec":{"size":3}}'` },
    {
      name: 'cr-patch-status',
      run: `patch widget w1 --subresource=status --type=merge -p '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}'`,
    },
    { name: 'cr-get-status', run: 'get widget w1 --subresource=status -o yaml' },
    { name: 'cr-wait-cond', run: 'wait --for=condition=Ready widget/w1 --timeout=10s' },
    { name: 'cr-wait-jsonpath', run: 'wait --for=jsonpath={.spec.size}=3 widget/w1 --timeout=10s' },
    { name: 'cr-edit', run: 'edit widget w1', editor: 'sed -i s/size:.3/size:\\ 8/' },
    { name: 'cr-edit-nochange', run: 'edit widget w1', editor: 'true' },
    { name: 'cr-annotate', run: 'annotate widget w1 note=hello' },
    { name: 'cr-label', run: 'label widget w1 x=y' },
    { name: 'cr-label-rm', run: 'label widget w1 x-' },
    { name: 'cr-replace', run: 'replace -f -', stdin: widget('w1', 'size: 11') },
    { name: 'cr-diff', run: 'diff -f -', stdin: widget('w1', 'size: 9') },
    { name: 'cr-diff-ssa', run: 'diff --server-side --force-conflicts -f -', stdin: widget('w1', 'size: 9') },
    { name: 'cr-dry', run: 'apply --dry-run=server -f -', stdin: widget('w1', 'size: 9') },
    { name: 'cr-dry-client', run: 'apply --dry-run=client -f -', stdin: widget('w1', 'size: 9') },
  ],
};

const builtIn: Chapter = {
  name: 'built-in',
  before: [],
  calls: [
    { name: 'cm-create-f', run: 'create -f -', stdin: configMap('cm1', 'a: "1"') },
    { name: 'cm-apply-warn', run: 'apply -f -', stdin: configMap('cm1', 'a: "1", b: "2"') },
    { name: 'cm-apply-again', run: 'apply -f -', stdin: configMap('cm1', 'a: "3"') },
    { name: 'cm-create-lit', run: 'create configmap cm2 --from-literal=a=1' },
    { name: 'cm-ssa', run: 'apply --server-side -f -', stdin: configMap('cm1', 'a: "4"') },
    { name: 'cm-describe', run: 'describe cm cm1' },
    { name: 'cm-patch-strategic', run: `patch cm cm1 -p '{"data":{"b":"2"}}'` },
    { name: 'cm-edit', run: 'edit cm cm1', editor: 'sed -i s/a:.\\"4\\"/a:\\ \\"5\\"/' },
    { name: 'sec-create', run: 'create secret generic s1 --from-literal=p=x' },
    { name: 'sec-describe', run: 'describe secret s1' },
    { name: 'deploy-apply', run: 'apply -f -', stdin: deployment('d1', 'replicas: 1') },
    { name: 'deploy-apply2', run: 'apply -f -', stdin: deployment('d1', 'replicas: 2') },
    { name: 'deploy-ssa', run: 'apply --server-side --force-conflicts -f -', stdin: deployment('d1', 'replicas: 3') },
    { name: 'deploy-get', run: 'get deploy -o wide' },
    { name: 'deploy-scale', run: 'scale deploy d1 --replicas=4' },
    { name: 'deploy-set-image', run: 'set image deploy/d1 c=nginx:2' },
    { name: 'deploy-describe', run: 'describe deploy d1' },
    { name: 'cm-delete-wait', run: 'delete cm cm1' },
    { name: 'cm-delete-gone', run: 'delete cm cm1' },
    { name: 'cm-delete-ignore', run: 'delete cm cm1 --ignore-not-found' },
    { name: 'del-nowait', run: 'delete cm cm2 --wait=false' },
    { name: 'del-cascade', run: 'delete deploy d1 --cascade=foreground' },
    { name: 'del-orphan', run: 'delete secret s1 --cascade=orphan' },
    { name: 'del-force', run: 'delete cm kube-root-ca.crt --force' },
    { name: 'del-all', run: 'delete cm --all' },
  ],
};

/** The 126 calls, in chapters that do not depend on one another. */
export const chapters: readonly Chapter[] = [server, definitions, reading, managers, patching, builtIn];
