import { join } from 'node:path';

/** A program that a test cluster may run. */
export type ProgramName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kubectl'
  | 'source-controller'
  | 'kustomize-controller'
  | 'tekton-controller';

/** A real neighbour of the controller. */
export type Peer = 'flux' | 'kustomize' | 'tekton';

/** Every peer. */
export const peers: readonly Peer[] = ['flux', 'kustomize', 'tekton'];

/** Programs that are built from one Go module, and what they need from it when they run. */
export type GoProject = {
  /** The folder under `go/` with its go.mod and go.sum, and its name in the cache. */
  readonly name: string;
  /** Only this peer needs it. */
  readonly peer?: Peer;
  readonly programs: readonly { readonly name: ProgramName; readonly package: string }[];
  readonly ldflags: string;
  /** Files that stand in the module beside its code, copied into the cache under `as`. */
  readonly assets: readonly { readonly module: string; readonly path: string; readonly as: string }[];
};

const STRIPPED = '-s -w';
const KUBERNETES_VERSION = 'v1.34.4';
// Without these the server calls itself v0.0.0.
const stamp = (name: string, value: string): string => `-X k8s.io/component-base/version.${name}=${value}`;

/** Everything that is built, in the order in which it is: what every cluster needs comes first. */
export const goProjects: readonly GoProject[] = [
  {
    name: 'etcd',
    programs: [{ name: 'etcd', package: 'go.etcd.io/etcd/server/v3' }],
    ldflags: STRIPPED,
    assets: [],
  },
  {
    name: 'kubernetes',
    programs: [
      { name: 'kube-apiserver', package: 'k8s.io/kubernetes/cmd/kube-apiserver' },
      { name: 'kube-controller-manager', package: 'k8s.io/kubernetes/cmd/kube-controller-manager' },
      { name: 'kubectl', package: 'k8s.io/kubernetes/cmd/kubectl' },
    ],
    ldflags: [STRIPPED, stamp('gitVersion', KUBERNETES_VERSION), stamp('gitMajor', '1'), stamp('gitMinor', '34')].join(
      ' ',
    ),
    assets: [],
  },
  {
    name: 'source-controller',
    peer: 'flux',
    programs: [{ name: 'source-controller', package: 'github.com/fluxcd/source-controller' }],
    ldflags: STRIPPED,
    assets: [{ module: 'github.com/fluxcd/source-controller', path: 'config/crd/bases', as: 'crds' }],
  },
  {
    name: 'kustomize-controller',
    peer: 'kustomize',
    programs: [{ name: 'kustomize-controller', package: 'github.com/fluxcd/kustomize-controller' }],
    ldflags: STRIPPED,
    assets: [{ module: 'github.com/fluxcd/kustomize-controller', path: 'config/crd/bases', as: 'crds' }],
  },
  {
    name: 'tekton',
    peer: 'tekton',
    programs: [{ name: 'tekton-controller', package: 'github.com/tektoncd/pipeline/cmd/controller' }],
    ldflags: STRIPPED,
    assets: [
      { module: 'github.com/tektoncd/pipeline', path: 'config/300-crds', as: 'crds' },
      { module: 'github.com/tektoncd/pipeline', path: 'config', as: 'config' },
    ],
  },
];

/** Where a project's go.mod and go.sum are. */
export function moduleFolder(project: GoProject): string {
  return join(import.meta.dirname, '..', '..', 'go', project.name);
}
