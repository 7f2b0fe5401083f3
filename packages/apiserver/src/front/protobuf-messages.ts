/**
 * The messages of Kubernetes' generated.proto that typed clients (kubectl 1.32 and newer, Go controllers)
 * send, one line a message: `name=number:type`. `[]` marks a repeated field, `{}` a map with string keys,
 * `*` a scalar that is a pointer in Go: its zero value was set on purpose and stays. The zero value of
 * any other scalar stands for "not set", because Go always writes it.
 */
const MESSAGES: Readonly<Record<string, string>> = {
  ObjectMeta:
    'name=1:string generateName=2:string namespace=3:string selfLink=4:string uid=5:string resourceVersion=6:string generation=7:int creationTimestamp=8:time deletionTimestamp=9:time deletionGracePeriodSeconds=10:int* labels=11:string{} annotations=12:string{} ownerReferences=13:OwnerReference[] finalizers=14:string[] managedFields=17:ManagedFieldsEntry[]',
  OwnerReference:
    'kind=1:string name=3:string uid=4:string apiVersion=5:string controller=6:bool* blockOwnerDeletion=7:bool*',
  ManagedFieldsEntry:
    'manager=1:string operation=2:string apiVersion=3:string time=4:time fieldsType=6:string fieldsV1=7:json subresource=8:string',
  LabelSelector: 'matchLabels=1:string{} matchExpressions=2:LabelSelectorRequirement[]',
  LabelSelectorRequirement: 'key=1:string operator=2:string values=3:string[]',
  ObjectReference:
    'kind=1:string namespace=2:string name=3:string uid=4:string apiVersion=5:string resourceVersion=6:string fieldPath=7:string',
  LocalObjectReference: 'name=1:string',
  Condition:
    'type=1:string status=2:string observedGeneration=3:int lastTransitionTime=4:time reason=5:string message=6:string',
  DeleteOptions:
    'gracePeriodSeconds=1:int* preconditions=2:Preconditions orphanDependents=3:bool* propagationPolicy=4:string* dryRun=5:string[]',
  Preconditions: 'uid=1:string* resourceVersion=2:string*',

  Namespace: 'metadata=1:ObjectMeta spec=2:NamespaceSpec status=3:NamespaceStatus',
  NamespaceSpec: 'finalizers=1:string[]',
  NamespaceStatus: 'phase=1:string',
  ConfigMap: 'metadata=1:ObjectMeta data=2:string{} binaryData=3:bytes{} immutable=4:bool*',
  Secret: 'metadata=1:ObjectMeta data=2:bytes{} type=3:string stringData=4:string{} immutable=5:bool*',
  ServiceAccount:
    'metadata=1:ObjectMeta secrets=2:ObjectReference[] imagePullSecrets=3:LocalObjectReference[] automountServiceAccountToken=4:bool*',
  Event:
    'metadata=1:ObjectMeta involvedObject=2:ObjectReference reason=3:string message=4:string source=5:EventSource firstTimestamp=6:time lastTimestamp=7:time count=8:int type=9:string eventTime=10:microtime series=11:EventSeries action=12:string related=13:ObjectReference reportingComponent=14:string reportingInstance=15:string',
  EventSource: 'component=1:string host=2:string',
  EventSeries: 'count=1:int lastObservedTime=2:microtime',
  ResourceQuota: 'metadata=1:ObjectMeta spec=2:ResourceQuotaSpec status=3:ResourceQuotaStatus',
  ResourceQuotaSpec: 'hard=1:quantity{} scopes=2:string[] scopeSelector=3:ScopeSelector',
  ResourceQuotaStatus: 'hard=1:quantity{} used=2:quantity{}',
  ScopeSelector: 'matchExpressions=1:ScopedResourceSelectorRequirement[]',
  ScopedResourceSelectorRequirement: 'scopeName=1:string operator=2:string values=3:string[]',
  Service: 'metadata=1:ObjectMeta spec=2:ServiceSpec status=3:ServiceStatus',
  ServiceSpec:
    'ports=1:ServicePort[] selector=2:string{} clusterIP=3:string type=4:string externalIPs=5:string[] sessionAffinity=7:string loadBalancerIP=8:string loadBalancerSourceRanges=9:string[] externalName=10:string externalTrafficPolicy=11:string healthCheckNodePort=12:int publishNotReadyAddresses=13:bool ipFamilyPolicy=17:string* clusterIPs=18:string[] ipFamilies=19:string[] allocateLoadBalancerNodePorts=20:bool* loadBalancerClass=21:string* internalTrafficPolicy=22:string*',
  ServicePort:
    'name=1:string protocol=2:string port=3:int targetPort=4:intOrString nodePort=5:int appProtocol=6:string*',
  ServiceStatus: 'loadBalancer=1:LoadBalancerStatus conditions=2:Condition[]',
  LoadBalancerStatus: 'ingress=1:LoadBalancerIngress[]',
  LoadBalancerIngress: 'ip=1:string hostname=2:string',

  Role: 'metadata=1:ObjectMeta rules=2:PolicyRule[]',
  ClusterRole: 'metadata=1:ObjectMeta rules=2:PolicyRule[] aggregationRule=3:AggregationRule',
  AggregationRule: 'clusterRoleSelectors=1:LabelSelector[]',
  PolicyRule:
    'verbs=1:string[] apiGroups=2:string[] resources=3:string[] resourceNames=4:string[] nonResourceURLs=5:string[]',
  RoleBinding: 'metadata=1:ObjectMeta subjects=2:Subject[] roleRef=3:RoleRef',
  ClusterRoleBinding: 'metadata=1:ObjectMeta subjects=2:Subject[] roleRef=3:RoleRef',
  Subject: 'kind=1:string apiGroup=2:string name=3:string namespace=4:string',
  RoleRef: 'apiGroup=1:string kind=2:string name=3:string',

  Lease: 'metadata=1:ObjectMeta spec=2:LeaseSpec',
  LeaseSpec:
    'holderIdentity=1:string* leaseDurationSeconds=2:int* acquireTime=3:microtime renewTime=4:microtime leaseTransitions=5:int* strategy=6:string* preferredHolder=7:string*',

  TokenRequest: 'metadata=1:ObjectMeta spec=2:TokenRequestSpec status=3:TokenRequestStatus',
  TokenRequestSpec: 'audiences=1:string[] boundObjectRef=3:BoundObjectReference expirationSeconds=4:int*',
  BoundObjectReference: 'kind=1:string apiVersion=2:string name=3:string uid=4:string',
  TokenRequestStatus: 'token=1:string expirationTimestamp=2:time',
  TokenReview: 'metadata=1:ObjectMeta spec=2:TokenReviewSpec status=3:Ignored',
  TokenReviewSpec: 'token=1:string audiences=2:string[]',
  SelfSubjectReview: 'metadata=1:ObjectMeta status=2:Ignored',
  SelfSubjectAccessReview: 'metadata=1:ObjectMeta spec=2:SelfSubjectAccessReviewSpec status=3:Ignored',
  SelfSubjectAccessReviewSpec: 'resourceAttributes=1:ResourceAttributes nonResourceAttributes=2:NonResourceAttributes',
  SubjectAccessReview: 'metadata=1:ObjectMeta spec=2:SubjectAccessReviewSpec status=3:Ignored',
  LocalSubjectAccessReview: 'metadata=1:ObjectMeta spec=2:SubjectAccessReviewSpec status=3:Ignored',
  SubjectAccessReviewSpec:
    'resourceAttributes=1:ResourceAttributes nonResourceAttributes=2:NonResourceAttributes user=3:string groups=4:string[] extra=5:ExtraValue{} uid=6:string',
  ExtraValue: 'items=1:string[]',
  ResourceAttributes:
    'namespace=1:string verb=2:string group=3:string version=4:string resource=5:string subresource=6:string name=7:string',
  NonResourceAttributes: 'path=1:string verb=2:string',
  SelfSubjectRulesReview: 'metadata=1:ObjectMeta spec=2:SelfSubjectRulesReviewSpec status=3:RulesStatus',
  SelfSubjectRulesReviewSpec: 'namespace=1:string',
  RulesStatus: 'incomplete=3:bool evaluationError=4:string',
  Empty: '',

  Deployment: 'metadata=1:ObjectMeta spec=2:DeploymentSpec status=3:Ignored',
  DeploymentSpec:
    'replicas=1:int* selector=2:LabelSelector template=3:PodTemplateSpec strategy=4:DeploymentStrategy minReadySeconds=5:int revisionHistoryLimit=6:int* paused=7:bool progressDeadlineSeconds=9:int*',
  DeploymentStrategy: 'type=1:string rollingUpdate=2:RollingUpdateDeployment',
  RollingUpdateDeployment: 'maxUnavailable=1:intOrString maxSurge=2:intOrString',
  Job: 'metadata=1:ObjectMeta spec=2:JobSpec status=3:Ignored',
  JobSpec:
    'parallelism=1:int* completions=2:int* activeDeadlineSeconds=3:int* selector=4:LabelSelector manualSelector=5:bool* template=6:PodTemplateSpec backoffLimit=7:int* ttlSecondsAfterFinished=8:int* completionMode=9:string* suspend=10:bool*',
  CronJob: 'metadata=1:ObjectMeta spec=2:CronJobSpec status=3:Ignored',
  CronJobSpec:
    'schedule=1:string startingDeadlineSeconds=2:int* concurrencyPolicy=3:string suspend=4:bool* jobTemplate=5:JobTemplateSpec successfulJobsHistoryLimit=6:int* failedJobsHistoryLimit=7:int* timeZone=8:string*',
  JobTemplateSpec: 'metadata=1:ObjectMeta spec=2:JobSpec',
  PodTemplateSpec: 'metadata=1:ObjectMeta spec=2:PodSpec',
  PodSpec:
    'containers=2:Container[] restartPolicy=3:string terminationGracePeriodSeconds=4:int* activeDeadlineSeconds=5:int* dnsPolicy=6:string nodeSelector=7:string{} serviceAccountName=8:string serviceAccount=9:string nodeName=10:string hostNetwork=11:bool hostPID=12:bool hostIPC=13:bool securityContext=14:Empty imagePullSecrets=15:LocalObjectReference[] hostname=16:string subdomain=17:string schedulerName=19:string initContainers=20:Container[] automountServiceAccountToken=21:bool* priorityClassName=24:string',
  Container:
    'name=1:string image=2:string command=3:string[] args=4:string[] workingDir=5:string ports=6:ContainerPort[] env=7:EnvVar[] resources=8:ResourceRequirements volumeMounts=9:VolumeMount[] terminationMessagePath=13:string imagePullPolicy=14:string stdin=16:bool stdinOnce=17:bool tty=18:bool terminationMessagePolicy=20:string',
  ContainerPort: 'name=1:string hostPort=2:int containerPort=3:int protocol=4:string hostIP=5:string',
  EnvVar: 'name=1:string value=2:string',
  ResourceRequirements: 'limits=1:quantity{} requests=2:quantity{}',
  VolumeMount: 'name=1:string readOnly=2:bool mountPath=3:string subPath=4:string',
};

