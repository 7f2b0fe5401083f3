import { carto, TEMPLATE_KINDS, type TemplateKindName } from '@cartographer/api';
import { getIfThere } from '@cartographer/kube';
import type { KubeObject } from '@cartographer/machinery';
import type { TargetFlags } from '../frame/flags.ts';
import { runSession, type Session } from '../frame/session.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import { templateKey, templatesOf } from '../read/templates.ts';
import { parseFormat, printObject } from '../screen/print-objects.ts';
import { chainLines } from './chain-screen.ts';
import { findChain } from './find-chain.ts';
import { countServed } from './served-owners.ts';

/** Flags of `carto chain get`. */
export type GetFlags = TargetFlags & { readonly output?: string };

/** `carto chain get NAME` */
export async function runChainGet(name: string, flags: GetFlags, surroundings: Surroundings): Promise<void> {
  const format = parseFormat(flags.output);
  await runSession(surroundings, flags, { writes: false }, async (session) => {
    const chain = await findChain(session, name);
    if (format !== undefined) return session.terminal.out(printObject(chain, format));
    const [templates, served] = await Promise.all([readTemplates(session, chain), countServed(session, [chain.kind])]);
    const owners =
      served === undefined ? undefined : (served.get(`${chain.kind} ${chain.metadata.name ?? ''}`) ?? NONE);
    session.print(chainLines({ chain, templates, served: owners }, session));
  });
}

const NONE = { owners: 0, ready: 0 } as const;

/** The templates that a chain names, by {@link templateKey}; those that are missing are not there. */
async function readTemplates({ client, signal }: Session, chain: KubeObject): Promise<ReadonlyMap<string, KubeObject>> {
  const uses = new Map(templatesOf(chain).map((use) => [templateKey(use.kind, use.name), use]));
  const found = await Promise.all(
    [...uses].map(async ([key, { kind, name }]) => {
      if (!isTemplateKind(kind)) return [];
      const template = await getIfThere(client, carto.kinds[kind], { name }, { signal });
      return template === undefined ? [] : [[key, template] as const];
    }),
  );
  return new Map(found.flat());
}

const KINDS: ReadonlySet<string> = new Set(Object.values(TEMPLATE_KINDS).flat());

function isTemplateKind(kind: string): kind is TemplateKindName {
  return KINDS.has(kind);
}
