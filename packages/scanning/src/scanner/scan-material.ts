import { withAttachedFindings } from '../match/attached-findings.ts';
import type { QuestionScope } from '../portfolio/kept-questions.ts';
import type { Portfolio } from '../portfolio/portfolio.ts';
import type { InventoryFacts } from '../verdict/facts.ts';
import type { Inventories, Inventory, InventoryAsk } from './inventories/inventory.ts';
import type { Material } from './judge-scan.ts';
import type { ScanRequest } from './scan-request.ts';
import type { SourceBook } from './source-book.ts';

/** What {@link inventoryOf} and {@link materialOf} read from. */
export type MaterialDeps = {
  readonly portfolio: Pick<Portfolio, 'findingsOf' | 'isAskedFor'>;
  /** The sources that are asked for packages, one by one. */
  readonly askedSources: () => readonly QuestionScope[];
  readonly inventories: Inventories;
  readonly sources: SourceBook;
};

/** What is in a target. */
export async function inventoryOf(
  { inventories }: MaterialDeps,
  target: ScanRequest['target'],
  ask: InventoryAsk,
): Promise<Inventory> {
  if (target.kind === 'wrong') return { kind: 'failed', reason: 'SpecInvalid', message: target.why };
  return inventories(target, ask);
}

/** Sources that have not answered for all packages of a bill yet. */
async function unaskedFor(
  { portfolio, askedSources }: Pick<MaterialDeps, 'portfolio' | 'askedSources'>,
  bill: string,
): Promise<readonly string[]> {
  const unasked: string[] = [];
  for (const scope of askedSources()) {
    if (!(await portfolio.isAskedFor(scope, bill))) unasked.push(scope.source);
  }
  return unasked;
}

/** An inventory with what is found in it. Ask after it is known whose it is: a change of findings is told by that. */
export async function materialOf(
  deps: MaterialDeps,
  target: ScanRequest['target'],
  inventory: Inventory,
): Promise<Material> {
  if (inventory.kind === 'failed') return { target, inventory, findings: [], unasked: [] };
  const { portfolio, sources } = deps;
  const { bill, packages, ecosystems, platforms, from, unread } = inventory;
  const uncovered = await sources.uncoveredOf(ecosystems);
  const { attached } = inventory;
  const read = { kind: 'read', digest: bill, packages, from, platforms, unread, uncovered } as const;
  const facts: InventoryFacts = attached === undefined ? read : { ...read, attached };
  // Before the findings: what was asked by then is among them.
  const unasked = await unaskedFor(deps, bill);
  const findings = withAttachedFindings(await portfolio.findingsOf(bill), attached?.findings ?? []);
  return { target, inventory: facts, findings, unasked };
}
