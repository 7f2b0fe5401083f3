import { systemClock } from '@cartographer/kube';
import { describe, expect, it } from 'vitest';
import { FakeJenkins } from '../../packages/jenkins/src/remote/testing/fake-jenkins.ts';
import { serveFake } from '../../packages/jenkins/src/remote/testing/serve-fake.ts';
import { readDoc } from './markdown.ts';
import { hasKubectl, walkThrough } from './walk.ts';

const page = readDoc('jenkins.md');
const title = `the commands of docs/jenkins.md${hasKubectl ? '' : ' (skipped: there is no kubectl on the PATH)'}`;

/** The Jenkins that the page asks for. */
function jenkinsOfThePage(): FakeJenkins {
  const jenkins = new FakeJenkins(systemClock);
  jenkins.authorization = `Basic ${Buffer.from('bot:token').toString('base64')}`;
  jenkins.quietMs = 10;
  const parameters = ['GIT_URL', 'GIT_SHA', 'CARTO_RUN_ID'];
  jenkins.jobs.set('test', { parameters, takesMs: 100 });
  jenkins.jobs.set('image', {
    parameters,
    takesMs: 100,
    artifacts: { 'out/image.txt': 'registry.example.com/shop@sha256:5f0c\n' },
  });
  jenkins.jobs.set('slow', {
    takesMs: 600_000,
    stages: [{ id: '1', name: 'Test', status: 'IN_PROGRESS' }],
    log: 'running 12 tests\n',
  });
  jenkins.jobs.set('broken', {
    parameters,
    takesMs: 100,
    result: 'FAILURE',
    stages: [
      { id: '1', name: 'Build', status: 'SUCCESS' },
      { id: '2', name: 'Test', status: 'FAILED' },
    ],
    stageLogs: { 2: 'running 12 tests\nAssertionError: 1 is not 2\n' },
  });
  return jenkins;
}

const LOGIN = { CARTO_JENKINS_USERNAME: 'bot', CARTO_JENKINS_TOKEN: 'token' };

describe('docs/jenkins.md', () => {
  it.skipIf(!hasKubectl)(
    `${title} do what it says`,
    async () => {
      const jenkins = jenkinsOfThePage();
      const served = await serveFake(jenkins);
      const without = 'export JENKINS_URL=https://ci.example.com CARTO_JENKINS_USERNAME=bot CARTO_JENKINS_TOKEN=token';
      expect(page).toContain(without);
      expect(page.indexOf(without)).toBeLessThan(page.indexOf('npm run carto -- up'));
      try {
        const commands = await walkThrough(page, {
          environment: { ...LOGIN, JENKINS_URL: served.url },
          without,
          flags: { shown: ' --jenkins $JENKINS_URL', run: ['--jenkins', served.url] },
          // A test, an image, the slow and the broken one; then a test and an image that were asked for again.
          inTheEnd: async () => {
            await expect.poll(() => jenkins.made).toBe(6);
            expect(jenkins.builds.filter(({ job }) => job === 'slow').map(({ result }) => result)).toEqual(['ABORTED']);
          },
        });
        expect(commands).toBe(17);
      } finally {
        await served.stop();
      }
    },
    300_000,
  );
});
