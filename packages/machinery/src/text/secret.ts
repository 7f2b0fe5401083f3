const REDACTED = '[redacted]';
/** By this name Node looks for how a value is printed; written out, because this package imports nothing of Node's. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** Holds a credential so that no message, log line or JSON can show it; {@link Secret.reveal} is the only way out. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The credential itself, for the one place that sends it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [INSPECT](): string {
    return REDACTED;
  }
}
