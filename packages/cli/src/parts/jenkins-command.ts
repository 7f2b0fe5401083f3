import { JENKINS_NAMES, startJenkins } from '@cartographer/jenkins';
import { systemClock } from '@cartographer/kube';
import { apiServerAddresses } from '../process/api-server-addresses.ts';
import { type PartFlags, parseAddress, runPart } from './run-part.ts';

/** Flags of `carto jenkins`. */
export type JenkinsFlags = PartFlags & {
  readonly serverHosts: readonly string[];
  readonly allowDestination: readonly string[];
  readonly plainHttp: readonly string[];
};

/** `carto jenkins`: what runs builds on Jenkins alone, until it is told to stop or a part of it fails for good. */
export async function runJenkins(flags: JenkinsFlags): Promise<void> {
  const health = parseAddress('--metrics-address', flags.metricsAddress);
  await runPart(flags, { name: 'jenkins', lease: JENKINS_NAMES.lease, health }, async (world) => {
    const { connection, client, namespace, elector, log, metrics, signal } = world;
    const refused = await apiServerAddresses({ ...connection, log, signal });
    return startJenkins({
      client,
      namespace,
      clock: systemClock,
      log,
      metrics,
      serverHosts: flags.serverHosts,
      destinations: { allowed: flags.allowDestination, plainHttp: flags.plainHttp, refused },
      ...(elector === undefined ? {} : { elector }),
    });
  });
}
