import type { PodTemplateSpec } from '@cartographer/convention-sdk';
import { CartoError } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { MOST_ROUNDS, runChain } from './run-chain.ts';
import { type Deed, labelled, made, playedChain } from './testing/conventions.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const LOG = 'conventions.carto.run/applied-conventions';
const pod = (...images: readonly string[]): PodTemplateSpec => ({
  spec: { containers: images.map((image, index) => ({ name: `c${index}`, image })) },
});
const leave: Deed = (template) => made(template, 'left');
const label =
  (name: string, value: string, ...said: readonly string[]): Deed =>
  (template) =>
    made(labelled(template, name, value), ...said);

async function run(deeds: Readonly<Record<string, Deed>>, template: PodTemplateSpec, world = {}) {
  const { conventions, ports, asked } = playedChain(deeds, world);
  return { outcome: await runChain({ conventions, template }, ports), asked };
}

async function result(deeds: Readonly<Record<string, Deed>>, template: PodTemplateSpec): Promise<PodTemplateSpec> {
  const { outcome } = await run(deeds, template);
  if (outcome.kind === 'failed') throw new Error(outcome.message);
  return outcome.template;
}

const images = ({ spec }: PodTemplateSpec) => spec.containers.map(({ image }) => image);
const log = ({ metadata }: PodTemplateSpec) => metadata?.annotations?.[LOG];

describe('a chain', () => {
  it('of no convention gives the template with its images by digest, and says nothing in it', async () => {
    const { outcome } = await run({}, pod('r/app:v1'));
    expect(outcome).toEqual({
      kind: 'applied',
      template: pod(`r/app@${DIGEST}`),
      images: [{ reference: 'r/app:v1', image: `r/app@${DIGEST}` }],
    });
  });

  it('gives each convention what those before it made', async () => {
    const seen: (string | undefined)[] = [];
    const look: Deed = (template) => {
      seen.push(template.metadata?.labels?.['x']);
      return made(template);
    };
    await result({ a: label('x', '1'), b: look }, pod('r/app'));
    expect(seen).toEqual(['1']);
  });

  it('tells what was applied, a line an entry, in order and with the name of the convention', async () => {
    expect(log(await result({ basic: label('x', '1', 'add-env-var'), 'late-dumper': leave }, pod('r/app')))).toBe(
      'basic/add-env-var\nlate-dumper/left',
    );
  });

  it('goes on from what the template tells already', async () => {
    const template = { metadata: { annotations: { [LOG]: 'old/one\nold/two' } }, ...pod('r/app') };
    expect(log(await result({ a: leave }, template))).toBe('old/one\nold/two\na/left');
  });

  it('writes an empty log where nothing was said to be applied', async () => {
    expect(log(await result({ a: (template) => made(template) }, pod('r/app')))).toBe('');
  });

  it('lets no convention take away or add to what is told', async () => {
    const forge: Deed = ({ spec }) => made({ metadata: { annotations: { [LOG]: 'forged/entry' } }, spec }, 'mine');
    expect(log(await result({ a: leave, b: forge, c: leave }, pod('r/app')))).toBe('a/left\nb/mine\nc/left');
  });

  it('looks up images that a convention adds before the next one runs, and after the last one', async () => {
    const add =
      (image: string): Deed =>
      ({ spec }) =>
        spec.containers.some(({ name }) => name === image)
          ? made({ spec })
          : made({ spec: { ...spec, containers: [...spec.containers, { name: image, image }] } });
    const seen: unknown[] = [];
    const look: Deed = (template) => {
      seen.push(images(template));
      return made(template);
    };
    const made2 = await result({ a: add('early'), b: look, c: add('last') }, pod('r/app'));
    expect(seen[0]).toEqual([`r/app@${DIGEST}`, `early@${DIGEST}`]);
    expect(images(made2)).toEqual([`r/app@${DIGEST}`, `early@${DIGEST}`, `last@${DIGEST}`]);
  });

  it('tells a convention of each distinct image once, those of init containers as well, in the order of their names', async () => {
    const told: string[][] = [];
    const template: PodTemplateSpec = {
      spec: {
        initContainers: [{ name: 'i', image: 'z:1' }],
        containers: [{ name: 'a', image: 'b:1' }, { name: 'b', image: 'b:1' }, { name: 'c' }, { name: 'd', image: '' }],
      },
    };
    await run({}, template);
    const { outcome } = await run({ a: leave }, template, {
      apply: (_convention: unknown, given: PodTemplateSpec, facts: readonly { readonly image: string }[]) => {
        told.push(facts.map(({ image }) => image));
        return Promise.resolve(made(given));
      },
    });
    expect(told).toEqual([[`b@${DIGEST}`, `z@${DIGEST}`]]);
    expect(outcome).toMatchObject({
      template: {
        spec: {
          initContainers: [{ image: `z@${DIGEST}` }],
          containers: [{ image: `b@${DIGEST}` }, { image: `b@${DIGEST}` }, { name: 'c' }, { image: '' }],
        },
      },
    });
  });

  it('asks each image once, however many conventions there are', async () => {
    const resolved: string[] = [];
    await run({ a: label('x', '1'), b: leave, c: leave }, pod('r/app:v1'), {
      resolve(reference: string) {
        resolved.push(reference);
        return Promise.resolve(`r/app@${DIGEST}`);
      },
    });
    expect(resolved).toEqual(['r/app:v1']);
  });

  it('names every image that cannot be looked up, and asks no convention', async () => {
    const { outcome, asked } = await run({ a: leave }, pod('r/ok', 'r/no', 'r/gone'), {
      resolve: (reference: string) =>
        reference === 'r/ok'
          ? Promise.resolve(`r/ok@${DIGEST}`)
          : Promise.reject(
              new CartoError('CARTO_REGISTRY', `${reference} is not there`, { retry: 'after', afterMs: 7 }),
            ),
    });
    expect(asked).toEqual([]);
    expect(outcome).toEqual({
      kind: 'failed',
      reason: 'ConventionsApplied',
      message:
        'failed to fetch metadata for Images: image: "r/gone" error: r/gone is not there; image: "r/no" error: r/no is not there',
      afterMs: 7,
    });
  });

  it('says that it could not authenticate, where a pull secret cannot be read', async () => {
    const { outcome } = await run({ a: leave }, pod('r/app'), {
      resolve: () => Promise.reject(new CartoError('CARTO_PULL_SECRET', 'auths cannot be read')),
    });
    expect(outcome).toMatchObject({
      reason: 'ImageResolutionFailed',
      message: 'failed to authenticate: auths cannot be read',
    });
  });

  it('takes a bug for a bug', async () => {
    const bug = { resolve: () => Promise.reject(new TypeError('a bug')) };
    await expect(run({ a: leave }, pod('r/app'), bug)).rejects.toThrow('a bug');
  });

  it('ends at the first convention that fails', async () => {
    const fail: Deed = () => ({ kind: 'failed', reason: 'ConventionsApplied', message: 'no answer' });
    const { outcome, asked } = await run({ a: leave, b: fail, c: leave }, pod('r/app'));
    expect(outcome).toMatchObject({ kind: 'failed', message: 'no answer' });
    expect(asked).toEqual(['a', 'b']);
  });
});

