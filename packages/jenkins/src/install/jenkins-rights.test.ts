import {
  systemClock as clock,
  createClient,
  createInProcessTransport,
  createLeaderElector,
  createRestMapper,
  fenced,
  isForbidden,
} from '@cartographer/kube';
import { type KubeObject, silentLog, type Transport, type WireRequest } from '@cartographer/machinery';
import { objectsIn, startEmbedded } from '@cartographer/testkit';
import { expect, it } from 'vitest';
import { startJenkins } from '../controller/start-jenkins.ts';
import { build, server } from '../controller/testing/jenkins-stage.ts';
import { jenkinsCrds, jenkinsKinds } from '../kinds/kinds.ts';
import { FakeJenkins } from '../remote/testing/fake-jenkins.ts';
import { jenkinsRights, serverSecretsRights } from './jenkins-rights.ts';
import { JENKINS_NAMES } from './names.ts';

const namespace = 'cartographer-system';
const EVENTS = { group: '', version: 'v1', kind: 'Event', resource: 'events', namespaced: true };

it('the rights of deploy/ are all that is needed from the lease to the end of a build, and no more', async () => {
  const embedded = await startEmbedded({ crds: jenkinsCrds(), authorization: 'RBAC' });
  const mapper = createRestMapper({ client: embedded.client, clock });
  const apply = async (...objects: readonly KubeObject[]): Promise<void> => {
    for (const object of objects) {
      await embedded.client.apply(await mapper.resourceFor(object), object, { fieldManager: 'test', force: true });
    }
  };
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, ...jenkinsRights(namespace));
  await apply(...serverSecretsRights(namespace, ['default']));
  const { token } = await embedded.client.createToken({ namespace, name: JENKINS_NAMES.jenkins }, {});
  const direct = createInProcessTransport((request) => embedded.server.request(request), token);
  const refused: string[] = [];
  const transport: Transport = {
    async request(request: WireRequest) {
      const answer = await direct.request(request);
      if (answer.status === 403) refused.push(`${request.method} ${request.path}`);
      return answer;
    },
    close: () => direct.close(),
  };
  const jenkins = new FakeJenkins(clock);
  jenkins.quietMs = 1;
  jenkins.jobs.set('app', { parameters: ['CARTO_RUN_ID'], takesMs: 10 });
  const raw = createClient({ transport, clock });
  const lease = { namespace, name: JENKINS_NAMES.lease };
  const elector = createLeaderElector({ client: raw, clock, log: silentLog, lease, identity: 'one' });
  const client = createClient({ transport: fenced(transport, elector), clock });
  const serverHosts = ['ci.example.com'];
  const running = startJenkins({
    client,
    namespace,
    clock,
    log: silentLog,
    elector,
    serverHosts,
    fetch: jenkins.fetch,
  });
  await apply(...objectsIn(server(', pollInterval: 1s') + build('one')));
  const key = { namespace: 'default', name: 'one' };
  await expect
    .poll(async () => (await embedded.client.get(jenkinsKinds.JenkinsBuild, key))['status'])
    .toMatchObject({ phase: 'Succeeded' });
  await expect
    .poll(async () => (await embedded.client.list(EVENTS, { namespace: 'default' })).items.map(({ reason }) => reason))
    .toEqual(expect.arrayContaining(['Triggered', 'Succeeded']));
  await running.stop();
  expect(refused).toEqual([]);
  const isRefused = async (request: Promise<unknown>): Promise<boolean> => {
    const [answer] = await Promise.allSettled([request]);
    return answer.status === 'rejected' && isForbidden(answer.reason);
  };
  const secrets = { group: '', version: 'v1', kind: 'Secret', resource: 'secrets', namespaced: true };
  expect(await isRefused(raw.get(secrets, { namespace: 'kube-system', name: 'x' }))).toBe(true);
  expect(await isRefused(raw.list(secrets, { namespace: 'default' }))).toBe(true);
  expect(await isRefused(raw.delete(jenkinsKinds.JenkinsBuild, key))).toBe(true);
  const other = { kind: 'merge', body: { spec: { job: 'other' } } } as const;
  await expect(raw.patch(jenkinsKinds.JenkinsBuild, key, other)).rejects.toThrow('a JenkinsBuild is one build');
  await embedded.close();
});
