import { CartoError } from '@cartographer/machinery';

/** A rule of a convention cannot be compiled or applied; the message names it and the place in it. */
export class ConventionRuleError extends CartoError {
  /** Where it stands: `spec.rules[1].apply.spec.containers[0].env`. */
  readonly path: string;

  constructor(path: string, message: string, options: { readonly cause?: unknown } = {}) {
    super('CARTO_CONVENTION_RULE', `${path}: ${message}`, { retry: 'never', ...options });
    this.name = 'ConventionRuleError';
    this.path = path;
  }
}
