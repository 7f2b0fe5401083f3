/** The labels that Kubernetes recommends, and where the code is from: read from the workload and from its image. */
import {
  type Convention,
  type DraftTemplate,
  ensureAnnotation,
  ensureLabel,
  type ImageFacts,
  runConventionServer,
} from '@cartographer/convention-sdk';

/** What the chain writes on the pods of a workload. */
const WORKLOAD = 'carto.run/workload-name';
/** What a developer may write on a workload, and its chain hands on. */
const PART_OF = 'apps.example.com/part-of';
/** Where builders of images write what the image is made from. */
const ANNOTATIONS = ['org.opencontainers.image.source', 'org.opencontainers.image.revision'] as const;
const VERSION = 'org.opencontainers.image.version';
/** What Kubernetes takes as the value of a label. */
const LABEL_VALUE = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** The convention: it is for pods of workloads; the first container is the app. */
export const workloadLabels: Convention = {
  id: 'workload-labels',
  apply({ template, imageOf }) {
    const workload = template.metadata?.labels?.[WORKLOAD];
    const [app] = template.spec.containers;
    if (workload === undefined || app === undefined) return;
    const said = imageLabels(imageOf(app));
    label(template, 'app.kubernetes.io/name', workload);
    label(template, 'app.kubernetes.io/part-of', template.metadata?.labels?.[PART_OF] ?? workload);
    label(template, 'app.kubernetes.io/version', said[VERSION]);
    for (const key of ANNOTATIONS) {
      const value = said[key];
      if (value !== undefined) ensureAnnotation(template, key, value);
    }
  },
};

/** Images come from anywhere: a value that Kubernetes would refuse is left out, and the pods start. */
function label(template: DraftTemplate, key: string, value: string | undefined): void {
  if (value !== undefined && LABEL_VALUE.test(value)) ensureLabel(template, key, value);
}

function imageLabels(image: ImageFacts | undefined): Readonly<Record<string, string | undefined>> {
  return image?.config.config?.Labels ?? {};
}

if (import.meta.main) {
  const { PORT = '9443', CERT_DIR = '/config/certs' } = process.env;
  await runConventionServer({ port: Number(PORT), certDir: CERT_DIR, conventions: [workloadLabels] });
}
