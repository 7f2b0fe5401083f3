const CATALOGUE = '`catalogue-tools`';

/**
 * Which tool itself was run with its template, and in which suite of `npm run test:cluster`; for the others, why not. The
 * test of the docs fails for a tool that is not named here.
 */
export const realRuns: Readonly<Record<string, string>> = {
  'flux-git': `yes: source-controller v1.7.0, from a Git server, in ${CATALOGUE}`,
  'flux-oci': `yes: source-controller v1.7.0, from a registry, in ${CATALOGUE}`,
  'flux-kustomization': `yes: kustomize-controller v1.7.3 delivers from a registry, in ${CATALOGUE}`,
  kpack: 'no: its controller runs, and was recorded so; a build needs images of a stack and buildpacks',
  shipwright: 'no: not tried; its controller makes TaskRuns of Tekton',
  'tekton-pipelinerun': `yes: the controller v1.6.0, with its pods played, in ${CATALOGUE}`,
  'tekton-taskrun': `yes: the controller v1.6.0, with its pods played, in ${CATALOGUE}`,
  'knative-service': 'no: its controller was run once, for the recorded status; what it needs below it would be played',
  deployment: `yes: kube-controller-manager 1.34.4, with its pods played, in ${CATALOGUE}`,
  job: `yes: kube-controller-manager 1.34.4, with its pods played, in ${CATALOGUE}`,
  'kapp-app': 'no: not tried; its controller runs ytt, kbld and kapp as programs beside it',
  'argo-application': 'no: a module that it is built from is not to be had',
};
