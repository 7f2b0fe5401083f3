/** A text that is not the YAML that Kubernetes accepts. Lines and columns count from 1. */
export class YamlError extends Error {
  override readonly name = 'YamlError';
  readonly line: number;
  readonly column: number;

  /** `problem` says what is wrong; the message puts the line before it, as kubectl does. */
  constructor(problem: string, line: number, column: number) {
    super(`yaml: line ${line}: ${problem}`);
    this.line = line;
    this.column = column;
  }
}
