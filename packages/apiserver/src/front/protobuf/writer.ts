const utf8 = new TextEncoder();

/** Writes the protobuf wire format, field by field. */
export class ProtobufWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** A message, a text's bytes, or bytes. */
  bytes(field: number, value: Uint8Array): this {
    this.#varint((field << 3) | 2);
    this.#varint(value.length);
    return this.#push(value);
  }

  /** A string. */
  text(field: number, value: string): this {
    return this.bytes(field, utf8.encode(value));
  }

  /** A truth value. */
  bool(field: number, value: boolean): this {
    this.#varint(field << 3);
    return this.#push(Uint8Array.of(value ? 1 : 0));
  }

  /** What has been written. */
  finish(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  #push(part: Uint8Array): this {
    this.#parts.push(part);
    this.#length += part.length;
    return this;
  }

  #varint(value: number): void {
    const bytes: number[] = [];
    let rest = value;
    for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80);
    bytes.push(rest);
    this.#push(Uint8Array.from(bytes));
  }
}
