/** What a scan holds, as far as others' changes can touch it. */
export type ScanHoldings = {
  readonly namespace: string;
  /** Digests of its bills: that of what it scans, and of what passed before. */
  readonly bills: readonly string[];
  /** What its bills are kept by. */
  readonly subjects: readonly string[];
  readonly ecosystems: readonly string[];
  /** Sources that have not answered for all of its packages yet. */
  readonly unasked: readonly string[];
  /** Names of the vulnerabilities that it shows, in upper case. */
  readonly names: ReadonlySet<string>;
  /** The policy that it names. */
  readonly policy: string;
};

/** Which scans a change can touch. */
export class ScanIndex {
  readonly #scans = new Map<string, ScanHoldings>();
  readonly #byBill = new Map<string, Set<string>>();

  note(key: string, holdings: ScanHoldings): void {
    this.forget(key);
    this.#scans.set(key, holdings);
    for (const bill of holdings.bills) {
      const keys = this.#byBill.get(bill) ?? new Set();
      this.#byBill.set(bill, keys.add(key));
    }
  }

  forget(key: string): void {
    for (const bill of this.#scans.get(key)?.bills ?? []) {
      const keys = this.#byBill.get(bill);
      keys?.delete(key);
      if (keys?.size === 0) this.#byBill.delete(bill);
    }
    this.#scans.delete(key);
  }

  ofBill(bill: string): Iterable<string> {
    return this.#byBill.get(bill) ?? [];
  }

  get(key: string): ScanHoldings | undefined {
    return this.#scans.get(key);
  }

  all(): Iterable<readonly [string, ScanHoldings]> {
    return this.#scans;
  }

  /** Scans that wait until a source has answered for their packages. */
  waitingFor(source: string): readonly string[] {
    return [...this.#scans].filter(([, { unasked }]) => unasked.includes(source)).map(([key]) => key);
  }
}
