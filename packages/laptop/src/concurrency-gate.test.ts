import { describe, expect, it } from 'vitest';
import { createConcurrencyGate } from './concurrency-gate.ts';

const never = new AbortController().signal;

describe('the gate before an app', () => {
  it('lets so many in at a time, in the order in which they came', async () => {
    const gate = createConcurrencyGate(2, 10);
    const entered: number[] = [];
    const enter = (which: number): Promise<void> => gate.enter(never).then(() => void entered.push(which));
    const all = Promise.all([1, 2, 3, 4].map(enter));
    await Promise.resolve();
    await Promise.resolve();
    expect(entered).toEqual([1, 2]);
    gate.leave();
    gate.leave();
    await all;
    expect(entered).toEqual([1, 2, 3, 4]);
  });

  it('turns away who finds too many waiting', async () => {
    const gate = createConcurrencyGate(1, 1);
    expect(await gate.enter(never)).toBe('entered');
    const second = gate.enter(never);
    expect(await gate.enter(never)).toBe('full');
    gate.leave();
    expect(await second).toBe('entered');
  });

  it('forgets who gives up, and gives its turn to the next', async () => {
    const gate = createConcurrencyGate(1, 2);
    await gate.enter(never);
    const abort = new AbortController();
    const [given, patient] = [gate.enter(abort.signal), gate.enter(never)];
    abort.abort();
    expect(await given).toBe('aborted');
    gate.leave();
    expect(await patient).toBe('entered');
    gate.leave();
    expect(await gate.enter(never)).toBe('entered');
    expect(await gate.enter(AbortSignal.abort())).toBe('aborted');
  });

  it('loses no place to who gives up at the moment in which one is given back', async () => {
    const gate = createConcurrencyGate(1, 2);
    await gate.enter(never);
    const abort = new AbortController();
    const [given, patient] = [gate.enter(abort.signal), gate.enter(never)];
    abort.abort();
    gate.leave();
    expect(await given).toBe('aborted');
    expect(await Promise.race([patient, new Promise(setImmediate)])).toBe('entered');
  });

  it('without a bound lets everyone in', async () => {
    const gate = createConcurrencyGate(0, 0);
    expect(await Promise.all(Array.from({ length: 100 }, () => gate.enter(never)))).toEqual(Array(100).fill('entered'));
  });
});