/** How a field is read. */
export type FieldRule = {
  readonly name: string;
  /** A scalar (`string`, `int`, `bool`, `bytes`, `time`, `microtime`, `quantity`, `intOrString`, `json`), `Ignored`, or a message. */
  readonly type: string;
  readonly repeated: boolean;
  readonly map: boolean;
  readonly keepZero: boolean;
};

const FIELD = /^(\w+)=(\d+):(\w+)(\[\]|\{\}|\*)?$/;

function parseMessage(text: string): ReadonlyMap<number, FieldRule> {
  const rules = new Map<number, FieldRule>();
  for (const field of text.split(' ').filter((part) => part !== '')) {
    const [, name = '', number = '', type = '', mark] = FIELD.exec(field) ?? [];
    rules.set(Number(number), {
      name,
      type,
      repeated: mark === '[]',
      map: mark === '{}',
      keepZero: mark === '*',
    });
  }
  return rules;
}

const parsed = new Map<string, ReadonlyMap<number, FieldRule>>();

/** The fields of a message by number, or undefined for a message this server does not read. */
export function messageFields(message: string): ReadonlyMap<number, FieldRule> | undefined {
  const known = parsed.get(message);
  if (known !== undefined) return known;
  if (!Object.hasOwn(MESSAGES, message)) return undefined;
  const rules = parseMessage(MESSAGES[message] ?? '');
  parsed.set(message, rules);
  return rules;
}

/** The kinds of which a whole object can be read. */
export const protobufKinds: ReadonlySet<string> = new Set(
  Object.entries(MESSAGES).flatMap(([name, text]) =>
    name === 'DeleteOptions' || text.startsWith('metadata=1:ObjectMeta') ? [name] : [],
  ),
);
