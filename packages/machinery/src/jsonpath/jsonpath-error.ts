/** A JSONPath template that does not parse, or cannot be evaluated on the data. The message is client-go's. */
export class JsonPathError extends Error {
  override readonly name = 'JsonPathError';
}

/**
 * An evaluation error together with what the failing step had found so far: client-go's existence filter
 * ignores the error and looks only at that.
 */
export class JsonPathStepError extends JsonPathError {
  readonly partial: readonly unknown[];

  constructor(message: string, partial: readonly unknown[]) {
    super(message);
    this.partial = partial;
  }
}
