import type { TypeTable } from './type-node.ts';

/** Types of apimachinery and of the kinds without a pod in them. See {@link TypeTable} for the notation. */
export const metaTypes: TypeTable = {
  ObjectMeta:
    'name string; generateName string; namespace string; selfLink string; uid string; resourceVersion string; generation int64; creationTimestamp time; deletionTimestamp time; deletionGracePeriodSeconds int64; labels map string; annotations map string; ownerReferences [OwnerReference~]uid; finalizers [string]set; managedFields [ManagedFieldsEntry]',
  OwnerReference: 'apiVersion string; kind string; name string; uid string; controller bool; blockOwnerDeletion bool',
  ManagedFieldsEntry:
    'manager string; operation string; apiVersion string; time time; fieldsType string; fieldsV1 any; subresource string',
  LabelSelector: 'matchLabels map string; matchExpressions [LabelSelectorRequirement]',
  LabelSelectorRequirement: 'key string; operator string; values [string]',
  Condition:
    'type string; status string; observedGeneration int64; lastTransitionTime time; reason string; message string',
  ObjectReference:
    'kind string; namespace string; name string; uid string; apiVersion string; resourceVersion string; fieldPath string',
  LocalObjectReference: 'name string',
  TypedLocalObjectReference: 'apiGroup string; kind string; name string',

  Namespace: 'apiVersion string; kind string; metadata ObjectMeta; spec NamespaceSpec; status NamespaceStatus',
  NamespaceSpec: 'finalizers [string]',
  NamespaceStatus: 'phase string; conditions [NamespaceCondition]type',
  NamespaceCondition: 'type string; status string; lastTransitionTime time; reason string; message string',
  ConfigMap:
    'apiVersion string; kind string; metadata ObjectMeta; immutable bool; data map string; binaryData map bytes',
  Secret:
    'apiVersion string; kind string; metadata ObjectMeta; immutable bool; data map bytes; stringData map string; type string',
  ServiceAccount:
    'apiVersion string; kind string; metadata ObjectMeta; secrets [ObjectReference]name; imagePullSecrets [LocalObjectReference]; automountServiceAccountToken bool',
  Event:
    'apiVersion string; kind string; metadata ObjectMeta; involvedObject ObjectReference~; reason string; message string; source EventSource; firstTimestamp time; lastTimestamp time; count int32; type string; eventTime microtime; series EventSeries; action string; related ObjectReference~; reportingComponent string; reportingInstance string',
  EventSource: 'component string; host string',
  EventSeries: 'count int32; lastObservedTime microtime',
  EventsV1:
    'apiVersion string; kind string; metadata ObjectMeta; eventTime microtime; series EventSeries; reportingController string; reportingInstance string; action string; reason string; regarding ObjectReference~; related ObjectReference~; note string; type string; deprecatedSource EventSource; deprecatedFirstTimestamp time; deprecatedLastTimestamp time; deprecatedCount int32',
  Lease: 'apiVersion string; kind string; metadata ObjectMeta; spec LeaseSpec',
  LeaseSpec:
    'holderIdentity string; leaseDurationSeconds int32; acquireTime microtime; renewTime microtime; leaseTransitions int32; strategy string; preferredHolder string',

  Role: 'apiVersion string; kind string; metadata ObjectMeta; rules [PolicyRule]',
  ClusterRole:
    'apiVersion string; kind string; metadata ObjectMeta; rules [PolicyRule]; aggregationRule AggregationRule',
  AggregationRule: 'clusterRoleSelectors [LabelSelector]',
  PolicyRule:
    'verbs [string]; apiGroups [string]; resources [string]; resourceNames [string]; nonResourceURLs [string]',
  RoleBinding: 'apiVersion string; kind string; metadata ObjectMeta; subjects [Subject]; roleRef RoleRef~',
  ClusterRoleBinding: 'apiVersion string; kind string; metadata ObjectMeta; subjects [Subject]; roleRef RoleRef~',
  Subject: 'kind string; apiGroup string; name string; namespace string',
  RoleRef: 'apiGroup string; kind string; name string',

  CustomResourceDefinition:
    'apiVersion string; kind string; metadata ObjectMeta; spec CustomResourceDefinitionSpec; status CustomResourceDefinitionStatus',
  CustomResourceDefinitionSpec:
    'group string; names CustomResourceDefinitionNames; scope string; versions [CustomResourceDefinitionVersion]; conversion CustomResourceConversion; preserveUnknownFields bool',
  CustomResourceDefinitionNames:
    'plural string; singular string; shortNames [string]; kind string; listKind string; categories [string]',
  CustomResourceDefinitionVersion:
    'name string; served bool; storage bool; deprecated bool; deprecationWarning string; schema CustomResourceValidation; subresources CustomResourceSubresources; additionalPrinterColumns [CustomResourceColumnDefinition]; selectableFields [SelectableField]',
  CustomResourceValidation: 'openAPIV3Schema any',
  CustomResourceSubresources: 'status any; scale CustomResourceSubresourceScale',
  CustomResourceSubresourceScale: 'specReplicasPath string; statusReplicasPath string; labelSelectorPath string',
  CustomResourceColumnDefinition:
    'name string; type string; format string; description string; priority int32; jsonPath string',
  SelectableField: 'jsonPath string',
  CustomResourceConversion: 'strategy string; webhook any',
  CustomResourceDefinitionStatus:
    'conditions [CustomResourceDefinitionCondition]type; acceptedNames CustomResourceDefinitionNames; storedVersions [string]; observedGeneration int64',
  CustomResourceDefinitionCondition:
    'type string; status string; lastTransitionTime time; reason string; message string; observedGeneration int64',

  ResourceQuota:
    'apiVersion string; kind string; metadata ObjectMeta; spec ResourceQuotaSpec; status ResourceQuotaStatus',
  ResourceQuotaSpec: 'hard map quantity; scopes [string]; scopeSelector any',
  ResourceQuotaStatus: 'hard map quantity; used map quantity',
  LimitRange: 'apiVersion string; kind string; metadata ObjectMeta; spec LimitRangeSpec',
  LimitRangeSpec: 'limits [LimitRangeItem]',
  LimitRangeItem:
    'type string; max map quantity; min map quantity; default map quantity; defaultRequest map quantity; maxLimitRequestRatio map quantity',
  Endpoints: 'apiVersion string; kind string; metadata ObjectMeta; subsets [EndpointSubset]',
  EndpointSubset: 'addresses [EndpointAddress]; notReadyAddresses [EndpointAddress]; ports [EndpointPort]',
  EndpointAddress: 'ip string; hostname string; nodeName string; targetRef ObjectReference~',
  EndpointPort: 'name string; port int32; protocol string; appProtocol string',
};
