import { applyTo, type Bom, cycloneDxBom, type ImageFacts, type PodTemplateSpec } from '@cartographer/convention-sdk';
import { describe, expect, it } from 'vitest';
import { nodeApps } from './convention.ts';

type Config = NonNullable<ImageFacts['config']['config']>;

const image = (config: Config, boms: readonly Bom[] = []): ImageFacts => ({ image: 'shop', config: { config }, boms });
const official = image({
  Entrypoint: ['docker-entrypoint.sh'],
  Env: ['NODE_VERSION=24.1.0'],
  ExposedPorts: { '3000/tcp': {} },
});
const pod = (container: object = {}, metadata: PodTemplateSpec['metadata'] = {}): PodTemplateSpec => ({
  metadata,
  spec: { containers: [{ name: 'app', image: 'shop', ...container }] },
});

describe('a container that runs Node', () => {
  it('gets probes at the port of its image, resources, and an environment for production', async () => {
    const { template, applied } = await applyTo(nodeApps, { template: pod(), images: [official] });
    const tcpSocket = { port: 3000 };
    expect(applied).toEqual(['node-env', 'node-resources', 'node-probes']);
    expect(template.spec.containers).toEqual([
      {
        name: 'app',
        image: 'shop',
        env: [{ name: 'NODE_ENV', value: 'production' }],
        resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
        ports: [{ containerPort: 3000, protocol: 'TCP' }],
        startupProbe: { tcpSocket, periodSeconds: 1, failureThreshold: 60 },
        readinessProbe: { tcpSocket, periodSeconds: 5 },
        livenessProbe: { tcpSocket, periodSeconds: 10, failureThreshold: 6 },
      },
    ]);
    const again = await applyTo(nodeApps, { template, images: [official] });
    expect(again).toEqual({ template, applied: [] });
  });

  it.each<[what: string, facts: ImageFacts, container?: object]>([
    ['its entrypoint', image({ Entrypoint: ['/usr/local/bin/node', 'server.js'] })],
    ['its command in the image', image({ Cmd: ['npm', 'start'], Entrypoint: null })],
    ['a shell that starts it', image({ Entrypoint: ['/bin/sh', '-c', 'cd app; exec node server.js'] })],
    ['the form of a Dockerfile for a shell', image({ Cmd: ['/bin/sh', '-c', 'npm start'] })],
    ['its command', image({}), { command: ['yarn', 'start'] }],
    [
      'its bill of material',
      image({ Entrypoint: ['/cnb/process/web'] }, [cycloneDxBom('b', [{ name: 'node', version: '22.1.0' }])]),
    ],
  ])('is known by %s', async (_what, facts, container) => {
    const { applied } = await applyTo(nodeApps, { template: pod(container), images: [facts] });
    expect(applied).toContain('node-resources');
  });

  it('is asked where its app answers: by the annotation, or by the module that it has', async () => {
    const path = async (facts: ImageFacts, annotations: Readonly<Record<string, string>> = {}) => {
      const { template } = await applyTo(nodeApps, { template: pod({}, { annotations }), images: [facts] });
      return template.spec.containers[0]?.readinessProbe?.httpGet?.path;
    };
    const nest = (version: string): ImageFacts => ({
      ...official,
      boms: [cycloneDxBom('b', [{ group: '@nestjs', name: 'terminus', version }])],
    });
    expect(await path(nest('10.2.0'))).toBe('/health');
    expect(await path(nest('6.5.0'))).toBeUndefined();
    expect(await path(nest('10.2.0'), { 'node-apps.example.com/health-path': '/well' })).toBe('/well');
  });

  it('keeps what its author said', async () => {
    const said = {
      env: [
        { name: 'NODE_ENV', value: 'test' },
        { name: 'PORT', value: '8080' },
      ],
      ports: [{ containerPort: 9000 }],
      resources: { requests: { cpu: '1', memory: '1Gi' } },
      startupProbe: { exec: { command: ['true'] } },
      readinessProbe: { exec: { command: ['true'] } },
      livenessProbe: { exec: { command: ['true'] } },
    };
    const template = pod(said);
    expect(await applyTo(nodeApps, { template, images: [official] })).toEqual({ template, applied: [] });
  });

  it('gets no probes where nobody knows its port', async () => {
    const { applied } = await applyTo(nodeApps, { template: pod(), images: [image({ Entrypoint: ['node'] })] });
    expect(applied).toEqual(['node-env', 'node-resources']);
    const said = image({ Entrypoint: ['node'], Env: ['PORT=8080', 'NODE_ENV=staging'] });
    const { template } = await applyTo(nodeApps, { template: pod(), images: [said] });
    expect(template.spec.containers[0]).toMatchObject({
      ports: [{ containerPort: 8080 }],
      startupProbe: { tcpSocket: { port: 8080 } },
    });
    expect(template.spec.containers[0]?.env).toBeUndefined();
  });
});

describe('another container', () => {
  it.each<[what: string, images: readonly ImageFacts[], container?: object]>([
    ['starts something else', [image({ Entrypoint: ['/usr/bin/python3'], Env: ['PORT=80'] })]],
    ['starts something else by a shell', [image({ Entrypoint: ['/bin/sh', '-c', 'python3 node && ./run node'] })]],
    ['starts something else than its image', [official], { command: ['/bin/sh'] }],
    ['has an image of which nothing is known', []],
  ])('stays as it is: it %s', async (_what, images, container) => {
    const template = pod(container);
    expect(await applyTo(nodeApps, { template, images })).toEqual({ template, applied: [] });
  });
});
