import { RegistryError } from '@cartographer/oci';
import { describe, expect, it } from 'vitest';
import { createConventionsStage, intent, labels, webhook } from './testing/conventions-stage.ts';

const secret = (name: string, namespace = 'default') =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace } });

describe('an intent that a registry wants a login for', () => {
  it('is computed as soon as a Secret of its namespace changes, and no other intent is', async () => {
    await using stage = await createConventionsStage();
    const image = 'registry.example.com/private:v1';
    const refuse = new RegistryError('Unauthorized', 'registry.example.com wants a login');
    stage.refusals.set(image, refuse);
    stage.servers.set('one', labels('x', '1'));
    await stage.apply(webhook('one') + intent('waits', { image }) + intent('other'));
    await stage.restart();
    // Its own next try is minutes away by now.
    await stage.pass(1_200_000);
    expect(await stage.said('waits')).toMatch(/^False ConventionsApplied: .*wants a login/);
    const calls = stage.calls.length;
    stage.refusals.delete(image);
    stage.tags.set(image, 'b');
    await stage.apply(secret('login'));
    await stage.pass(35_000);
    expect(await stage.said('waits')).toBe('True Applied');
    expect(stage.calls.slice(calls).every((call) => call.includes('waits'))).toBe(true);

    // Nobody waits any more: nothing is followed.
    const { length } = stage.audit;
    await stage.apply(secret('login'));
    await stage.pass(700_000);
    expect(stage.audit.slice(length).filter(({ objectRef }) => objectRef?.resource === 'secrets')).toHaveLength(1);
  });
});
