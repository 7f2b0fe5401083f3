import { configMap, deployment, widget } from './fixtures.ts';

/** One call of kubectl; `NS` stands for the story's namespace, quotes keep blanks together. */
export type Step = {
  readonly run: string;
  readonly stdin?: string;
  /** A command that edits the file it is given. */
  readonly editor?: string;
  /** Exit code, 0 unless said otherwise. */
  readonly code?: number;
  /** What stdout must hold (text) or match. */
  readonly out?: string | RegExp | readonly (string | RegExp)[];
  readonly err?: string | RegExp | readonly (string | RegExp)[];
};

/** Calls that build on one another, in a namespace of their own. */
export type Story = { readonly name: string; readonly steps: readonly Step[] };

const server: readonly Story[] = [
  {
    name: 'the server names itself and what it serves',
    steps: [
      { run: 'version', out: /Server Version: .*v1\.32\.0/ },
      { run: 'cluster-info', out: 'Kubernetes control plane' },
      { run: 'get --raw /healthz', out: 'ok' },
      { run: 'get --raw /readyz?verbose', out: 'readyz check passed' },
      { run: 'api-versions', out: ['apps/v1', 'proto.test/v1', 'rbac.authorization.k8s.io/v1', /^v1$/m] },
      { run: 'api-resources --api-group=proto.test', out: /widgets +wd +proto\.test\/v1 +true +Widget/ },
      {
        run: 'api-resources -o wide',
        out: [/configmaps +cm +v1 +true +ConfigMap +create,delete/, 'selfsubjectreviews'],
      },
      { run: 'get nonsense', code: 1, err: `the server doesn't have a resource type "nonsense"` },
    ],
  },
  {
    name: 'explain reads the schema of built-in and custom kinds',
    steps: [
      { run: 'explain widgets', out: ['KIND:       Widget', 'A Widget is something to try kubectl with'] },
      { run: 'explain widgets.spec.color', out: ['FIELD: color <string>', 'Its color'] },
      { run: 'explain widgets --recursive', out: [/parts\s+<\[\]Object>/, /count\s+<integer>/] },
      { run: 'explain configmaps', out: ['KIND:       ConfigMap', /data\s+<map\[string\]string>/] },
      { run: 'explain deployment.spec.template.spec.containers.image', out: 'FIELD: image <string>' },
    ],
  },
];

