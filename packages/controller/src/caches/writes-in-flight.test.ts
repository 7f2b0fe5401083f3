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

test('events of an object that changes without end are held up to a bound, then told at once', () => {
  const flights = new WritesInFlight();
  const told: string[] = [];
  const hold = (i: number): boolean => flights.hold('a', version(String(i)), () => void told.push(String(i)));
  flights.begin('a');
  expect(Array.from({ length: 18 }, (_, i) => hold(i))).toEqual([
    ...Array.from({ length: 16 }, () => true),
    false,
    false,
  ]);
  flights.end('a', version('3'));
  expect(told).toEqual(Array.from({ length: 16 }, (_, i) => String(i)));
});

test('an echo is told as soon as its write is answered, and each event once, while others write on', () => {
  const flights = new WritesInFlight();
  const told: string[] = [];
  const hold = (text: string): boolean =>
    flights.hold('a', version(text), (isEcho) => void told.push(`${text} ${isEcho ? 'echo' : 'news'}`));
  for (let writers = 0; writers < 3; writers += 1) flights.begin('a');
  for (const text of ['1', '2', '3']) hold(text);
  flights.end('a', version('2'));
  expect(told).toEqual(['2 echo']);
  hold('4');
  flights.end('a', version('9'));
  expect(told).toEqual(['2 echo']);
  flights.end('a', version('4'));
  expect(told).toEqual(['2 echo', '1 news', '3 news', '4 echo']);
  flights.end('a', version('1'));
  expect(told).toHaveLength(4);
});

test('an event that is told may begin the next write of the object, whose events are held again', () => {
  const flights = new WritesInFlight();
  const told: string[] = [];
  flights.begin('a');
  flights.hold('a', version('1'), () => {
    flights.begin('a');
    told.push('1', String(flights.hold('a', version('2'), (isEcho) => void told.push(`2 ${isEcho}`))));
  });
  flights.end('a', undefined);
  expect(told).toEqual(['1', 'true']);
  flights.end('a', version('2'));
  expect(told).toEqual(['1', 'true', '2 true']);
});

test('objects are held each for itself, and one without a version is the echo of no answer', () => {
  const flights = new WritesInFlight();
  const told: boolean[] = [];
  const bare = { apiVersion: 'v1', kind: 'X', metadata: {} };
  flights.begin('a');
  expect(flights.hold('b', version('1'), () => undefined)).toBe(false);
  flights.end('b', version('1'));
  flights.hold('a', bare, (isEcho) => void told.push(isEcho));
  flights.end('a', undefined);
  expect(told).toEqual([false]);
});