describe('conventions come to rest', () => {
  it('and one that changes nothing is asked once', async () => {
    const { asked } = await run({ a: leave, b: leave }, pod('r/app'));
    expect(asked).toEqual(['a', 'b']);
  });

  it('and those that have not seen the result are asked about it', async () => {
    const { asked, outcome } = await run({ a: label('x', '1', 'one'), b: leave }, pod('r/app'));
    expect(asked).toEqual(['a', 'b', 'a']);
    expect(outcome).toMatchObject({ template: { metadata: { annotations: { [LOG]: 'a/one\nb/left' } } } });
  });

  it('and a result that is known to be at rest is not tried again', async () => {
    const deeds = { a: label('x', '1', 'one'), b: leave };
    const known = await result(deeds, pod('r/app'));
    const { conventions, ports, asked } = playedChain(deeds);
    await runChain({ conventions, template: pod('r/app'), known }, ports);
    expect(asked).toEqual(['a', 'b']);
  });

  it('in a second round, where the first needs what the last one adds', async () => {
    const react: Deed = (template) =>
      template.metadata?.labels?.['late'] === undefined
        ? made(template)
        : made(labelled(template, 'seen', '1'), 'seen');
    const final = await result({ a: react, b: label('late', '1', 'late') }, pod('r/app'));
    expect(final.metadata?.labels).toEqual({ late: '1', seen: '1' });
    expect(log(final)).toBe('b/late\na/seen');
  });

  it.each<[string, object]>([
    ['a null', { creationTimestamp: null }],
    ['an empty map', { labels: {} }],
    ['what a template has not', { finalizers: [], uid: 'x' }],
  ])('and %s in the metadata of an answer is no change', async (_what, metadata) => {
    const { asked, outcome } = await run({ a: ({ spec }) => made({ metadata, spec }) }, pod('r/app'));
    expect(asked).toEqual(['a']);
    expect(outcome).toMatchObject({ template: { metadata: { annotations: { [LOG]: '' } } } });
  });

  it('or the one that does not is named with the image and what to do, and asked no more', async () => {
    const grow: Deed = (template) => made(labelled(template, 'n', `${template.metadata?.labels?.['n'] ?? ''}x`));
    const { outcome, asked } = await run({ grow, still: leave }, pod('r/app:v1'));
    expect(outcome).toEqual({
      kind: 'failed',
      reason: 'NotConvergent',
      message: `convention grow changes its own result again and again; stopped after ${MOST_ROUNDS} rounds over image r/app@${DIGEST}: applied to its own result, it must change nothing`,
    });
    expect(asked.filter((name) => name === 'grow')).toHaveLength(MOST_ROUNDS);
  });

  it('or those that undo each other are named, though every round ends with the same', async () => {
    const { outcome, asked } = await run({ one: label('x', '1'), two: label('x', '2'), still: leave }, pod('r/app'));
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'NotConvergent' });
    expect(outcome).toMatchObject({
      message: expect.stringMatching(/^conventions one, two change what the others made/),
    });
    expect(asked).toHaveLength(2 * MOST_ROUNDS + 1);
  });

  it('and no more than some images are named', async () => {
    let n = 0;
    const grow: Deed = (template) => made(labelled(template, 'n', String((n += 1))));
    const many = Array.from({ length: 200 }, (_, index) => `r/app-${index}`);
    const { outcome } = await run({ grow }, pod(...many));
    expect(outcome).toMatchObject({ message: expect.stringContaining(' and 195 more: ') });
  });
});