const typedCreates: readonly Story[] = [
  {
    name: 'create namespace configmap secret and serviceaccount',
    steps: [
      { run: 'create namespace NS-made', out: 'namespace/NS-made created' },
      { run: 'get ns NS-made', out: /NS-made +Active/ },
      { run: 'delete ns NS-made', out: 'namespace "NS-made" deleted' },
      { run: 'get ns NS-made', code: 1, err: 'namespaces "NS-made" not found' },
      { run: 'create configmap cm1 --from-literal=a=1 --from-literal=b=2', out: 'configmap/cm1 created' },
      { run: 'create configmap cm1', code: 1, err: 'configmaps "cm1" already exists' },
      { run: 'get cm cm1', out: /cm1 +2 +\d+s/ },
      { run: 'get cm cm1 -o jsonpath={.data.b}', out: '2' },
      { run: 'create secret generic s1 --from-literal=p=x', out: 'secret/s1 created' },
      { run: 'get secret s1 -o jsonpath={.data.p}/{.type}', out: 'eA==/Opaque' },
      { run: 'create serviceaccount sa1', out: 'serviceaccount/sa1 created' },
      { run: 'create token sa1', out: /^eyJ[\w-]+\.[\w-]+\.[\w-]+\s*$/ },
      { run: 'create token sa1 --duration=60s', code: 1, err: 'may not specify a duration less than 10 minutes' },
      { run: 'create token none', code: 1, err: 'serviceaccounts "none" not found' },
      { run: 'create quota q1 --hard=pods=3,cpu=500m', out: 'resourcequota/q1 created' },
      { run: 'create deployment d1 --image=nginx --replicas=2', out: 'deployment.apps/d1 created' },
      { run: 'get deploy d1 -o jsonpath={.spec.replicas}{.spec.template.spec.containers[0].image}', out: '2nginx' },
      { run: 'create job j1 --image=busybox -- echo hi', out: 'job.batch/j1 created' },
      { run: 'create service clusterip svc1 --tcp=80:8080', out: 'service/svc1 created' },
    ],
  },
  {
    name: 'create the other kinds that kubectl has a command for',
    steps: [
      { run: "create ingress ing --rule='a.b/*=web:80'", out: 'ingress.networking.k8s.io/ing created' },
      {
        run: 'get ing ing -o jsonpath={.spec.rules[0].http.paths[0].backend.service.port.number}',
        out: /^80$/,
      },
      { run: 'create pdb p --selector=a=b --min-available=1', out: 'poddisruptionbudget.policy/p created' },
      { run: 'get pdb p', out: /p +1 +N\/A +0/ },
      { run: "create cronjob c --image=x '--schedule=*/5 * * * *'", out: 'cronjob.batch/c created' },
      { run: 'create job j --from=cronjob/c', out: 'job.batch/j created' },
      { run: 'create deploy fd --image=x', out: 'deployment.apps/fd created' },
      { run: 'autoscale deploy fd --max=3 --cpu-percent=70', out: 'horizontalpodautoscaler.autoscaling/fd autoscaled' },
      { run: 'get hpa fd -o jsonpath={.spec.metrics[0].resource.target.averageUtilization}', out: /^70$/ },
      {
        run: 'get horizontalpodautoscalers.v1.autoscaling fd -o jsonpath={.spec.targetCPUUtilizationPercentage}',
        out: /^70$/,
      },
      { run: 'create service externalname e --external-name=a.b', out: 'service/e created' },
      { run: 'create secret docker-registry r --docker-username=a --docker-password=b', out: 'secret/r created' },
      { run: 'get secret r -o jsonpath={.type}', out: 'kubernetes.io/dockerconfigjson' },
      {
        run: "create clusterrole NS-ag --aggregation-rule='a=b'",
        out: 'clusterrole.rbac.authorization.k8s.io/NS-ag created',
      },
    ],
  },
  {
    name: 'create roles and bindings and ask what they allow',
    steps: [
      { run: 'create role r1 --verb=get,list --resource=configmaps', out: 'role.rbac.authorization.k8s.io/r1 created' },
      {
        run: 'create rolebinding rb1 --role=r1 --serviceaccount=NS:sa1 --user=alice',
        out: 'rolebinding.rbac.authorization.k8s.io/rb1 created',
      },
      {
        run: 'create clusterrole NS-cr --verb=get --resource=namespaces',
        out: 'clusterrole.rbac.authorization.k8s.io/NS-cr created',
      },
      {
        run: 'create clusterrolebinding NS-crb --clusterrole=NS-cr --group=NS-devs',
        out: 'clusterrolebinding.rbac.authorization.k8s.io/NS-crb created',
      },
      { run: 'auth can-i get configmaps', out: 'yes' },
      { run: 'auth can-i get configmaps --as=alice', out: 'yes' },
      { run: 'auth can-i delete configmaps --as=alice', code: 1, out: 'no' },
      { run: 'auth can-i list cm --as=system:serviceaccount:NS:sa1', out: 'yes' },
      { run: 'auth can-i get ns --as=bob --as-group=NS-devs', out: 'yes' },
      {
        run: 'auth can-i --list --as=alice',
        out: [/configmaps +\[\] +\[\] +\[get list\]/, 'selfsubjectaccessreviews'],
      },
      { run: 'auth can-i --list', out: /\*\.\* +\[\] +\[\] +\[\*\]/ },
      { run: 'auth whoami', out: [/Username +admin/, 'system:masters'] },
      { run: 'auth whoami --as=alice', out: /Username +alice/ },
      {
        run: 'get secrets --as=alice',
        code: 1,
        err: 'secrets is forbidden: User "alice" cannot list resource "secrets" in API group "" in the namespace "NS"',
      },
      { run: 'get clusterrole view -o yaml', out: ['aggregationRule', 'configmaps'] },
      { run: 'get role,rolebinding', out: ['role.rbac.authorization.k8s.io/r1', /rb1 +Role\/r1/] },
      { run: 'describe rolebinding rb1', out: [/Kind: +Role/, 'alice'] },
    ],
  },
];

