/** The Helm chart: the objects of an installation with values in the places that may differ. */
import { crds } from '@cartographer/api';
import { defaultInstallValues, installationFiles } from '@cartographer/controller';
import { type Json, toYaml } from '@cartographer/machinery';
import { CONVENTIONS_VALUES, conventionsChartFiles } from './helm-conventions.ts';
import { JENKINS_VALUES, jenkinsChartFiles } from './helm-jenkins.ts';
import { HELM, onlyIf, templated } from './helm-places.ts';
import { SCANNER_VALUES, scannerChartFiles } from './helm-scanner.ts';

/** Files that a value switches on. */
const SWITCHES: Readonly<Record<string, string>> = {
  'network-policy': 'networkPolicy',
  'disruption-budget': 'podDisruptionBudget',
  'webhook-configuration': 'webhooks',
};

/** Name and text of each file of the chart. The namespace is Helm's to make, so it is no file of the chart. */
export function chartFiles(version: string, header: string): ReadonlyMap<string, string> {
  const { namespace, image, replicas } = HELM;
  const values = { ...defaultInstallValues(version), namespace, image, replicas };
  const files = new Map<string, string>();
  files.set('Chart.yaml', header + toYaml(chart(version)));
  files.set('values.yaml', header + valuesText(version));
  for (const crd of crds()) files.set(`crds/${crd.metadata.name?.split('.')[0]}.yaml`, header + toYaml(crd));
  for (const [name, objects] of installationFiles(values)) {
    if (name === 'namespace') continue;
    const text = objects.map((object) => toYaml(object)).join('---\n');
    files.set(`templates/${name}.yaml`, header + switched(name, templated(text, 'resources')));
  }
  for (const [name, text] of [
    ...scannerChartFiles(version),
    ...jenkinsChartFiles(version),
    ...conventionsChartFiles(version),
  ])
    files.set(`templates/${name}.yaml`, header + text);
  files.set('templates/service-monitor.yaml', header + switched('service-monitor', SERVICE_MONITOR));
  return files;
}

function switched(name: string, text: string): string {
  const value = name === 'service-monitor' ? 'serviceMonitor' : SWITCHES[name];
  return value === undefined ? text : onlyIf(`.Values.${value}.enabled`, text);
}

function chart(version: string): Json {
  return {
    apiVersion: 'v2',
    name: 'cartographer',
    description: 'Cartographer choreographs software supply chains on Kubernetes.',
    type: 'application',
    version,
    appVersion: version,
    kubeVersion: '>=1.27.0-0',
  };
}

function valuesText(version: string): string {
  return `# Where the image is. No registry has it by itself: docs/install.md says how it is built.
image:
  repository: cartographer-controller
  tag: ${version}
# One leads, the others stand by.
replicas: 2
# No limit of processor time: throttling would stall the renewal of the lease.
resources:
  requests:
    cpu: 200m
    memory: 256Mi
  limits:
    memory: 1Gi
# Lets in webhooks and metrics, lets out the API server (443, 6443, 8443, 16443) and DNS.
networkPolicy:
  enabled: true
podDisruptionBudget:
  enabled: true
# Have the API server ask about blueprints and templates before it stores them.
webhooks:
  enabled: true
# Needs the Prometheus operator.
serviceMonitor:
  enabled: false
${SCANNER_VALUES}${JENKINS_VALUES}${CONVENTIONS_VALUES}`;
}

const SERVICE_MONITOR = `apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: cartographer-controller
  namespace: '{{ .Release.Namespace }}'
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: cartographer
  endpoints:
    - port: metrics
`;
