import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { portToComeBackTo } from '@cartographer/testkit';
import { until } from '../../carto-process.ts';

const CACHE = join(import.meta.dirname, '../../../.cache/hudson');
const WAR = 'org.eclipse.hudson:hudson-war:3.3.2:war';
const JETTY = 'org.eclipse.jetty:jetty-runner:9.4.57.v20241219';
const USER = { name: 'bot', password: 'pw' };

/** A real server of the family, the oldest of those that are spoken to, on loopback; it asks for a login and a crumb. */
export type HudsonServer = {
  readonly url: string;
  readonly host: string;
  readonly user: typeof USER;
  /** Makes a job that runs a shell script; parameters are texts. */
  createJob(name: string, parameters: readonly string[], script: string): Promise<void>;
  post(path: string): Promise<number>;
  /** The builds of a job, the newest first. */
  builds(job: string): Promise<readonly HudsonBuild[]>;
  /** Ends it as a crash does, and starts it anew on what it has kept. */
  crash(): Promise<void>;
  stop(): Promise<void>;
};

/** A build as the server lists it. */
type HudsonBuild = { readonly number: number; readonly building: boolean; readonly result: string | null };

/** Starts Eclipse Hudson on a folder of its own, which goes when it is stopped. */
export async function startHudson(): Promise<HudsonServer> {
  const programs = hudsonPrograms();
  const home = mkdtempSync(join(tmpdir(), 'carto-hudson-'));
  const port = await portToComeBackTo();
  const host = `127.0.0.1:${port}`;
  const url = `http://${host}`;
  writeFileSync(join(home, 'config.xml'), CONFIG);
  writeFileSync(join(home, 'hudson-security.xml'), SECURITY);
  const authorization = `Basic ${Buffer.from(`${USER.name}:${USER.password}`).toString('base64')}`;
  let child = await start(programs, home, port);
  const crumb = (await (await fetch(`${url}/crumbIssuer/api/json`)).json()) as { readonly crumb: string };
  await fetch(`${url}/securityRealm/createAccount`, {
    method: 'POST',
    headers: { '.crumb': crumb.crumb },
    body: new URLSearchParams({
      username: USER.name,
      password1: USER.password,
      password2: USER.password,
      fullname: 'Bot',
      email: 'bot@carto.invalid',
    }),
  });
  return {
    url,
    host,
    user: USER,
    async createJob(name, parameters, script) {
      const answer = await fetch(`${url}/createItem?name=${name}`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/xml' },
        body: jobXml(parameters, script),
      });
      if (!answer.ok) throw new Error(`Hudson answers ${answer.status} to a job ${name}`);
    },
    async post(path) {
      return (await fetch(url + path, { method: 'POST', headers: { authorization }, redirect: 'manual' })).status;
    },
    async builds(job) {
      const tree = 'builds[number,building,result]';
      const answer = await fetch(`${url}/job/${job}/api/json?tree=${tree}`, { headers: { authorization } });
      return ((await answer.json()) as { readonly builds: readonly HudsonBuild[] }).builds;
    },
    async crash() {
      await kill(child);
      child = await start(programs, home, port);
    },
    async stop() {
      await kill(child);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

type HudsonPrograms = { readonly war: string; readonly jetty: string };

/** What the server is made of, from Maven's registry unless it is in the cache already. */
function hudsonPrograms(): HudsonPrograms {
  const programs = { war: join(CACHE, 'hudson-war.war'), jetty: join(CACHE, 'jetty-runner.jar') };
  if (existsSync(programs.war) && existsSync(programs.jetty)) return programs;
  try {
    mkdirSync(CACHE, { recursive: true });
    for (const artifact of [WAR, JETTY]) {
      const how = [
        '-q',
        '-B',
        'dependency:copy',
        `-Dartifact=${artifact}`,
        `-DoutputDirectory=${CACHE}`,
        '-Dmdep.stripVersion=true',
      ];
      execFileSync('mvn', how, { stdio: 'ignore', timeout: 300_000 });
    }
    return programs;
  } catch (cause) {
    throw new Error('these tests need Java 17 and Maven: apt-get install -y openjdk-17-jdk-headless maven', { cause });
  }
}

const OPENED = [
  ...[
    'lang',
    'util',
    'text',
    'lang.reflect',
    'io',
    'net',
    'util.concurrent',
    'util.concurrent.atomic',
    'util.regex',
  ].map((name) => `java.base/java.${name}`),
  'java.base/sun.net.www.protocol.jar',
  ...['java.awt', 'java.awt.font', 'javax.swing'].map((name) => `java.desktop/${name}`),
];

async function start({ war, jetty }: HudsonPrograms, home: string, port: number): Promise<ChildProcess> {
  const child = spawn(
    'java',
    [
      ...OPENED.flatMap((name) => ['--add-opens', `${name}=ALL-UNNAMED`]),
      '-Xmx400m',
      '-Djava.awt.headless=true',
      `-DHUDSON_HOME=${home}`,
      `-Djava.io.tmpdir=${home}`,
      '-DskipInitSetup=true',
      // Without these an abort ends in a linkage error on this Java.
      '-Dhudson.util.ProcessTree.disable=true',
      '-Dhudson.util.ProcessTreeKiller.disable=true',
      '-cp',
      jetty,
      join(import.meta.dirname, 'Launch.java'),
      war,
      String(port),
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, HUDSON_HOME: home } },
  );
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4_000)));
  const isUp = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(`Hudson has ended: ${said}`);
    const answer = await fetch(`http://127.0.0.1:${port}/api/json`).catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.ok === true;
  };
  await until('Hudson answers', isUp, 180_000);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

