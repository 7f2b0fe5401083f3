import { rootSchema } from '@cartographer/api';
import { systemClock as clock, createRestMapper } from '@cartographer/kube';
import { type JsonObject, type KubeObject, structuralErrors } from '@cartographer/machinery';
import { type Embedded, startEmbedded } from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JENKINS_API_VERSION } from './group.ts';
import { jenkinsCrds, jenkinsKinds } from './kinds.ts';

const url = 'https://ci.example.com/jenkins';
const serverRef = { name: 'ci' };
const output = (more: JsonObject): JsonObject => ({ serverRef, job: 'app', outputs: [{ name: 'image', ...more }] });

const ACCEPTED: readonly (readonly [keyof typeof jenkinsKinds, JsonObject])[] = [
  ['JenkinsBuild', { serverRef, job: 'folder/app main/feature%2Fx', parameters: { A: 'a\nb', 'b.c-d': '' } }],
  ['JenkinsBuild', output({ from: 'artifact', path: 'out/image.txt' })],
  ['JenkinsBuild', output({ from: 'resultFile', path: 'r.json', key: 'image' })],
  ['JenkinsBuild', output({ from: 'description' })],
  ['JenkinsServer', { url, secretRef: { name: 'login' }, pollInterval: '10s', environment: 'EnvInject' }],
  ['ClusterJenkinsServer', { url, namespaceSelector: {}, allow: [{ jobs: ['team-a/**'], parameters: ['A'] }] }],
];
const REFUSED: readonly (readonly [keyof typeof jenkinsKinds, JsonObject, string])[] = [
  ['JenkinsBuild', { serverRef }, 'spec.job: Required value'],
  ['JenkinsBuild', { serverRef, job: 'a//b' }, 'spec.job'],
  ['JenkinsBuild', { serverRef, job: 'a', timeout: 'soon' }, 'spec.timeout'],
  ['JenkinsBuild', output({ from: 'artifact' }), 'path is for artifact and resultFile, which need it'],
  ['JenkinsBuild', output({ from: 'parameter', path: 'x' }), 'path is for artifact and resultFile, which need it'],
  ['JenkinsBuild', output({ from: 'description', key: 'x' }), 'key is for resultFile, parameter and env'],
  ['JenkinsServer', { url: 'https://bot:token@ci.example.com' }, 'spec.url'],
  ['JenkinsServer', { url: 'ftp://ci.example.com' }, 'spec.url'],
  ['ClusterJenkinsServer', { url }, 'spec.namespaceSelector: Required value'],
];

describe('the kinds of jenkins.carto.run', () => {
  let embedded: Embedded;
  beforeAll(async () => {
    embedded = await startEmbedded({ crds: jenkinsCrds() });
  });
  afterAll(() => embedded.close());

  const create = async (kind: keyof typeof jenkinsKinds, spec: JsonObject): Promise<KubeObject> => {
    const type = await createRestMapper({ client: embedded.client, clock }).resourceFor({
      kind,
      apiVersion: JENKINS_API_VERSION,
    });
    const metadata = { name: 'x', ...(type.namespaced ? { namespace: 'default' } : {}) };
    return await embedded.client.create(
      type,
      { apiVersion: JENKINS_API_VERSION, kind, metadata, spec },
      { dryRun: true },
    );
  };

  it.each(Object.values(jenkinsKinds))('have structural schemas: $kind', (kind) => {
    expect(structuralErrors(rootSchema(kind))).toEqual([]);
  });

  it.each(ACCEPTED)('%s takes %j', async (kind, spec) => {
    expect((await create(kind, spec))['spec']).toMatchObject(spec);
  });

  it.each(REFUSED)('%s refuses %j: %s', async (kind, spec, why) => {
    await expect(create(kind, spec)).rejects.toThrow(why);
  });
});
