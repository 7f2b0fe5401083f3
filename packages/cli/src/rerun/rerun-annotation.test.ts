import { rerunNonce } from '@cartographer/engine';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rerunAnnotation, rerunNonceAt } from './rerun-annotation.ts';

const STEPS = ['source', 'test', 'build'];

describe('the annotation that asks for a rerun', () => {
  it('changes the nonce of the steps that were asked for, and of no other', () => {
    const asked = fc.record({ step: fc.constantFrom(undefined, ...STEPS), ms: fc.nat(4e12) });
    const before = fc.constantFrom<string | undefined>(undefined, '', 'by-hand', 'gone=1, test = 2');
    fc.assert(
      fc.property(fc.array(asked, { maxLength: 8 }), before, (all, first) => {
        let annotation = first;
        for (const { step, ms } of all) {
          const nonce = rerunNonceAt(ms);
          const next = rerunAnnotation(annotation, nonce, { step, steps: STEPS });
          for (const each of STEPS) {
            const isAsked = step === undefined || step === each;
            expect(rerunNonce(next, each)).toBe(isAsked ? nonce : rerunNonce(annotation, each));
          }
          annotation = next;
        }
      }),
    );
  });

  it('keeps what it says of a step that has no status now', () => {
    expect(rerunAnnotation('gone=1, test = 2', '3', { step: 'build', steps: ['test', 'build'] })).toBe(
      'test=2,build=3,gone=1',
    );
  });
});
