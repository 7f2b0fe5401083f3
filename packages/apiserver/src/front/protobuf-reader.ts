/** A field's number and wire type, as its tag says. */
export type FieldTag = { readonly number: number; readonly wire: number };

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** Reads the protobuf wire format. Every read is bounded by the buffer: a malformed length throws RangeError. */
export class ProtobufReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next tag, or undefined at the end. */
  next(): FieldTag | undefined {
    if (this.#at >= this.#bytes.length) return undefined;
    const tag = Number(this.#varint() & 0xffff_ffffn);
    return { number: tag >>> 3, wire: tag & 7 };
  }

  /** A length-delimited value. */
  bytes(field: FieldTag): Uint8Array<ArrayBuffer> {
    if (field.wire !== 2) throw new RangeError(`field ${field.number} has wire type ${field.wire}, not 2`);
    const length = Number(this.#varint());
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError(`field ${field.number} is longer than the body`);
    const value = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return value as Uint8Array<ArrayBuffer>;
  }

  /** A string; invalid UTF-8 throws TypeError. */
  text(field: FieldTag): string {
    return strictUtf8.decode(this.bytes(field));
  }

  /** A signed integer; beyond 2^53 it is a bigint, so that no digit is lost. */
  integer(field: FieldTag): number | bigint {
    if (field.wire !== 0) throw new RangeError(`field ${field.number} has wire type ${field.wire}, not 0`);
    const value = BigInt.asIntN(64, this.#varint());
    const short = Number(value);
    return Number.isSafeInteger(short) ? short : value;
  }

  /** Steps over a value. */
  skip(field: FieldTag): void {
    if (field.wire === 0) this.#varint();
    else if (field.wire === 1) this.#advance(8);
    else if (field.wire === 2) this.bytes(field);
    else if (field.wire === 5) this.#advance(4);
    else throw new RangeError(`wire type ${field.wire} is not supported`);
  }

  /** Steps over a value and tells whether it was a zero value. */
  isEmpty(field: FieldTag): boolean {
    if (field.wire === 0) return this.#varint() === 0n;
    if (field.wire === 2) return this.bytes(field).length === 0;
    this.skip(field);
    return false;
  }

  #advance(count: number): void {
    this.#at += count;
    if (this.#at > this.#bytes.length) throw new RangeError('the body ends inside a value');
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new RangeError('the body ends inside a number');
      this.#at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new RangeError('a number is longer than ten bytes');
  }
}
