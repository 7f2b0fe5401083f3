import type { ImageFacts, PodTemplateSpec } from '@cartographer/convention-sdk';
import { allEnded, CartoError, deepEqual } from '@cartographer/machinery';
import { normalTemplate } from '../kinds/normal-template.ts';
import type { AppliedReason } from '../kinds/reasons.ts';
import { appliedLog, withAppliedLog, withoutAppliedLog } from './applied-log.ts';
import type { Convention } from './convention.ts';
import { imagesIn, namedImages, withImages } from './template-images.ts';

/** What stands against a result; `afterMs` is how long a registry or a server wants to be left alone. */
export type Failure = {
  readonly kind: 'failed';
  readonly reason: AppliedReason;
  readonly message: string;
  readonly afterMs?: number;
};

/** What a convention makes of a template. */
export type Made = {
  readonly kind: 'made';
  readonly template: PodTemplateSpec;
  /** What it says that it applied. */
  readonly applied: readonly string[];
};

/** The world outside a chain. */
export type ChainPorts = {
  /** The image by digest. @throws CartoError that says why it cannot be looked at. */
  resolve(reference: string): Promise<string>;
  /** What is known of an image by digest. @throws CartoError that says why it cannot be looked at. */
  read(image: string, convention: Convention): Promise<ImageFacts>;
  apply(convention: Convention, template: PodTemplateSpec, images: readonly ImageFacts[]): Promise<Made | Failure>;
};

/** A reference as an intent or a convention has it, and the image by digest that took its place. */
type ResolvedImage = { readonly reference: string; readonly image: string };

/** What a chain came to. */
export type ChainOutcome =
  | {
      readonly kind: 'applied';
      readonly template: PodTemplateSpec;
      /** In the order of the references' texts. */
      readonly images: readonly ResolvedImage[];
    }
  | Failure;

/** What a chain is run over. */
export type ChainInput = {
  readonly template: PodTemplateSpec;
  /** In their order. */
  readonly conventions: readonly Convention[];
  /** The last result, which was seen to be at rest: the same one is not tried again. */
  readonly known?: PodTemplateSpec | undefined;
};

/** So often conventions are applied to what came of them, until they change nothing more. */
export const MOST_ROUNDS = 5;

/**
 * Applies conventions one after the other: each sees what those before it made, with the images by digest and what is known
 * of them. What comes of it is given to those that have not seen it, until nobody changes anything: conventions have to come
 * to rest, since every result may be an input again.
 */
export async function runChain(input: ChainInput, ports: ChainPorts): Promise<ChainOutcome> {
  const { conventions, known } = input;
  const wrong = conventions.map(({ does }) => does).find((does) => 'kind' in does);
  if (wrong !== undefined) return { kind: 'failed', reason: wrong.reason, message: wrong.message };
  const run = new ChainRun(input.template, ports);
  for (let round = 1; round <= MOST_ROUNDS; round += 1) {
    const failure = await run.round(conventions);
    if (failure !== undefined) return failure;
    const images = await run.resolveImages();
    if ('kind' in images) return images;
    const isAtRest = round > 1 ? run.changed.size === 0 : deepEqual(run.template, known);
    if (isAtRest || conventions.every((convention) => run.leavesAlone(convention))) return run.result();
  }
  return notConvergent(run);
}

function notConvergent({ changed, template }: ChainRun): Failure {
  const names = [...changed].join(', ');
  const over = `stopped after ${MOST_ROUNDS} rounds over ${namedImages(imagesIn(template))}`;
  const message =
    changed.size === 1
      ? `convention ${names} changes its own result again and again; ${over}: applied to its own result, it must change nothing`
      : `conventions ${names} change what the others made, again and again; ${over}: let only one of them set what they differ in`;
  return { kind: 'failed', reason: 'NotConvergent', message };
}

/** One computation: the template as it is by now, and what is known of the way there. */
class ChainRun {
  readonly #ports: ChainPorts;
  readonly #resolved = new Map<string, string>();
  /** What each convention was given last, where it gave it back as it was; undefined where it changed something. */
  readonly #left = new Map<Convention, PodTemplateSpec | undefined>();
  #template: PodTemplateSpec;
  #log: readonly string[];
  /** Names of those that changed something in this round. */
  readonly changed = new Set<string>();

