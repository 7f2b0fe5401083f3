import { CONDITION_TYPES, EVENT_REASONS, REASONS, WARNING_REASONS } from '@cartographer/api';
import { describe, expect, it } from 'vitest';
import { codeSpans, readDoc, section, tableRows } from './markdown.ts';

const page = readDoc('reasons.md');
const MOVERS = ['nobody', 'developer', 'platform', 'admin'];

function documented(heading: string): readonly string[] {
  return tableRows(section(page, heading), 'reason').map(([reason = '']) => codeSpans(reason)[0] ?? '');
}

describe('docs/reasons.md', () => {
  it('lists the condition types of each object in their order', () => {
    const rows = tableRows(section(page, 'Condition types'), 'object');
    expect(Object.fromEntries(rows.map(([object = '', types = '']) => [object, codeSpans(types)]))).toEqual(
      CONDITION_TYPES,
    );
  });

  it.each(Object.keys(REASONS) as (keyof typeof REASONS)[])('explains every reason of %s and no other', (type) => {
    expect(documented(type)).toEqual(REASONS[type]);
  });

  it('has a part for every condition type that has reasons, and for no other', () => {
    const parts = [...section(page, 'Reasons of conditions').matchAll(/^### (\w+)$/gm)].map(([, type = '']) => type);
    expect(parts.toSorted()).toEqual(Object.keys(REASONS).toSorted());
  });

  it('explains every reason of an event and no other', () => {
    expect(documented('Normal')).toEqual(EVENT_REASONS);
    expect(documented('Warning')).toEqual(WARNING_REASONS);
  });

  it('says for each reason what it means, whose move it is and what to do', () => {
    const rows = tableRows(page, 'whose move');
    const incomplete = rows.filter(
      ([, means = '', mover = '', action = '']) => means === '' || !MOVERS.includes(mover) || action === '',
    );
    expect(incomplete).toEqual([]);
  });
});
