import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '@cartographer/kube';
import { describe, expect, it } from 'vitest';
import { startCarto } from '../../e2e/carto-process.ts';
import { FakeJenkins } from '../../packages/jenkins/src/remote/testing/fake-jenkins.ts';
import { serveFake } from '../../packages/jenkins/src/remote/testing/serve-fake.ts';
import { readDoc } from './markdown.ts';
import { commandsOf, hasKubectl } from './walk.ts';

const ROOT = join(import.meta.dirname, '../..');
const page = readDoc('jenkins.md');
const title = `the commands of docs/jenkins.md${hasKubectl ? '' : ' (skipped: there is no kubectl on the PATH)'}`;

const run = promisify(execFile);

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
  jenkins.jobs.set('broken', {
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

/** Widths of columns differ. */
const steady = (text: string): readonly string[] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.replaceAll(/\s+/g, ' ').trim());

describe('docs/jenkins.md', () => {
  it.skipIf(!hasKubectl)(
    `${title} do what it says`,
    async () => {
      const [login, start, environment, ...commands] = commandsOf(page);
      expect(login?.text).toBe('export CARTO_JENKINS_USERNAME=bot CARTO_JENKINS_TOKEN=token');
      expect(start?.text).toBe('npm run carto -- up --no-example --jenkins $JENKINS_URL');
      expect(environment?.text).toBe('export KUBECONFIG=.carto/kubeconfig');
      expect(commands.length).toBeGreaterThan(7);
      const jenkins = jenkinsOfThePage();
      const served = await serveFake(jenkins);
      const folder = await mkdtemp(join(tmpdir(), 'carto-jenkins-'));
      await symlink(join(ROOT, 'examples'), join(folder, 'examples'));
      const credentials = { CARTO_JENKINS_USERNAME: 'bot', CARTO_JENKINS_TOKEN: 'token' };
      const carto = await startCarto(join(folder, '.carto'), ['--no-example', '--jenkins', served.url], credentials);
      const env = { ...process.env, KUBECONFIG: '.carto/kubeconfig' };
      try {
        for (const { text, output } of commands) {
          const { stdout } = await run('bash', ['-ec', text], { cwd: folder, env }).catch((error: Error) => {
            throw new Error(`${error.message}\ncarto up said:\n${carto.output()}`);
          });
          if (output !== undefined) expect(steady(stdout), `$ ${text}\n${stdout}`).toEqual(steady(output));
        }
        // A test, an image, and the broken one; then a test and an image that were asked for again.
        await expect.poll(() => jenkins.made).toBe(5);
      } finally {
        await carto.end('SIGINT');
        await served.stop();
        await rm(folder, { recursive: true, force: true });
      }
    },
    300_000,
  );
});
