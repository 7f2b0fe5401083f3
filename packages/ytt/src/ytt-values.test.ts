import { type Json, type JsonObject, parseYamlDocuments, silentLog } from '@cartographer/machinery';
import { createFakeClock, stepsOf } from '@cartographer/testkit';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { isYttBuilt } from './testing/built-ytt.ts';
import { createYtt } from './ytt.ts';

const ytt = createYtt({ clock: createFakeClock(), log: silentLog });
afterAll(() => ytt.close());

const TEMPLATE = `#@ load("@ytt:data", "data")
---
value: #@ data.values.given
deeper:
  list:
  - #@ data.values.given
  - last
`;

async function throughYtt(given: Json): Promise<Json | undefined> {
  const answer = await ytt.render({ template: TEMPLATE, values: { given } }, new AbortController().signal);
  if (answer.kind === 'failed') throw new Error(answer.message);
  return parseYamlDocuments(answer.output)[0];
}

const seenTwice = (value: Json): Json => ({ value, deeper: { list: [value, 'last'] } });

/** What YAML might take for something else: breaks, blanks, indicators, and what YAML 1.1 alone takes for a type. */
const PIECES = [
  '\u2028¦\u2029¦\u0085¦\r¦\n¦\r\n¦ ¦  ¦\t¦\u00a0¦\ufeff¦\u0000¦\u0007¦\u001b¦\u{1F600}¦é',
  'a¦b c¦:¦: ¦- ¦? ¦#¦ #¦\'¦"¦\\¦{¦}¦[¦]¦,¦&a¦*a¦!t¦|¦>¦%¦@¦`¦/¦---¦...',
  'yes¦Off¦y¦~¦null¦0o7¦012¦1_000¦1:30¦0x1F¦1e3¦.5¦.inf¦<<¦=¦2020-01-01',
].flatMap((line) => line.split('¦'));
/** Characters that ytt refuses in a data value, aloud: `control characters are not allowed`. */
const REFUSED = /[\u007f-\u0084\u0086-\u009f\ufffe\uffff]/;
const text = fc
  .oneof(
    fc.array(fc.constantFrom(...PIECES), { maxLength: 6 }).map((pieces) => pieces.join('')),
    fc.string({ unit: 'binary', maxLength: 8 }),
  )
  .filter((any) => !REFUSED.test(any));

describe.skipIf(!(await isYttBuilt()))('what goes through ytt comes back', () => {
  it.each([
    'a\u2028b',
    'a\u2029  b',
    'a\u0085b',
    '\u2028',
    'ends in \u2028',
    'lines\nand \u2028 both',
    '\u2028\n\u2029',
    'a # b\u2028c',
    'a: b\u2028c: d',
  ])('%j', async (given) => {
    expect(await throughYtt(given)).toEqual(seenTwice(given));
  });

  it('texts of all kinds, as values and as keys', async () => {
    await fc.assert(
      fc.asyncProperty(stepsOf(text, { min: 20, max: 60 }), async (texts) => {
        expect(await throughYtt(texts)).toEqual(seenTwice(texts));
        // ytt itself writes the key `<<` without quotes, which means a merge to all that read it.
        const keyed: JsonObject = Object.fromEntries(texts.filter((key) => key !== '<<').map((key, i) => [key, i]));
        expect(await throughYtt(keyed)).toEqual(seenTwice(keyed));
      }),
      { numRuns: 40 },
    );
  });

  it('values of all kinds', async () => {
    // Integers beyond 2^53 are compared with the command; here they would be bigint or not by chance.
    const value = fc
      .jsonValue({ maxDepth: 3 })
      .map((any) => JSON.stringify(any))
      .filter((json) => !/\d{16}/.test(json))
      .map((json) => JSON.parse(json) as Json);
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 8 }), async (values) => {
        expect(await throughYtt(values)).toEqual(seenTwice(values));
      }),
      { numRuns: 40 },
    );
  });
});
