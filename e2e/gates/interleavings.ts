import { asyncProperty, assert as check } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGateStage, type GateStage, scanOf, TEAM } from './gate-stage.ts';
import { CHAIN, knownStories, playOut, story } from './plays.ts';
import { IMAGE_NAMES } from './registries.ts';

/**
 * The law of a gate, with the scanner and the controller as they are, tried so many times. It does not cover advisories and
 * exceptions that come and go meanwhile, and programs that are killed: what the scanner says is then true of another moment.
 */
export function interleavings(runs: number): void {
  describe('a gate with the real scanner and the real controller', () => {
    let stage: GateStage;
    let plays = 0;
    beforeAll(async () => {
      stage = await createGateStage(CHAIN);
      await stage.attachEmptyBill('bad-2');
      for (const name of IMAGE_NAMES) await stage.apply(scanOf(`known-${name}`, TEAM, stage.images[name]));
      await stage.atRest();
    });
    afterAll(() => stage[Symbol.asyncDispose]());

    it(`lets through what was asked for and passed, whoever does what in between: ${runs} interleavings`, async () => {
      await check(
        asyncProperty(story, async (steps) => {
          plays += 1;
          await playOut({ stage, name: `play-${plays}`, asked: [] }, steps);
        }),
        { numRuns: runs, examples: knownStories.map((steps) => [steps]) },
      );
      // Some plays hand something on: the law does not hold for want of trying.
      expect(stage.handedOn.length).toBeGreaterThan(runs / 25);
    }, 600_000);
  });
}
