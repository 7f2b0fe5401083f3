import { CartoError, type Retry } from '@cartographer/machinery';

/** What an image says of itself cannot be read, breaks its digest or is larger than a bound; the message names it. */
export class ImageError extends CartoError {
  constructor(message: string, options: { readonly cause?: unknown; readonly retry?: Retry } = {}) {
    super('CARTO_IMAGE', message, { retry: 'never', ...options });
    this.name = 'ImageError';
  }
}
