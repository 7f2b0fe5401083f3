/** A text that is no bill that can be read; the message says what is wrong and where. */
export class BillError extends Error {
  override readonly name = 'BillError';
}
