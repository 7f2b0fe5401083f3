import { describe, expect, it } from 'vitest';
import { chooseStep, parseOwner } from './owner-name.ts';

describe('an owner on the command line', () => {
  it.each([
    ['web', 'Workload', 'web'],
    ['workload/web', 'Workload', 'web'],
    ['deliverable/web.v2', 'Deliverable', 'web.v2'],
    ['Runnables/unit-tests', 'Runnable', 'unit-tests'],
  ])('%s is a %s', (text, kind, name) => {
    expect(parseOwner(text)).toMatchObject({ kind, name, type: { kind } });
  });

  it.each(['pod/web', 'a/b/c', '', 'Web', '-web', 'web/', '\u001b[2J', 'a'.repeat(254)])('%j is none', (text) => {
    expect(() => parseOwner(text)).toThrow(expect.objectContaining({ code: 'CARTO_USAGE' }) as Error);
  });
});

describe('a step on the command line', () => {
  const steps = ['source', 'scan-source', 'scan-image', 'scan'];

  it.each([
    ['scan', 'scan'],
    ['so', 'source'],
    ['scan-i', 'scan-image'],
  ])('%s is %s', (wanted, step) => {
    expect(chooseStep(wanted, steps)).toBe(step);
  });

  it('that could be two names both', () => {
    expect(() => chooseStep('scan-', steps)).toThrow(
      '--step scan- fits scan-source and scan-image: name one of them in full',
    );
  });

  it('that is none names those there are', () => {
    expect(() => chooseStep('x', ['a', 'b'])).toThrow('there is no step "x": its steps are a, b');
    expect(() => chooseStep('x', [])).toThrow('there is no step "x": it has no steps yet');
  });
});
