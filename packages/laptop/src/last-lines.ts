const LINES = 8;
/** A line of a stack trace, of Node or a JVM: it says where, and pushes what went wrong out of sight. */
const STACK_FRAME = /^\s+at .*[:(]/;

/** The end of what a program wrote, as one line for a message: no colours, no control characters, no stack, bounded. */
export function lastLines(output: string, maxChars = 500): string {
  const lines = output.split('\n').map(printable);
  const text = lines
    .filter((line) => line !== '' && !STACK_FRAME.test(line))
    .slice(-LINES)
    .join(' | ');
  if (text === '') return '(none)';
  return text.length > maxChars ? `…${text.slice(-maxChars)}` : text;
}

function printable(line: string): string {
  // oxlint-disable-next-line no-control-regex -- instructions to terminals
  const plain = line.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '');
  // oxlint-disable-next-line no-control-regex -- what is left of them
  return plain.replace(/[\u0000-\u001f\u007f]/g, ' ').trimEnd();
}
