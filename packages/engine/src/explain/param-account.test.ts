import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { paramValues } from '../read/param-values.ts';
import { paramAccounts } from './param-account.ts';

test('tells every level that gives a param, which one counts, and that the owner is locked out', () => {
  const levels = {
    template: [{ name: 'port', default: 1 }],
    blueprint: [{ name: 'port', value: 2 }],
    resource: undefined,
    owner: [
      { name: 'port', value: 4 },
      { name: 'debug', value: true },
    ],
  };
  expect(paramAccounts(levels)).toEqual([
    {
      name: 'port',
      value: 2,
      given: [
        { level: 'template', as: 'default', value: 1, wins: false },
        { level: 'blueprint', as: 'value', value: 2, wins: true },
        { level: 'owner', as: 'value', value: 4, wins: false },
      ],
      locked: true,
    },
    { name: 'debug', value: true, given: [{ level: 'owner', as: 'value', value: true, wins: true }], locked: false },
  ]);
});

const name = fc.constantFrom('a', 'b', '__proto__');
const value = fc.option(fc.constantFrom(1, 'x', false), { nil: null });
const given = fc.array(fc.record({ name, value, default: value }, { requiredKeys: ['name'] }), { maxLength: 4 });
const levels = fc.record({
  template: fc.array(fc.record({ name, default: value }), { maxLength: 2 }),
  blueprint: given,
  resource: given,
  owner: fc.array(fc.record({ name, value }, { requiredKeys: ['name'] }), { maxLength: 2 }),
});

test('the value that is told is the one that the template sees, and one level gives it', () => {
  fc.assert(
    fc.property(levels, (all) => {
      const accounts = paramAccounts(all);
      const values = paramValues(all);
      expect(Object.fromEntries(accounts.map((account) => [account.name, account.value]))).toEqual({ ...values });
      for (const account of accounts) expect(account.given.filter(({ wins }) => wins)).toHaveLength(1);
    }),
  );
});
