import { describe, expect, it } from 'vitest';
import { Placeholders } from './placeholders.ts';

describe('placeholders', () => {
  it('number generated names per generateName, in the order in which they were noted', () => {
    const placeholders = new Placeholders('golden-33');
    placeholders.note({ name: 'app-x1', generateName: 'app-' });
    placeholders.note({ name: 'app-x12', generateName: 'app-' });
    placeholders.note({ name: 'job-y', generateName: 'job-' });
    placeholders.note({ name: 'app-x1', generateName: 'app-' });
    expect(placeholders.hide('app-x12, app-x1 and job-y')).toBe('app-<suffix-2>, app-<suffix-1> and job-<suffix-1>');
  });

  it('leave names alone that were given', () => {
    const placeholders = new Placeholders('golden-33');
    placeholders.note({ name: 'app', generateName: '' });
    placeholders.note({ name: 'other', generateName: 'app-' });
    expect(placeholders.hide(['app', 'other'])).toEqual(['app', 'other']);
  });

  it('stand for namespace, instants and uids in every text', () => {
    const placeholders = new Placeholders('golden-33');
    const value = {
      at: 'in [golden-33] since 2026-01-02T03:04:05Z',
      list: ['0f0f0f0f-1111-2222-3333-444444444444', 7, null, true],
    };
    expect(placeholders.hide(value)).toEqual({ at: 'in [$NS] since <time>', list: ['<uid>', 7, null, true] });
  });

  it('in a step become what they stand for', () => {
    const placeholders = new Placeholders('golden-33');
    placeholders.note({ name: 'app-x1', generateName: 'app-' });
    expect(placeholders.reveal({ name: 'app-<suffix-1>', namespace: '$NS' })).toEqual({
      name: 'app-x1',
      namespace: 'golden-33',
    });
    expect(() => placeholders.reveal('app-<suffix-2>')).toThrow(/never created/);
  });
});