const reading: readonly Story[] = [
  {
    name: 'get in every form',
    steps: [
      { run: 'get widgets', err: 'No resources found in NS namespace' },
      { run: 'create -f -', stdin: widget('w1', 'size: 5', ', labels: {l: one}'), out: 'widget.proto.test/w1 created' },
      { run: 'create -f -', stdin: widget('w2', 'size: 2, color: red', ', labels: {l: two}'), out: 'created' },
      { run: 'get wd', out: [/NAME +SIZE +READY +AGE/, /w1 +5 +\d+s/, /w2 +2/] },
      { run: 'get widgets -o wide', out: [/NAME +SIZE +COLOR/, /w2 +2 +red/] },
      { run: 'get widget w1 -o yaml', out: ['apiVersion: proto.test/v1', 'color: blue', 'generation: 1'] },
      { run: 'get widgets -o jsonpath={.items[*].metadata.name}', out: 'w1 w2' },
      { run: 'get widgets -A', out: /NAMESPACE +NAME[\s\S]*NS +w1/ },
      { run: 'get widgets -l l=two -o name', out: /^widget.proto.test\/w2\s*$/ },
      { run: "get widgets -l 'l in (one,two),l!=two' -o name", out: /^widget.proto.test\/w1\s*$/ },
      { run: 'get widgets --sort-by=.spec.size', out: /w2[\s\S]*w1/ },
      { run: 'get widgets --field-selector=metadata.name=w1 -o name', out: /^widget.proto.test\/w1\s*$/ },
      { run: 'get widgets -o custom-columns=N:.metadata.name,S:.spec.size', out: /w1 +5/ },
      { run: 'get widgets -L l', out: /w1 +5 +\S* +\d+s +one/ },
      { run: 'get widgets --show-labels', out: 'l=two' },
      { run: 'get widgets --chunk-size=1 -o name', out: /w1\s+widget.proto.test\/w2/ },
      { run: 'get widget nope', code: 1, err: 'widgets.proto.test "nope" not found' },
      { run: 'get all', out: 'widget.proto.test/w1' },
      { run: 'get widgets,cm', out: ['widget.proto.test/w1', 'configmap/kube-root-ca.crt'] },
      { run: 'describe widget w1', out: [/Name: +w1/, /Size: +5/, /Events: +<none>/] },
      { run: 'describe ns NS', out: [/Name: +NS/, /Status: +Active/] },
      { run: 'get crd widgets.proto.test', out: /widgets.proto.test +\d{4}-/ },
      { run: 'get events', err: 'No resources found' },
    ],
  },
  {
    name: 'events are shown with the object they are about',
    steps: [
      { run: 'create configmap about', out: 'created' },
      {
        run: 'create -f -',
        stdin: `apiVersion: v1
kind: Event
metadata: {name: e1}
involvedObject: {apiVersion: v1, kind: ConfigMap, name: about, namespace: NS}
reason: Noticed
message: something was seen
type: Normal
firstTimestamp: '2026-01-01T00:00:00Z'
lastTimestamp: '2026-01-01T00:00:00Z'
count: 1
`,
        out: 'event/e1 created',
      },
      { run: 'events', out: /Normal +Noticed +ConfigMap\/about +something was seen/ },
      { run: 'events --for=cm/about', out: 'Noticed' },
      { run: 'get events', out: /Normal +Noticed +configmap\/about/ },
    ],
  },
];

const widgetApplied = widget('w1', 'size: 1, tags: [a]');

