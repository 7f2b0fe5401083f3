/** A field's number and wire type, as its tag says. */
export type FieldTag = { readonly number: number; readonly wire: number };

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads the protobuf wire format. Every read is bounded by the buffer: a malformed length throws RangeError. */
export class ProtobufReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The fields in the order in which they stand. The value of each has to be read or skipped before the next. */
  *fields(): Generator<FieldTag, void, undefined> {
    while (!this.atEnd) {
      const tag = Number(BigInt.asUintN(32, BigInt(this.#varint())));
      const field = { number: tag >>> 3, wire: tag & 7 };
      if (field.number === 0) throw new RangeError('a field has the number 0');
      yield field;
    }
  }

  /** Whether everything has been read. */
  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** A length-delimited value. */
  bytes(field: FieldTag): Uint8Array<ArrayBuffer> {
    requireWire(field, 2);
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

  /** A signed integer of 64 bits; beyond 2^53 it is a bigint, so that no digit is lost. */
  int64(field: FieldTag): number | bigint {
    requireWire(field, 0);
    const value = this.#varint();
    if (typeof value === 'number') return value;
    const signed = BigInt.asIntN(64, value);
    const short = Number(signed);
    return Number.isSafeInteger(short) ? short : signed;
  }

  /** A signed integer of 32 bits; higher bits are dropped, as protobuf has it. */
  int32(field: FieldTag): number {
    requireWire(field, 0);
    return Number(BigInt.asIntN(32, BigInt(this.#varint())));
  }

  /** A floating-point number of 64 bits. */
  double(field: FieldTag): number {
    requireWire(field, 1);
    const at = this.#at;
    this.#advance(8);
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + at, 8).getFloat64(0, true);
  }

  /** Steps over a value. */
  skip(field: FieldTag): void {
    if (field.wire === 0) this.#varint();
    else if (field.wire === 1) this.#advance(8);
    else if (field.wire === 2) this.bytes(field);
    else if (field.wire === 5) this.#advance(4);
    else throw new RangeError(`wire type ${field.wire} is not supported`);
  }

  #advance(count: number): void {
    this.#at += count;
    if (this.#at > this.#bytes.length) throw new RangeError('the body ends inside a value');
  }

  /** Numbers of up to four bytes, nearly all, come without a detour over bigint. */
  #varint(): number | bigint {
    let short = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      short |= (byte & 0x7f) << shift;
      if (byte < 0x80) return short;
    }
    let value = BigInt(short);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new RangeError('a number is longer than ten bytes');
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new RangeError('the body ends inside a number');
    this.#at += 1;
    return byte;
  }
}

function requireWire(field: FieldTag, wire: number): void {
  if (field.wire !== wire) throw new RangeError(`field ${field.number} has wire type ${field.wire}, not ${wire}`);
}
