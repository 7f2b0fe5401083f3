import { CartoError } from '@cartographer/machinery';

/** A kubeconfig that cannot be used. The message names the file, the line where there is one, and what to do. */
export class KubeconfigError extends CartoError {
  override readonly name = 'KubeconfigError';
  readonly file: string | undefined;
  readonly line: number | undefined;

  constructor(message: string, place: { readonly file?: string; readonly line?: number } = {}, cause?: unknown) {
    const at = place.file === undefined ? '' : ` ${place.file}${place.line === undefined ? '' : `:${place.line}`}`;
    super('CARTO_KUBECONFIG', `kubeconfig${at}: ${message}`, { cause, retry: 'never' });
    this.file = place.file;
    this.line = place.line;
  }
}