const writing: readonly Story[] = [
  {
    name: 'apply keeps what others put into a list of a built-in kind',
    steps: [
      { run: 'apply -f -', stdin: deployment('d1', 'replicas: 1'), out: 'created' },
      {
        run: `patch deploy d1 -p '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"s"}]}}}}'`,
        out: 'patched',
      },
      { run: 'apply -f -', stdin: deployment('d1', 'replicas: 2'), out: 'configured' },
      {
        run: 'get deploy d1 -o jsonpath={.spec.replicas}{.spec.template.spec.containers[*].name}',
        out: /^2(?=.*side)(?=.*c)/,
      },
    ],
  },
  {
    name: 'apply on the client',
    steps: [
      { run: 'apply -f -', stdin: configMap('cm1', 'a: "1", b: "2"'), out: 'configmap/cm1 created' },
      { run: 'apply -f -', stdin: configMap('cm1', 'a: "1", b: "2"'), out: 'configmap/cm1 unchanged' },
      { run: 'apply -f -', stdin: configMap('cm1', 'a: "3"'), out: 'configmap/cm1 configured' },
      { run: 'get cm cm1 -o jsonpath={.data}', out: /^\{"a":"3"\}$/ },
      { run: 'apply -f -', stdin: widgetApplied, out: 'widget.proto.test/w1 created' },
      { run: 'apply -f -', stdin: widgetApplied, out: 'unchanged' },
      { run: 'apply -f -', stdin: widget('w1', 'size: 4'), out: 'configured' },
      { run: 'get widget w1 -o jsonpath={.spec}', out: /^\{"color":"blue","size":4\}$/ },
      { run: 'diff -f -', stdin: widget('w1', 'size: 9'), code: 1, out: [/^-\s+size: 4$/m, /^\+\s+size: 9$/m] },
      { run: 'apply --dry-run=server -f -', stdin: widget('w1', 'size: 9'), out: 'configured (server dry run)' },
      { run: 'get widget w1 -o jsonpath={.spec.size}', out: /^4$/ },
      { run: 'apply -f -', stdin: widget('bad', 'size: 1, bogus: 2'), code: 1, err: 'unknown field "spec.bogus"' },
      {
        run: 'apply --validate=warn -f -',
        stdin: widget('warned', 'size: 1, bogus: 2'),
        err: 'Warning: unknown field "spec.bogus"',
      },
      {
        run: 'apply -f -',
        stdin: widget('bad', 'size: -1, color: pink'),
        code: 1,
        err: ['spec.color: Unsupported value: "pink"', 'spec.size: Invalid value: -1'],
      },
      { run: 'apply view-last-applied widget w1', out: 'size: 4' },
      {
        run: 'apply -f -',
        stdin: `${configMap('m1', 'a: "1"')}---\n${widget('m2', 'size: 1')}`,
        out: ['m1 created', 'm2 created'],
      },
      {
        run: 'delete -f -',
        stdin: `${configMap('m1', 'a: "1"')}---\n${widget('m2', 'size: 1')}`,
        out: ['"m1" deleted', '"m2" deleted'],
      },
    ],
  },
  {
    name: 'apply on the server',
    steps: [
      { run: 'apply -f -', stdin: widgetApplied, out: 'created' },
      { run: 'apply --server-side -f -', stdin: widget('w1', 'size: 2, tags: [a]'), out: 'serverside-applied' },
      { run: 'get widget w1 --show-managed-fields -o jsonpath={.metadata.managedFields[*].operation}', out: /^Apply/ },
      {
        run: 'apply --server-side --field-manager=other -f -',
        stdin: widget('w1', 'size: 7'),
        code: 1,
        err: ['conflict with "kubectl"', '.spec.size'],
      },
      {
        run: 'apply --server-side --field-manager=other --force-conflicts -f -',
        stdin: widget('w1', 'size: 7'),
        out: 'serverside-applied',
      },
      { run: 'get widget w1 -o jsonpath={.spec.size}', out: /^7$/ },
      {
        run: 'apply --server-side --field-manager=other -f -',
        stdin: widget('w1', 'size: 7, tags: [b]'),
        out: 'applied',
      },
      { run: 'get widget w1 -o jsonpath={.spec.tags}', out: '["a","b"]' },
      { run: 'apply --server-side -f -', stdin: configMap('cm1', 'a: "1"'), out: 'configmap/cm1 serverside-applied' },
    ],
  },
  {
    name: 'patch label annotate edit and replace',
    steps: [
      { run: 'create -f -', stdin: widget('w1', 'size: 1, parts: [{name: a, count: 1}]') },
      { run: `patch widget w1 --type=merge -p '{"spec":{"size":2}}'`, out: 'patched' },
      { run: `patch widget w1 --type=json -p '[{"op":"replace","path":"/spec/size","value":3}]'`, out: 'patched' },
      { run: `patch widget w1 --type=merge -p '{"spec":{"size":3}}'`, out: 'patched (no change)' },
      {
        run: `patch widget w1 -p '{"spec":{"size":3}}'`,
        code: 1,
        err: 'application/strategic-merge-patch+json is not supported by proto.test/v1, Kind=Widget',
      },
      {
        run: `patch widget w1 --subresource=status --type=merge -p '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}'`,
        out: 'patched',
      },
      { run: 'get widget w1', out: /w1 +3 +True/ },
      { run: 'wait --for=condition=Ready widget/w1 --timeout=10s', out: 'condition met' },
      { run: 'wait --for=jsonpath={.spec.size}=3 widget/w1 --timeout=10s', out: 'condition met' },
      { run: 'wait --for=condition=Gone widget/w1 --timeout=1s', code: 1, err: 'timed out waiting for the condition' },
      { run: 'create configmap cm1 --from-literal=a=1' },
      { run: `patch cm cm1 -p '{"data":{"b":"2"}}'`, out: 'configmap/cm1 patched' },
      { run: 'label widget w1 x=y', out: 'labeled' },
      { run: 'label widget w1 x-', out: 'unlabeled' },
      { run: 'annotate cm cm1 note=hello', out: /annotated?/ },
      { run: 'get cm cm1 -o jsonpath={.metadata.annotations.note}', out: /^hello$/ },
      { run: 'edit widget w1', editor: 'sed -i s/size:.3/size:\\ 8/', out: 'edited' },
      { run: 'get widget w1 -o jsonpath={.spec.size}', out: /^8$/ },
      { run: 'edit cm cm1', editor: 'true', err: 'Edit cancelled, no changes made' },
      { run: 'replace -f -', stdin: widget('w1', 'size: 11'), out: 'replaced' },
      { run: 'get widget w1 -o jsonpath={.spec.size}{.spec.parts}', out: /^11$/ },
      { run: 'replace --force -f -', stdin: widget('w1', 'size: 12'), out: 'replaced' },
    ],
  },
  {
    name: 'delete waits and tells what is gone',
    steps: [
      { run: 'create configmap cm1', out: 'created' },
      { run: 'create configmap cm2', out: 'created' },
      { run: 'delete cm cm1', out: 'configmap "cm1" deleted' },
      { run: 'delete cm cm1', code: 1, err: 'configmaps "cm1" not found' },
      { run: 'delete cm cm1 --ignore-not-found' },
      { run: 'delete cm cm2 --wait=false --force', out: '"cm2" force deleted' },
      { run: 'create -f -', stdin: widget('w1', 'size: 1') },
      { run: 'delete widgets --all', out: 'widget.proto.test "w1" deleted' },
      { run: 'create deployment d1 --image=nginx' },
      { run: 'delete deploy d1 --cascade=foreground', out: 'deployment.apps "d1" deleted' },
      { run: 'create secret generic s1' },
      { run: 'delete secret s1 --cascade=orphan', out: 'secret "s1" deleted' },
    ],
  },
  {
    name: 'scale changes the replicas of a deployment',
    steps: [
      { run: 'create deployment d1 --image=nginx' },
      { run: 'scale deploy d1 --replicas=3', out: 'deployment.apps/d1 scaled' },
      { run: 'scale deploy d1 --current-replicas=1 --replicas=5', code: 1, err: 'xpected replicas to be 1, was 3' },
      { run: 'get deploy d1 -o jsonpath={.spec.replicas}', out: /^3$/ },
      { run: 'get deploy d1 --subresource=scale -o jsonpath={.kind}/{.status.selector}', out: 'Scale/app=d1' },
      { run: 'set image deploy/d1 nginx=nginx:2', out: 'image updated' },
      { run: 'expose deploy d1 --port=80', out: 'service/d1 exposed' },
    ],
  },
  {
    name: 'what is not carried is refused',
    steps: [
      { run: 'run p1 --image=nginx', out: 'pod/p1 created' },
      { run: 'exec p1 -- ls', code: 1, err: 'pods/exec is not supported by this development API server' },
      { run: 'logs p1', code: 1, err: 'pods/log is not supported by this development API server' },
    ],
  },
];

/** All stories. */
export const stories: readonly Story[] = [...server, ...typedCreates, ...reading, ...writing];