  constructor(template: PodTemplateSpec, ports: ChainPorts) {
    this.#template = template;
    this.#log = appliedLog(template);
    this.#ports = ports;
  }

  get template(): PodTemplateSpec {
    return this.#template;
  }

  /** Whether it was given the very template as it is now, and changed nothing. */
  leavesAlone(convention: Convention): boolean {
    const left = this.#left.get(convention);
    return left !== undefined && deepEqual(left, withoutAppliedLog(this.#template));
  }

  result(): ChainOutcome {
    const images = [...this.#resolved].map(([reference, image]) => ({ reference, image }));
    const byReference = (a: ResolvedImage, b: ResolvedImage): number => (a.reference < b.reference ? -1 : 1);
    return { kind: 'applied', template: this.#template, images: images.toSorted(byReference) };
  }

  async round(conventions: readonly Convention[]): Promise<Failure | undefined> {
    this.changed.clear();
    for (const convention of conventions) {
      if (this.leavesAlone(convention)) continue;
      const failure = await this.#apply(convention);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  /** Puts digests in the place of all images. @returns those by digest, in the order of the texts that they had. */
  async resolveImages(): Promise<readonly string[] | Failure> {
    const images = imagesIn(this.#template);
    const digests = new Set(this.#resolved.values());
    const resolved = await eachImage(images, async (reference) => {
      const image = digests.has(reference) ? reference : this.#resolved.get(reference);
      return image ?? (await this.#ports.resolve(reference));
    });
    if ('kind' in resolved) return resolved;
    const names = new Map(images.map((reference, index) => [reference, resolved[index] ?? reference]));
    for (const [reference, image] of names) if (reference !== image) this.#resolved.set(reference, image);
    this.#template = withImages(this.#template, names);
    return [...new Set(resolved)];
  }

  async #apply(convention: Convention): Promise<Failure | undefined> {
    const images = await this.resolveImages();
    if ('kind' in images) return images;
    const facts = await eachImage(images, (image) => this.#ports.read(image, convention));
    if ('kind' in facts) return facts;
    const made = await this.#ports.apply(convention, this.#template, facts);
    if (made.kind === 'failed') return made;
    this.#note(convention, made);
    return undefined;
  }

  #note(convention: Convention, { template: answer, applied }: Made): void {
    const template = normalTemplate(answer);
    const entries = applied.map((entry) => `${convention.name}/${entry}`);
    // What is said again of what was said in an earlier round is no news.
    const isAgain = this.#left.has(convention);
    this.#log = [...this.#log, ...entries.filter((entry) => !isAgain || !this.#log.includes(entry))];
    const [before, after] = [withoutAppliedLog(this.#template), withoutAppliedLog(template)];
    const isLeft = deepEqual(before, after);
    this.#left.set(convention, isLeft ? after : undefined);
    if (!isLeft) this.changed.add(convention.name);
    this.#template = withAppliedLog(template, this.#log);
  }
}

/** What is made of each image, side by side; all of them are tried before any failure is told. */
async function eachImage<T>(
  images: readonly string[],
  make: (image: string) => Promise<T>,
): Promise<readonly T[] | Failure> {
  const failures: { readonly image: string; readonly error: CartoError }[] = [];
  const made = await allEnded(
    images.map(async (image) => {
      try {
        return [await make(image)];
      } catch (error) {
        if (!(error instanceof CartoError)) throw error;
        failures.push({ image, error });
        return [];
      }
    }),
  );
  if (failures.length === 0) return made.flat();
  const unread = failures.find(({ error }) => error.code === 'CARTO_PULL_SECRET');
  if (unread !== undefined) {
    return {
      kind: 'failed',
      reason: 'ImageResolutionFailed',
      message: `failed to authenticate: ${unread.error.message}`,
    };
  }
  const texts = failures
    .toSorted((a, b) => (a.image < b.image ? -1 : 1))
    .map(({ image, error }) => `image: "${image}" error: ${error.message}`);
  const afterMs = Math.max(...failures.map(({ error }) => error.afterMs ?? 0));
  return {
    kind: 'failed',
    reason: 'ConventionsApplied',
    message: `failed to fetch metadata for Images: ${texts.join('; ')}`,
    ...(afterMs > 0 ? { afterMs } : {}),
  };
}
