import { delimiter, dirname, relative, resolve } from 'node:path';
import { type ClusterAccess, KubeconfigError, loadKubeconfig } from '@cartographer/kube';
import { CartoError } from '@cartographer/machinery';
import type { Run } from '../running/running.ts';
import type { TargetFlags } from './flags.ts';
import type { Surroundings } from './surroundings.ts';

/** The cluster that a command is about. */
export type Target = {
  /** `context prod` or `carto up in ./.carto`, as every message names it. */
  readonly text: string;
  /** The context of a kubeconfig; `carto-up` has one, too. */
  readonly context: string | undefined;
  readonly server: string;
  readonly namespace: string;
  /** The `carto up` on this machine that it is. */
  readonly run?: Run;
};

/** Where a target is and how to reach it; the access of a test's cluster is its transport. */
export type Chosen = { readonly target: Target; readonly access?: ClusterAccess };

/** How {@link chooseTarget} may choose. */
export type Choice = { readonly writes: boolean; readonly signal: AbortSignal };

/**
 * Finds the cluster that is meant: flags, else `KUBECONFIG`, else a running `carto up` whose data folder is in or above the
 * working directory, else the default kubeconfig. Where the last two both exist, a command that writes asks.
 * @throws CartoError `CARTO_TARGET` when it cannot ask, and KubeconfigError when there is none or it cannot be used.
 */
export async function chooseTarget(flags: TargetFlags, surroundings: Surroundings, choice: Choice): Promise<Chosen> {
  const { cluster, env, cwd } = surroundings;
  if (cluster !== undefined) {
    const { context, server, namespace, run } = cluster;
    return {
      target: { text: `context ${context}`, context, server, namespace, ...(run === undefined ? {} : { run }) },
    };
  }
  const isSaid = flags.kubeconfig !== undefined || flags.context !== undefined || (env['KUBECONFIG'] ?? '') !== '';
  const run = isSaid ? undefined : await surroundings.findRun(cwd);
  if (run === undefined) return withRun(ofKubeconfig(flags, surroundings), flags, surroundings);
  const running = ofRun(run, surroundings);
  const other = choice.writes ? ifThere(() => ofKubeconfig(flags, surroundings)) : undefined;
  return other === undefined ? running : await ask(running, other, surroundings, choice);
}

/** The context that flags or environment name, or that the kubeconfig has; undefined when none can be read. */
export function contextName(flags: TargetFlags, surroundings: Surroundings): string | undefined {
  if (surroundings.cluster !== undefined) return surroundings.cluster.context;
  return ifThere(() => ofKubeconfig(flags, surroundings))?.target.context;
}

function ofKubeconfig({ kubeconfig, context }: TargetFlags, { env, clock, home, terminal }: Surroundings): Chosen {
  const access = loadKubeconfig({
    env: { ...env, HOME: home },
    clock,
    isInteractive: terminal.ask !== undefined,
    ...(kubeconfig === undefined ? {} : { path: kubeconfig }),
    ...(context === undefined ? {} : { context }),
  });
  const { server, namespace } = access;
  const file = kubeconfig === undefined ? '' : ` of ${kubeconfig}`;
  return {
    target: { text: `context ${access.context ?? ''}${file}`, context: access.context, server, namespace },
    access,
  };
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** A kubeconfig may lead to a `carto up` of this machine: what is in its data folder counts then, too. */
async function withRun(
  chosen: Chosen,
  { kubeconfig }: TargetFlags,
  { env, cwd, findRun }: Surroundings,
): Promise<Chosen> {
  const { target } = chosen;
  if (!URL.canParse(target.server) || !LOOPBACK.has(new URL(target.server).hostname)) return chosen;
  const files = kubeconfig === undefined ? (env['KUBECONFIG'] ?? '').split(delimiter) : [kubeconfig];
  const folders = files.filter((file) => file !== '').map((file) => dirname(resolve(cwd, file)));
  for (const folder of new Set([...folders, cwd])) {
    const run = await findRun(folder);
    if (run?.server === target.server) return { ...chosen, target: { ...target, run } };
  }
  return chosen;
}

function ofRun(run: Run, surroundings: Surroundings): Chosen {
  const { env, clock, cwd } = surroundings;
  const access = loadKubeconfig({ env, clock, path: run.kubeconfig });
  const { server, namespace, context } = access;
  const near = relative(cwd, run.dir);
  const folder = near.startsWith('..') ? near : `./${near}`;
  return { target: { text: `carto up in ${folder}`, context, server, namespace, run }, access };
}

function ifThere(find: () => Chosen): Chosen | undefined {
  try {
    return find();
  } catch (error) {
    if (error instanceof KubeconfigError) return undefined;
    throw error;
  }
}

async function ask(running: Chosen, other: Chosen, { terminal }: Surroundings, { signal }: Choice): Promise<Chosen> {
  const names = [running, other].map(({ target }) => target.text);
  const how = `say --context ${other.target.context ?? ''}, or --kubeconfig ${running.target.run?.kubeconfig ?? ''}`;
  if (terminal.ask === undefined) {
    throw new CartoError('CARTO_TARGET', `two targets fit: ${names.join(' and ')}; ${how}`);
  }
  for (;;) {
    const answer = await terminal.ask(`Which is meant? 1: ${names[0] ?? ''}   2: ${names[1] ?? ''} [1/2]: `, signal);
    if (answer.trim() === '1') return running;
    if (answer.trim() === '2') return other;
    if (answer.trim() === '') throw new CartoError('CARTO_DECLINED', `nothing was changed; ${how}`);
  }
}
