import type { ImageFacts, PodConventionContext } from '@cartographer/convention-sdk';
import { CartoError } from '@cartographer/machinery';
import type { Made } from '../../chain/run-chain.ts';
import type { IntentImages } from '../intent-images.ts';

/** What a convention server of a test makes of a request; a thrown error is no answer. */
export type PlayedServer = (request: PodConventionContext) => Omit<Made, 'kind'>;

/** Servers and images that a test plays. */
export function playedWorld() {
  const servers = new Map<string, PlayedServer>();
  const calls: string[] = [];
  const trusted = new Map<string, string | undefined>();
  const tags = new Map<string, string>([['registry.example.com/app:v1', 'a']]);
  const resolved: string[] = [];
  const refusals = new Map<string, CartoError>();
  const images: IntentImages = {
    resolve(reference) {
      resolved.push(reference);
      const refusal = refusals.get(reference);
      if (refusal !== undefined) return Promise.reject(refusal);
      const letter = tags.get(reference);
      if (letter !== undefined) return Promise.resolve({ image: imageBy(reference, letter) });
      if (reference.includes('@')) return Promise.resolve({ image: reference });
      return Promise.reject(new CartoError('CARTO_REGISTRY', `${reference} is not there`));
    },
    read: (image): Promise<ImageFacts> => Promise.resolve({ image, config: { architecture: 'amd64', os: 'linux' } }),
  };
  return {
    servers,
    calls,
    trusted,
    tags,
    resolved,
    refusals,
    images,
    caller: {
      call(endpoint: { readonly url: URL; readonly caPem?: string }, request: PodConventionContext) {
        const { host } = endpoint.url;
        calls.push(`${host} ${request.metadata.name}`);
        trusted.set(host, endpoint.caPem);
        const play = servers.get(host);
        if (play === undefined) return Promise.reject(new TypeError(`nobody plays ${host}`));
        return new Promise<Omit<Made, 'kind'>>((resolve) => resolve(play(request)));
      },
      close: () => Promise.resolve(),
    },
  };
}

/** The image of a reference by a digest, or by that of one letter. */
export function imageBy(reference: string, digest: string): string {
  return `${reference.replace(/:[^/]*$/, '')}@sha256:${digest.repeat(64 / digest.length)}`;
}
