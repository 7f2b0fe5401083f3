import { describe, expect, it } from 'vitest';
import type { AffectedPackage, RangeEvent } from '../advisories/advisory.ts';
import { affects } from './affects.ts';

function entry(events: readonly RangeEvent[], over: Partial<AffectedPackage> = {}): AffectedPackage {
  return { ecosystem: 'npm', name: 'a', versions: [], ranges: [{ type: 'SEMVER', events }], severity: [], ...over };
}

const between: readonly RangeEvent[] = [{ introduced: '1.0.0' }, { fixed: '1.5.0' }];
const twice: readonly RangeEvent[] = [...between, { introduced: '2.0.0' }, { fixed: '2.1.0' }];

describe('a range', () => {
  it.each<{ events: readonly RangeEvent[]; yes: readonly string[]; no: readonly string[] }>([
    { events: between, yes: ['1.0.0', '1.4.9', '1.5.0-rc.1'], no: ['0.9.9', '1.0.0-rc.1', '1.5.0', '2.0.0'] },
    { events: twice, yes: ['1.0.0', '2.0.0', '2.0.9'], no: ['1.5.0', '1.9.9', '2.1.0', '9.0.0'] },
    { events: twice.toReversed(), yes: ['1.0.0', '2.0.0', '2.0.9'], no: ['1.5.0', '1.9.9', '2.1.0', '9.0.0'] },
    { events: [{ introduced: '0' }], yes: ['0.0.0-alpha', '0.0.0', '99.0.0'], no: [] },
    { events: [{ introduced: '0' }, { fixed: '0.0.0-0' }], yes: [], no: ['0.0.0-0', '1.0.0'] },
    { events: [{ introduced: '1.0.0' }], yes: ['1.0.0', '99.0.0'], no: ['0.9.9'] },
    { events: [{ introduced: '0' }, { lastAffected: '1.2.0' }], yes: ['1.2.0', '1.1.0'], no: ['1.2.1'] },
    { events: [{ introduced: '1.2.0' }, { lastAffected: '1.2.0' }], yes: ['1.2.0'], no: ['1.1.9', '1.2.1'] },
    {
      events: [{ introduced: '0' }, { lastAffected: '1.0.0' }, { introduced: '1.0.0' }, { fixed: '2.0.0' }],
      yes: ['0.9.0', '1.0.0', '1.9.0'],
      no: ['2.0.0'],
    },
    {
      events: [{ introduced: '0' }, { lastAffected: '1.0.0' }, { introduced: '2.0.0' }],
      yes: ['1.0.0', '2.0.0', '3.0.0'],
      no: ['1.0.1'],
    },
    { events: [{ introduced: '0' }, { limit: '2.0.0' }], yes: ['1.9.9'], no: ['2.0.0', '3.0.0'] },
    { events: [{ introduced: '0' }, { limit: '2.0.0' }, { limit: '*' }], yes: ['1.9.9', '3.0.0'], no: [] },
    { events: [{ introduced: '1.0.0' }, { fixed: '1.0.0' }], yes: [], no: ['1.0.0', '1.0.1', '0.9.0'] },
    // What is odd is answered as the schema's evaluation does: sorted by version, the last border that is not later counts.
    {
      events: [{ introduced: '2.0.0' }, { fixed: '1.0.0' }],
      yes: ['2.0.0', '99.0.0'],
      no: ['0.9.0', '1.0.0', '1.9.9'],
    },
    {
      events: [{ fixed: '1.0.0' }, { introduced: '2.0.0' }],
      yes: ['2.0.0', '99.0.0'],
      no: ['0.9.0', '1.0.0', '1.9.9'],
    },
    { events: [{ introduced: '2.0.0' }, { lastAffected: '1.0.0' }], yes: ['2.0.0'], no: ['0.9.0', '1.0.0', '1.5.0'] },
    { events: [{ introduced: '1.0.0' }, { introduced: '2.0.0' }], yes: ['1.0.0', '2.0.0', '99.0.0'], no: ['0.9.9'] },
    { events: [{ fixed: '2.0.0' }, { introduced: '0' }], yes: ['0.1.0', '1.9.9'], no: ['2.0.0'] },
    {
      events: [{ fixed: '2.1.0' }, { introduced: '1.0.0' }, { fixed: '1.5.0' }, { introduced: '2.0.0' }],
      yes: ['1.0.0', '2.0.0', '2.0.9'],
      no: ['0.9.9', '1.5.0', '1.9.9', '2.1.0'],
    },
    {
      events: [{ introduced: '0' }, { fixed: '1.0.0' }, { introduced: '1.0.0' }],
      yes: ['0.9.0', '1.0.0', '2.0.0'],
      no: [],
    },
  ])('of $events holds $yes and not $no', ({ events, yes, no }) => {
    expect(yes.filter((version) => affects(entry(events), version) !== 'yes')).toEqual([]);
    expect(no.filter((version) => affects(entry(events), version) !== 'no')).toEqual([]);
  });

  it('without any border holds nothing', () => {
    expect(affects(entry([]), '1.0.0')).toBe('no');
  });

  it('with a border that cannot be read answers for no version', () => {
    expect(affects(entry([{ introduced: '0' }, { fixed: 'soon' }]), '1.0.0')).toBe('unreadable');
  });

  it('of commits or of an unknown type affects no version', () => {
    const ranges = [
      { type: 'GIT', events: [] },
      { type: 'Other', events: [] },
    ] as const;
    expect(affects(entry([], { ranges }), '1.0.0')).toBe('no');
    expect(affects(entry([], { ranges }), '')).toBe('no');
  });

  it('behind one of commits counts', () => {
    const ranges = [
      { type: 'GIT', events: [] },
      { type: 'SEMVER', events: between },
    ] as const;
    expect(affects(entry([], { ranges }), '1.2.0')).toBe('yes');
  });

  it('of semver is compared as semver where the ecosystem has no order of its own', () => {
    expect(affects(entry(between, { ecosystem: 'Strange' }), '1.2.0')).toBe('yes');
    const ranges = [{ type: 'ECOSYSTEM', events: between }] as const;
    expect(affects(entry([], { ecosystem: 'Strange', ranges }), '1.2.0')).toBe('unreadable');
  });
});

