import { CartoError } from '@cartographer/machinery';

/** An archive cannot be read or must not be unpacked; the message says which entry and why. */
export class ArchiveError extends CartoError {
  constructor(message: string, cause?: unknown) {
    super('CARTO_ARCHIVE', message, { cause, retry: 'never' });
    this.name = 'ArchiveError';
  }
}
