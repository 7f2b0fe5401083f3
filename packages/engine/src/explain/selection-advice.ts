import type { NextStep } from '@cartographer/api';
import type { SelectionAccount } from './selection-account.ts';
import { changeText, missText } from './selector-terms.ts';

/** What to do about a selection that chose nothing; undefined where the reason itself says enough. */
export function selectionAdvice({ outcome, best, blueprints, blueprintKind }: SelectionAccount): NextStep | undefined {
  if (outcome === 'chosen') return { move: 'nobody', next: `wait: ${blueprintKind} ${best.join()} fits now` };
  if (outcome === 'several') {
    const next = `make the selector of one more exact: ${best.join(' and ')} fit equally well, the one with more requirements wins`;
    return { move: 'platform', next };
  }
  if (outcome === 'unlabelled' && best.length > 0) {
    return { move: 'developer', next: `add a label, any will do: ${best.join(' and ')} would fit` };
  }
  const nearest = blueprints.find(({ fit, changes }) => fit === 'misses' && changes !== undefined);
  if (nearest !== undefined) {
    const changes = (nearest.changes ?? []).map(changeText).join(' and ');
    return { move: 'developer', next: `${changes}: ${missText(nearest.name, nearest.terms)}` };
  }
  const broken = blueprints.find(({ fit }) => fit === 'broken');
  if (broken !== undefined) {
    return { move: 'platform', next: `correct the selector of ${broken.name}: ${broken.message}` };
  }
  return { move: 'platform', next: `apply a ${blueprintKind} that fits: there is none` };
}
