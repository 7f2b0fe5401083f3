import { Buffer } from 'node:buffer';
import type { Bom } from '@cartographer/convention-sdk';

/** Bills of an image, and what of them could not be read. */
export type FoundBoms = { readonly boms: readonly Bom[]; readonly unread: readonly string[] };

/** What one bill may have, and all of an image: they travel as base64 within one request. */
export const MAX_BOM_BYTES = 4 * 1024 ** 2;
const MAX_ALL_BYTES = 16 * 1024 ** 2;
const MOST_BOMS = 32;

/** Takes bills as long as there is room for them, and names those that are left. */
export class BomShelf {
  readonly #boms: Bom[] = [];
  readonly #unread: string[] = [];
  #leftBytes = MAX_ALL_BYTES;

  put(name: string, bytes: Buffer): void {
    if (!this.hasRoom(name, bytes.length)) return;
    this.#leftBytes -= bytes.length;
    this.#boms.push({ name, raw: bytes.toString('base64') });
  }

  /** Whether a bill of that size is taken; one that is not is named. */
  hasRoom(name: string, sizeBytes: number): boolean {
    if (sizeBytes > MAX_BOM_BYTES) this.leave(`${name} has ${sizeBytes} bytes, more than ${MAX_BOM_BYTES}`);
    else if (this.#boms.length === MOST_BOMS || sizeBytes > this.#leftBytes) {
      this.leave(`${name} is beyond the ${MOST_BOMS} bills and ${MAX_ALL_BYTES} bytes that are read of one image`);
    } else return true;
    return false;
  }

  leave(why: string): void {
    this.#unread.push(why);
  }

  get found(): FoundBoms {
    const byName = (a: Bom, b: Bom): number => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name));
    return { boms: this.#boms.toSorted(byName), unread: this.#unread };
  }
}