const CONFIG = `<?xml version='1.0' encoding='UTF-8'?>
<hudson>
  <version>3.3.2</version>
  <numExecutors>2</numExecutors>
  <mode>NORMAL</mode>
  <slaveAgentPort>-1</slaveAgentPort>
  <quietPeriod>1</quietPeriod>
  <crumbIssuer class="hudson.security.csrf.DefaultCrumbIssuer">
    <excludeClientIPFromCrumb>false</excludeClientIPFromCrumb>
  </crumbIssuer>
</hudson>`;

const SECURITY = `<?xml version='1.0' encoding='UTF-8'?>
<hudsonSecurityManager>
  <useSecurity>true</useSecurity>
  <authorizationStrategy class="hudson.security.FullControlOnceLoggedInAuthorizationStrategy"/>
  <securityRealm class="hudson.security.HudsonPrivateSecurityRealm"><disableSignup>false</disableSignup></securityRealm>
</hudsonSecurityManager>`;

function jobXml(parameters: readonly string[], script: string): string {
  const declared = parameters
    .map(
      (name) =>
        `<hudson.model.StringParameterDefinition><name>${name}</name><defaultValue/><description/></hudson.model.StringParameterDefinition>`,
    )
    .join('');
  const escaped = script.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const properties =
    declared === ''
      ? ''
      : `<hudson.model.ParametersDefinitionProperty><parameterDefinitions>${declared}</parameterDefinitions></hudson.model.ParametersDefinitionProperty>`;
  // It fails a build that has nothing to archive.
  const archiver = script.includes('out/')
    ? '<hudson.tasks.ArtifactArchiver><artifacts>out/*</artifacts><latestOnly>false</latestOnly></hudson.tasks.ArtifactArchiver>'
    : '';
  return `<?xml version='1.0' encoding='UTF-8'?>
<project><description/><keepDependencies>false</keepDependencies><properties>${properties}</properties>
<scm class="hudson.scm.NullSCM"/><canRoam>true</canRoam><disabled>false</disabled>
<blockBuildWhenDownstreamBuilding>false</blockBuildWhenDownstreamBuilding><blockBuildWhenUpstreamBuilding>false</blockBuildWhenUpstreamBuilding>
<triggers class="vector"/><concurrentBuild>false</concurrentBuild>
<builders><hudson.tasks.Shell><command>${escaped}</command></hudson.tasks.Shell></builders>
<publishers>${archiver}</publishers>
<buildWrappers/></project>`;
}
