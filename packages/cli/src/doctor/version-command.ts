import { INSTALL_NAMES } from '@cartographer/controller';
import type { Json } from '@cartographer/machinery';
import type { TargetFlags } from '../frame/flags.ts';
import { PlacedError } from '../frame/placed-error.ts';
import { runSession, type Session } from '../frame/session.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import { wordsFor } from '../frame/words.ts';
import { VERSION } from '../running/version.ts';
import { printValue } from '../screen/print-objects.ts';
import { createStyle } from '../screen/style.ts';
import { keyValueLines } from '../screen/table.ts';
import { definitionDifference } from './definition-difference.ts';
import { askServer } from './server.ts';
import { deploymentOf, type FoundPart, isThere, readiness, releaseOf, surveyParts } from './site.ts';

/** Flags of `carto version`. */
export type VersionFlags = TargetFlags & {
  /** Asks no cluster. */
  readonly client?: boolean;
  readonly output?: 'json' | 'yaml';
  readonly systemNamespace?: string;
};

/** Versions as far as they are known. */
type Versions = {
  readonly client: { readonly version: string; readonly node: string; readonly platform: string };
  /** Undefined where no cluster was asked. */
  readonly server?: ServerVersions | { readonly error: string };
};

type ServerVersions = {
  readonly target: string;
  readonly url: string;
  readonly kubernetes: string;
  readonly parts: readonly { readonly name: string; readonly version: string | null; readonly text: string }[];
  readonly definitions: string;
};

/** `carto version`: of this program, and of what is in the cluster that is meant; without one that is said, and no error. */
export async function runVersion(flags: VersionFlags, surroundings: Surroundings): Promise<void> {
  const { terminal } = surroundings;
  const client = { version: VERSION, node: process.version, platform: `${process.platform} ${process.arch}` };
  const server = flags.client === true ? undefined : await serverVersions(flags, surroundings);
  const versions: Versions = { client, ...(server === undefined ? {} : { server }) };
  if (flags.output !== undefined) {
    terminal.out(printValue(JSON.parse(JSON.stringify(versions)) as Json, flags.output));
    return;
  }
  const { faint } = createStyle(terminal.colour && flags.color);
  const pairs: [string, string][] = [['client', `carto ${client.version} (Node ${client.node}, ${client.platform})`]];
  if (server !== undefined && !('error' in server)) {
    pairs.push(['server', `Kubernetes ${server.kubernetes} (${server.target}, ${server.url})`]);
    pairs.push(...server.parts.map(({ name, text }): [string, string] => [name, text]));
    pairs.push(['definitions', server.definitions]);
  }
  terminal.out(
    keyValueLines(pairs, terminal.columns)
      .map((line) => `${line}\n`)
      .join(''),
  );
  if (server !== undefined && 'error' in server) terminal.out(`${faint('no server:')} ${server.error}\n`);
}

async function serverVersions(
  flags: VersionFlags,
  surroundings: Surroundings,
): Promise<NonNullable<Versions['server']>> {
  let found: ServerVersions | undefined;
  try {
    await runSession(surroundings, flags, { writes: false }, async (session) => {
      found = await ask(session, flags.systemNamespace ?? INSTALL_NAMES.namespace);
    });
  } catch (error) {
    const [failure, place] = error instanceof PlacedError ? [error.cause, error.place] : [error, undefined];
    if (!(failure instanceof Error) || !('code' in failure)) throw error;
    return { error: wordsFor(failure, place).join('; ') };
  }
  return found ?? { error: 'interrupted' };
}

async function ask(session: Session, namespace: string): Promise<ServerVersions> {
  const { target } = session;
  const server = await askServer(session);
  const parts = await surveyParts(session, namespace);
  return {
    target: target.text,
    url: target.server,
    kubernetes: server.version,
    parts: parts
      .filter((part) => part.name === 'controller' || isThere(part))
      .flatMap((part) => {
        const found = partVersion(part, server.isEmbedded ? (target.run?.version ?? null) : undefined);
        return found === undefined ? [] : [{ name: part.name, ...found }];
      }),
    definitions: definitionsText(parts),
  };
}

/** What is known of a part: by the tag of the image that its Deployment runs, else by the label that the installation gave it. */
function partVersion(
  part: FoundPart,
  upVersion: string | null | undefined,
): { readonly version: string | null; readonly text: string } | undefined {
  const deployment = deploymentOf(part);
  if (deployment !== undefined) {
    const { image, version = null } = releaseOf(deployment);
    const { ready, wanted } = readiness(deployment);
    return { version, text: `${version ?? 'unknown'} (image ${image}, ${ready} of ${wanted} ready)` };
  }
  if (part.live.kind === 'unseen') return { version: null, text: `not seen: ${part.live.why}` };
  if (part.name !== 'controller') return undefined;
  if (upVersion === undefined) return { version: null, text: 'not installed' };
  return { version: upVersion, text: `${upVersion ?? 'unknown'} (inside carto up)` };
}

function definitionsText(parts: readonly FoundPart[]): string {
  const there = parts.filter(isThere);
  const unseen = there.flatMap(({ pairs }) => (pairs.kind === 'unseen' ? [pairs.why] : []));
  if (unseen.length > 0) return `not seen: ${unseen[0] ?? ''}`;
  const pairs = there.flatMap((part) => (part.pairs.kind === 'seen' ? part.pairs.value : []));
  if (pairs.length === 0) return 'none';
  const same = pairs.filter(({ ours, live }) => live !== undefined && definitionDifference(ours, live) === undefined);
  const all = `${pairs.length} of ${pairs.length} as this carto has them`;
  return same.length === pairs.length
    ? all
    : `${same.length} of ${pairs.length} as this carto has them; see carto doctor`;
}