describe('a list of versions', () => {
  it('holds what it names, readable or not', () => {
    const listed = entry(between, { versions: ['9.9.9', 'odd one'] });
    expect(['9.9.9', 'odd one', '9.9.8'].map((version) => affects(listed, version))).toEqual(['yes', 'yes', 'no']);
  });

  it('alone holds other spellings of what it names, too', () => {
    const listed = entry([], { ecosystem: 'PyPI', versions: ['1.0', '2004d'], ranges: [] });
    const answers = ['1.0', '1.0.0', 'v1', '1.0.1', '2004d', '2004e'].map((version) => affects(listed, version));
    expect(answers).toEqual(['yes', 'yes', 'yes', 'no', 'yes', 'no']);
  });

  it('of Go has no v before its versions', () => {
    expect(affects(entry(between, { ecosystem: 'Go', versions: ['7.0.0'] }), 'v7.0.0')).toBe('yes');
  });
});

describe('a version', () => {
  it.each(['', ' ', 'latest', '1.2.3.4'])('%j is unreadable to a range', (version) => {
    expect(affects(entry(between), version)).toBe('unreadable');
  });

  it('that is absent is unreadable to a list, too', () => {
    expect(affects(entry([], { versions: ['1'], ranges: [] }), '')).toBe('unreadable');
  });

  it('is unreadable to a record that names neither versions nor ranges', () => {
    expect(affects(entry([], { ranges: [] }), '1.0.0')).toBe('unreadable');
  });
});
