/** Probes, resources and an environment for production for containers that run Node, where their authors said nothing. */
import {
  type Convention,
  type DraftContainer,
  type DraftTemplate,
  ensureEnv,
  ensurePort,
  ensureProbe,
  ensureResources,
  findComponent,
  type ImageFacts,
  type Probe,
  runConventionServer,
  satisfies,
} from '@cartographer/convention-sdk';

/** On a pod template: the path that answers when the app is well, such as `/healthz`. */
const HEALTH_PATH = 'node-apps.example.com/health-path';
/** Where the health module of Nest answers, from the version on that has it as its own controller. */
const TERMINUS = { name: '@nestjs/terminus', range: '>=7', path: '/health' };
const RUNNER = /^(?:.*\/)?(?:node|npm|npx|yarn|pnpm)$/;
/** The same where a shell starts it: `cd app; exec node server.js`. */
const RUNNER_IN_SHELL = /(?:^|;|&&|\|\||\bexec\b)\s*(?:[\w./-]*\/)?(?:node|npm|npx|yarn|pnpm)(?:\s|$)/;
const SHELL = /^(?:.*\/)?(?:ba|da|a)?sh$/;
const RESOURCES = { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } };

/** The convention; what it did to any of the containers is what it says it applied. */
export const nodeApps: Convention = {
  id: 'node-apps',
  apply({ template, imageOf }) {
    const applied = new Set<string>();
    for (const container of template.spec.containers) {
      const image = imageOf(container);
      if (image === undefined || !runsNode(container, image)) continue;
      const isPreset = imageEnv(image, 'NODE_ENV') !== undefined;
      if (!isPreset && ensureEnv(container, 'NODE_ENV', 'production')) applied.add('node-env');
      if (ensureResources(container, RESOURCES)) applied.add('node-resources');
      if (ensureProbes(template, container, image)) applied.add('node-probes');
    }
    return [...applied];
  },
};

/** By what starts it; else by what its image says, be it in its environment or in its bill of material. */
function runsNode(container: DraftContainer, image: ImageFacts): boolean {
  const { Entrypoint, Cmd } = image.config.config ?? {};
  const [program = '', flag, script = ''] = container.command ?? [...(Entrypoint ?? []), ...(Cmd ?? [])];
  if (RUNNER.test(program)) return true;
  if (SHELL.test(program) && flag === '-c' && RUNNER_IN_SHELL.test(script)) return true;
  if (container.command !== undefined) return false;
  return imageEnv(image, 'NODE_VERSION') !== undefined || findComponent(image, 'node') !== undefined;
}

/** A port that nobody knows cannot be asked: then there are no probes. */
function ensureProbes(template: DraftTemplate, container: DraftContainer, image: ImageFacts): boolean {
  const port = portOf(container, image);
  if (port === undefined) return false;
  const path = template.metadata?.annotations?.[HEALTH_PATH] ?? healthPathOf(image);
  const asks: Probe = path === undefined ? { tcpSocket: { port } } : { httpGet: { path, port } };
  const changes = [
    ensurePort(container, { containerPort: port, protocol: 'TCP' }),
    ensureProbe(container, 'startupProbe', { ...asks, periodSeconds: 1, failureThreshold: 60 }),
    ensureProbe(container, 'readinessProbe', { ...asks, periodSeconds: 5 }),
    ensureProbe(container, 'livenessProbe', { ...asks, periodSeconds: 10, failureThreshold: 6 }),
  ];
  return changes.includes(true);
}

function portOf(container: DraftContainer, image: ImageFacts): number | undefined {
  const said = container.env?.find(({ name }) => name === 'PORT')?.value ?? imageEnv(image, 'PORT');
  const exposed = Object.keys(image.config.config?.ExposedPorts ?? {}).find((key) => /^\d+(\/tcp)?$/.test(key));
  const port = container.ports?.[0]?.containerPort ?? Number.parseInt(said ?? exposed ?? '', 10);
  return port > 0 && port < 65_536 ? port : undefined;
}

function healthPathOf(image: ImageFacts): string | undefined {
  return satisfies(findComponent(image, TERMINUS.name)?.version, TERMINUS.range) ? TERMINUS.path : undefined;
}

function imageEnv({ config }: ImageFacts, name: string): string | undefined {
  const line = config.config?.Env?.find((entry) => entry.startsWith(`${name}=`));
  return line?.slice(name.length + 1);
}

if (import.meta.main) {
  const { PORT = '9443', CERT_DIR = '/config/certs' } = process.env;
  await runConventionServer({ port: Number(PORT), certDir: CERT_DIR, conventions: [nodeApps] });
}
