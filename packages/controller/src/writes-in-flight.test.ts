import { expect, test } from 'vitest';
import { WritesInFlight } from './writes-in-flight.ts';

const version = (resourceVersion: string) => ({ apiVersion: 'v1', kind: 'X', metadata: { resourceVersion } });

test('an event of an object that is being written waits until the answer says whose it is', () => {
  const flights = new WritesInFlight();
  const told: string[] = [];
  const hold = (text: string): boolean =>
    flights.hold('a', version(text), (isEcho) => void told.push(`${text} ${isEcho ? 'echo' : 'news'}`));

  expect(hold('1')).toBe(false);
  flights.begin('a');
  expect([hold('2'), hold('3')]).toEqual([true, true]);
  expect(told).toEqual([]);
  flights.end('a', version('2'));
  expect(told).toEqual(['2 echo', '3 news']);
  expect(hold('4')).toBe(false);
});

test('a write without an answer has no echo, and the last of several writers lets go of the rest', () => {
  const flights = new WritesInFlight();
  const told: string[] = [];
  const hold = (text: string): boolean =>
    flights.hold('a', version(text), (isEcho) => void told.push(`${text} ${isEcho ? 'echo' : 'news'}`));

  flights.begin('a');
  flights.begin('a');
  hold('5');
  hold('6');
  flights.end('a', undefined);
  expect(told).toEqual([]);
  flights.end('a', version('6'));
  expect(told).toEqual(['5 news', '6 echo']);
});

test('an object that changes without end is not held back for long', () => {
  const flights = new WritesInFlight();
  flights.begin('a');
  const held = Array.from({ length: 100 }, (_, i) => flights.hold('a', version(String(i)), () => undefined));
  expect(held.filter(Boolean).length).toBeLessThan(50);
});
