import { expect, it } from 'vitest';
import { confirm } from './confirm.ts';
import { testTerminal } from './testing/test-surroundings.ts';

const { signal } = new AbortController();

it.each<{ answers: readonly string[] | undefined; yes: boolean; says: 'yes' | RegExp; asked: number }>([
  { answers: ['y'], yes: false, says: 'yes', asked: 1 },
  { answers: [' YES '], yes: false, says: 'yes', asked: 1 },
  { answers: ['maybe', '1', 'y'], yes: false, says: 'yes', asked: 3 },
  { answers: ['n'], yes: false, says: /nothing was changed/, asked: 1 },
  { answers: [], yes: false, says: /nothing was changed/, asked: 1 },
  { answers: undefined, yes: false, says: /nobody is there to answer "change it\?"; say --yes/, asked: 0 },
  { answers: undefined, yes: true, says: 'yes', asked: 0 },
  { answers: ['n'], yes: true, says: 'yes', asked: 0 },
])('a person who types $answers, with --yes $yes', async ({ answers, yes, says, asked }) => {
  const terminal = testTerminal(answers === undefined ? {} : { answers });
  const confirmed = confirm(terminal, { question: 'change it?', yes, signal });
  if (says === 'yes') await expect(confirmed).resolves.toBeUndefined();
  else
    await expect(confirmed).rejects.toMatchObject({
      code: 'CARTO_DECLINED',
      message: expect.stringMatching(says) as string,
    });
  expect(terminal.told().split('[yN]')).toHaveLength(asked + 1);
});
