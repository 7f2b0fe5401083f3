import type { TypeTable } from './type-node.ts';

/** Types of pods and of everything that has a pod template. See {@link TypeTable} for the notation. */
export const workloadTypes: TypeTable = {
  Pod: 'apiVersion string; kind string; metadata ObjectMeta; spec PodSpec; status PodStatus',
  PodTemplateSpec: 'metadata ObjectMeta; spec PodSpec',
  PodSpec:
    'volumes [Volume]name!; initContainers [Container]name; containers [Container]name; ephemeralContainers [Container]name; restartPolicy string; terminationGracePeriodSeconds int64; activeDeadlineSeconds int64; dnsPolicy string; nodeSelector map string~; serviceAccountName string; serviceAccount string; automountServiceAccountToken bool; nodeName string; hostNetwork bool; hostPID bool; hostIPC bool; shareProcessNamespace bool; securityContext PodSecurityContext; imagePullSecrets [LocalObjectReference]name; hostname string; subdomain string; affinity Affinity; schedulerName string; tolerations [Toleration]; hostAliases [HostAlias]ip; priorityClassName string; priority int32; dnsConfig PodDNSConfig; readinessGates [PodReadinessGate]; runtimeClassName string; enableServiceLinks bool; preemptionPolicy string; overhead map quantity; topologySpreadConstraints [TopologySpreadConstraint]topologyKey,whenUnsatisfiable; setHostnameAsFQDN bool; os PodOS; hostUsers bool; schedulingGates [PodSchedulingGate]name; resourceClaims [PodResourceClaim]name!; resources ResourceRequirements; hostnameOverride string',
  PodOS: 'name string',
  PodSchedulingGate: 'name string',
  PodReadinessGate: 'conditionType string',
  PodResourceClaim: 'name string; resourceClaimName string; resourceClaimTemplateName string',
  HostAlias: 'ip string; hostnames [string]',
  PodDNSConfig: 'nameservers [string]; searches [string]; options [PodDNSConfigOption]',
  PodDNSConfigOption: 'name string; value string',
  Toleration: 'key string; operator string; value string; effect string; tolerationSeconds int64',
  TopologySpreadConstraint:
    'maxSkew int32; topologyKey string; whenUnsatisfiable string; labelSelector LabelSelector~; minDomains int32; nodeAffinityPolicy string; nodeTaintsPolicy string; matchLabelKeys [string]',
  Affinity: 'nodeAffinity any; podAffinity any; podAntiAffinity any',
  PodSecurityContext:
    'seLinuxOptions any; windowsOptions any; runAsUser int64; runAsGroup int64; runAsNonRoot bool; supplementalGroups [int64]; supplementalGroupsPolicy string; fsGroup int64; sysctls [Sysctl]; fsGroupChangePolicy string; seccompProfile SeccompProfile; appArmorProfile SeccompProfile; seLinuxChangePolicy string',
  Sysctl: 'name string; value string',
  SeccompProfile: 'type string; localhostProfile string',
  Container:
    'name string; image string; command [string]; args [string]; workingDir string; ports [ContainerPort]containerPort,protocol; envFrom [EnvFromSource]; env [EnvVar]name; resources ResourceRequirements; resizePolicy [ContainerResizePolicy]; restartPolicy string; restartPolicyRules [any]; volumeMounts [VolumeMount]mountPath; volumeDevices [VolumeDevice]devicePath; livenessProbe Probe; readinessProbe Probe; startupProbe Probe; lifecycle Lifecycle; terminationMessagePath string; terminationMessagePolicy string; imagePullPolicy string; securityContext SecurityContext; stdin bool; stdinOnce bool; tty bool; targetContainerName string',
  ContainerPort: 'name string; hostPort int32; containerPort int32; protocol string; hostIP string',
  ContainerResizePolicy: 'resourceName string; restartPolicy string',
  EnvVar: 'name string; value string; valueFrom EnvVarSource',
  EnvVarSource:
    'fieldRef ObjectFieldSelector~; resourceFieldRef ResourceFieldSelector~; configMapKeyRef KeySelector~; secretKeyRef KeySelector~; fileKeyRef any',
  ObjectFieldSelector: 'apiVersion string; fieldPath string',
  ResourceFieldSelector: 'containerName string; resource string; divisor quantity',
  KeySelector: 'name string; key string; optional bool',
  EnvFromSource: 'prefix string; configMapRef SourceRef; secretRef SourceRef',
  SourceRef: 'name string; optional bool',
  ResourceRequirements: 'limits map quantity; requests map quantity; claims [ResourceClaim]name',
  ResourceClaim: 'name string; request string',
  VolumeMount:
    'name string; readOnly bool; recursiveReadOnly string; mountPath string; subPath string; mountPropagation string; subPathExpr string',
  VolumeDevice: 'name string; devicePath string',
  Probe:
    'exec ExecAction; httpGet HTTPGetAction; tcpSocket TCPSocketAction; grpc GRPCAction; initialDelaySeconds int32; timeoutSeconds int32; periodSeconds int32; successThreshold int32; failureThreshold int32; terminationGracePeriodSeconds int64',
  ExecAction: 'command [string]',
  HTTPGetAction: 'path string; port intstr; host string; scheme string; httpHeaders [HTTPHeader]',
  HTTPHeader: 'name string; value string',
  TCPSocketAction: 'port intstr; host string',
  GRPCAction: 'port int32; service string',
  Lifecycle: 'postStart LifecycleHandler; preStop LifecycleHandler; stopSignal string',
  LifecycleHandler: 'exec ExecAction; httpGet HTTPGetAction; tcpSocket TCPSocketAction; sleep SleepAction',
  SleepAction: 'seconds int64',
  SecurityContext:
    'capabilities Capabilities; privileged bool; seLinuxOptions any; windowsOptions any; runAsUser int64; runAsGroup int64; runAsNonRoot bool; readOnlyRootFilesystem bool; allowPrivilegeEscalation bool; procMount string; seccompProfile SeccompProfile; appArmorProfile SeccompProfile',
  Capabilities: 'add [string]; drop [string]',
  Volume:
    'name string; hostPath HostPathVolumeSource; emptyDir EmptyDirVolumeSource; secret SecretVolumeSource; configMap ConfigMapVolumeSource; persistentVolumeClaim PersistentVolumeClaimVolumeSource; projected ProjectedVolumeSource; downwardAPI DownwardAPIVolumeSource; csi CSIVolumeSource; ephemeral EphemeralVolumeSource; nfs NFSVolumeSource; image ImageVolumeSource; gcePersistentDisk any; awsElasticBlockStore any; gitRepo any; iscsi any; glusterfs any; rbd any; flexVolume any; cinder any; cephfs any; flocker any; fc any; azureFile any; azureDisk any; vsphereVolume any; quobyte any; photonPersistentDisk any; portworxVolume any; scaleIO any; storageos any',
  HostPathVolumeSource: 'path string; type string',
  EmptyDirVolumeSource: 'medium string; sizeLimit quantity',
  SecretVolumeSource: 'secretName string; items [KeyToPath]; defaultMode int32; optional bool',
  ConfigMapVolumeSource: 'name string; items [KeyToPath]; defaultMode int32; optional bool',
  KeyToPath: 'key string; path string; mode int32',
  PersistentVolumeClaimVolumeSource: 'claimName string; readOnly bool',
  ProjectedVolumeSource: 'sources [VolumeProjection]; defaultMode int32',
  VolumeProjection:
    'secret SecretProjection; configMap ConfigMapProjection; downwardAPI DownwardAPIVolumeSource; serviceAccountToken ServiceAccountTokenProjection; clusterTrustBundle any; podCertificate any',
  SecretProjection: 'name string; items [KeyToPath]; optional bool',
  ConfigMapProjection: 'name string; items [KeyToPath]; optional bool',
  ServiceAccountTokenProjection: 'audience string; expirationSeconds int64; path string',
  DownwardAPIVolumeSource: 'items [DownwardAPIVolumeFile]; defaultMode int32',
  DownwardAPIVolumeFile:
    'path string; fieldRef ObjectFieldSelector~; resourceFieldRef ResourceFieldSelector~; mode int32',
  CSIVolumeSource:
    'driver string; readOnly bool; fsType string; volumeAttributes map string; nodePublishSecretRef LocalObjectReference~',
  EphemeralVolumeSource: 'volumeClaimTemplate PersistentVolumeClaimTemplate',
  PersistentVolumeClaimTemplate: 'metadata ObjectMeta; spec PersistentVolumeClaimSpec',
  NFSVolumeSource: 'server string; path string; readOnly bool',
  ImageVolumeSource: 'reference string; pullPolicy string',
  PodStatus:
    'observedGeneration int64; phase string; conditions [PodCondition]type; message string; reason string; nominatedNodeName string; hostIP string; hostIPs [HostIP]; podIP string; podIPs [PodIP]ip; startTime time; initContainerStatuses [any]; containerStatuses [any]; qosClass string; ephemeralContainerStatuses [any]; resize string; resourceClaimStatuses [any]; extendedResourceClaimStatus any',
  PodCondition:
    'type string; observedGeneration int64; status string; lastProbeTime time; lastTransitionTime time; reason string; message string',
  HostIP: 'ip string',
  PodIP: 'ip string',

  Deployment: 'apiVersion string; kind string; metadata ObjectMeta; spec DeploymentSpec; status DeploymentStatus',
  DeploymentSpec:
    'replicas int32; selector LabelSelector~; template PodTemplateSpec; strategy DeploymentStrategy; minReadySeconds int32; revisionHistoryLimit int32; paused bool; progressDeadlineSeconds int32',
  DeploymentStrategy: 'type string; rollingUpdate RollingUpdate',
  RollingUpdate: 'maxUnavailable intstr; maxSurge intstr; partition int32',
  DeploymentStatus:
    'observedGeneration int64; replicas int32; updatedReplicas int32; readyReplicas int32; availableReplicas int32; unavailableReplicas int32; terminatingReplicas int32; conditions [WorkloadCondition]type; collisionCount int32',
  WorkloadCondition:
    'type string; status string; lastUpdateTime time; lastProbeTime time; lastTransitionTime time; reason string; message string',
  ReplicaSet: 'apiVersion string; kind string; metadata ObjectMeta; spec ReplicaSetSpec; status ReplicaSetStatus',
  ReplicaSetSpec: 'replicas int32; minReadySeconds int32; selector LabelSelector~; template PodTemplateSpec',
  ReplicaSetStatus:
    'replicas int32; fullyLabeledReplicas int32; readyReplicas int32; availableReplicas int32; terminatingReplicas int32; observedGeneration int64; conditions [WorkloadCondition]type',
  StatefulSet: 'apiVersion string; kind string; metadata ObjectMeta; spec StatefulSetSpec; status StatefulSetStatus',
  StatefulSetSpec:
    'replicas int32; selector LabelSelector~; template PodTemplateSpec; volumeClaimTemplates [PersistentVolumeClaim]; serviceName string; podManagementPolicy string; updateStrategy DeploymentStrategy; revisionHistoryLimit int32; minReadySeconds int32; persistentVolumeClaimRetentionPolicy StatefulSetPersistentVolumeClaimRetentionPolicy; ordinals StatefulSetOrdinals',
  StatefulSetPersistentVolumeClaimRetentionPolicy: 'whenDeleted string; whenScaled string',
  StatefulSetOrdinals: 'start int32',
  StatefulSetStatus:
    'observedGeneration int64; replicas int32; readyReplicas int32; currentReplicas int32; updatedReplicas int32; currentRevision string; updateRevision string; collisionCount int32; conditions [WorkloadCondition]type; availableReplicas int32',
  DaemonSet: 'apiVersion string; kind string; metadata ObjectMeta; spec DaemonSetSpec; status DaemonSetStatus',
  DaemonSetSpec:
    'selector LabelSelector~; template PodTemplateSpec; updateStrategy DeploymentStrategy; minReadySeconds int32; revisionHistoryLimit int32',
  DaemonSetStatus:
    'currentNumberScheduled int32; numberMisscheduled int32; desiredNumberScheduled int32; numberReady int32; observedGeneration int64; updatedNumberScheduled int32; numberAvailable int32; numberUnavailable int32; collisionCount int32; conditions [WorkloadCondition]type',
  Job: 'apiVersion string; kind string; metadata ObjectMeta; spec JobSpec; status JobStatus',
  JobSpec:
    'parallelism int32; completions int32; activeDeadlineSeconds int64; podFailurePolicy any; successPolicy any; backoffLimit int32; backoffLimitPerIndex int32; maxFailedIndexes int32; selector LabelSelector~; manualSelector bool; template PodTemplateSpec; ttlSecondsAfterFinished int32; completionMode string; suspend bool; podReplacementPolicy string; managedBy string',
  JobStatus:
    'conditions [WorkloadCondition]; startTime time; completionTime time; active int32; succeeded int32; failed int32; terminating int32; completedIndexes string; failedIndexes string; uncountedTerminatedPods any; ready int32',
  CronJob: 'apiVersion string; kind string; metadata ObjectMeta; spec CronJobSpec; status CronJobStatus',
  CronJobSpec:
    'schedule string; timeZone string; startingDeadlineSeconds int64; concurrencyPolicy string; suspend bool; jobTemplate JobTemplateSpec; successfulJobsHistoryLimit int32; failedJobsHistoryLimit int32',
  JobTemplateSpec: 'metadata ObjectMeta; spec JobSpec',
  CronJobStatus: 'active [ObjectReference]; lastScheduleTime time; lastSuccessfulTime time',

  Service: 'apiVersion string; kind string; metadata ObjectMeta; spec ServiceSpec; status ServiceStatus',
  ServiceSpec:
    'ports [ServicePort]port,protocol; selector map string~; clusterIP string; clusterIPs [string]; type string; externalIPs [string]; sessionAffinity string; loadBalancerIP string; loadBalancerSourceRanges [string]; externalName string; externalTrafficPolicy string; healthCheckNodePort int32; publishNotReadyAddresses bool; sessionAffinityConfig any; ipFamilies [string]; ipFamilyPolicy string; allocateLoadBalancerNodePorts bool; loadBalancerClass string; internalTrafficPolicy string; trafficDistribution string',
  ServicePort: 'name string; protocol string; appProtocol string; port int32; targetPort intstr; nodePort int32',
  ServiceStatus: 'loadBalancer LoadBalancerStatus; conditions [Condition]type',
  LoadBalancerStatus: 'ingress [LoadBalancerIngress]',
  LoadBalancerIngress: 'ip string; hostname string; ipMode string; ports [any]',
  Ingress: 'apiVersion string; kind string; metadata ObjectMeta; spec IngressSpec; status IngressStatus',
  IngressSpec: 'ingressClassName string; defaultBackend IngressBackend; tls [IngressTLS]; rules [IngressRule]',
  IngressTLS: 'hosts [string]; secretName string',
  IngressRule: 'host string; http HTTPIngressRuleValue',
  HTTPIngressRuleValue: 'paths [HTTPIngressPath]',
  HTTPIngressPath: 'path string; pathType string; backend IngressBackend',
  IngressBackend: 'service IngressServiceBackend; resource TypedLocalObjectReference~',
  IngressServiceBackend: 'name string; port ServiceBackendPort~',
  ServiceBackendPort: 'name string; number int32',
  IngressStatus: 'loadBalancer LoadBalancerStatus',
  NetworkPolicy: 'apiVersion string; kind string; metadata ObjectMeta; spec NetworkPolicySpec',
  NetworkPolicySpec: 'podSelector LabelSelector~; ingress [any]; egress [any]; policyTypes [string]',
  PersistentVolumeClaim:
    'apiVersion string; kind string; metadata ObjectMeta; spec PersistentVolumeClaimSpec; status PersistentVolumeClaimStatus',
  PersistentVolumeClaimSpec:
    'accessModes [string]; selector LabelSelector~; resources ResourceRequirements; volumeName string; storageClassName string; volumeMode string; dataSource TypedLocalObjectReference~; dataSourceRef any; volumeAttributesClassName string',
  PersistentVolumeClaimStatus:
    'phase string; accessModes [string]; capacity map quantity; conditions [WorkloadCondition]type; allocatedResources map quantity; allocatedResourceStatuses map string; currentVolumeAttributesClassName string; modifyVolumeStatus any',
  HorizontalPodAutoscaler:
    'apiVersion string; kind string; metadata ObjectMeta; spec HorizontalPodAutoscalerSpec; status HorizontalPodAutoscalerStatus',
  HorizontalPodAutoscalerSpec:
    'scaleTargetRef CrossVersionObjectReference; minReplicas int32; maxReplicas int32; metrics [any]; behavior any',
  HorizontalPodAutoscalerV1:
    'apiVersion string; kind string; metadata ObjectMeta; spec HorizontalPodAutoscalerV1Spec; status HorizontalPodAutoscalerV1Status',
  HorizontalPodAutoscalerV1Spec:
    'scaleTargetRef CrossVersionObjectReference; minReplicas int32; maxReplicas int32; targetCPUUtilizationPercentage int32',
  HorizontalPodAutoscalerV1Status:
    'observedGeneration int64; lastScaleTime time; currentReplicas int32; desiredReplicas int32; currentCPUUtilizationPercentage int32',
  CrossVersionObjectReference: 'kind string; name string; apiVersion string',
  HorizontalPodAutoscalerStatus:
    'observedGeneration int64; lastScaleTime time; currentReplicas int32; desiredReplicas int32; currentMetrics [any]; conditions [WorkloadCondition]type',
  PodDisruptionBudget:
    'apiVersion string; kind string; metadata ObjectMeta; spec PodDisruptionBudgetSpec; status PodDisruptionBudgetStatus',
  PodDisruptionBudgetSpec:
    'minAvailable intstr; selector LabelSelector~; maxUnavailable intstr; unhealthyPodEvictionPolicy string',
  PodDisruptionBudgetStatus:
    'observedGeneration int64; disruptedPods map time; disruptionsAllowed int32; currentHealthy int32; desiredHealthy int32; expectedPods int32; conditions [Condition]type',
};
