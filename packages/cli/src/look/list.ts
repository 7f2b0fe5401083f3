import type { KubeObject } from '@cartographer/machinery';
import type { TargetFlags } from '../frame/flags.ts';
import { type OwnerKindName, parseOwner } from '../frame/owner-name.ts';
import { runSession, type Session } from '../frame/session.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import { pagesOf } from '../read/pages.ts';
import { parseFormat, printObject, printObjects } from '../screen/print-objects.ts';
import { columnWidths, tableLines } from '../screen/table.ts';
import { isNamespaceThere, namespaceNotFound } from './account/read-owner.ts';
import { typeLabelKeys } from './account/type-labels.ts';
import { APP_LABEL, listColumns } from './list-columns.ts';

/** Flags of `list`. */
export type ListFlags = TargetFlags & {
  readonly allNamespaces?: boolean;
  readonly selector?: string;
  readonly app?: string;
  readonly output?: string;
};

/** Runs `carto workload list`: page by page, so that the first rows are there before the last are read. */
export async function runList(surroundings: Surroundings, kind: OwnerKindName, flags: ListFlags): Promise<void> {
  const format = parseFormat(flags.output);
  await runSession(surroundings, flags, { writes: false }, async (session) => {
    const { type } = parseOwner('any', kind);
    const { client, signal, namespace, terminal } = session;
    const labelSelector = selectorOf(flags);
    const pages = pagesOf(client, type, {
      ...(flags.allNamespaces === true ? {} : { namespace }),
      ...(labelSelector === '' ? {} : { labelSelector }),
      signal,
    });
    if (format === undefined) await printTable(session, kind, flags, pages);
    else if (format.kind === 'name' || format.kind === 'ndjson') {
      for await (const page of pages) terminal.out(page.map((object) => printObject(object, format)).join(''));
    } else terminal.out(printObjects((await Array.fromAsync(pages)).flat(), format));
  });
}

function selectorOf({ selector, app }: ListFlags): string {
  return [selector ?? '', app === undefined ? '' : `${APP_LABEL}=${app}`].filter((term) => term !== '').join(',');
}

async function printTable(
  session: Session,
  kind: OwnerKindName,
  view: ListFlags,
  pages: AsyncIterable<readonly KubeObject[]>,
): Promise<void> {
  const { terminal, style, clock } = session;
  const keys = kind === 'Workload' ? await typeLabelKeys(session) : [];
  const columns = listColumns({ kind, view, keys, style });
  const head = columns.map(({ name }) => name);
  let widths: readonly number[] | undefined;
  for await (const page of pages) {
    if (page.length === 0) continue;
    const table = { head, rows: page.map((owner) => columns.map(({ cell }) => cell(owner, clock.now()))) };
    const lines = tableLines(table, style, terminal.columns, widths);
    session.print(widths === undefined ? lines : lines.slice(1));
    widths = columnWidths(table, widths);
  }
  if (widths === undefined) await tellNone(session, kind, view);
}

async function tellNone(
  session: Session,
  kind: OwnerKindName,
  { allNamespaces, selector, app }: ListFlags,
): Promise<void> {
  if (allNamespaces !== true && !(await isNamespaceThere(session))) throw namespaceNotFound(session);
  const where = allNamespaces === true ? 'in any namespace' : `in namespace ${session.namespace}`;
  const which = selector === undefined && app === undefined ? '' : ' that these labels select';
  session.say(`no ${kind.toLowerCase()}s ${where} of ${session.target.text}${which}`);
}
