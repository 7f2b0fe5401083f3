const DEFAULT_PREAMBLE = '#!/bin/sh\nset -e\n';
const INTERPRETER = /^#!\s*(\S+)(?:[ \t]+(\S.*?))?[ \t\r]*$/;

/**
 * How to run a script: with its interpreter, and in `sh -e` without one, as Tekton does. The interpreter is called, not the
 * file: a file that was written just now may not be ready to be executed (ETXTBSY).
 */
export function scriptCommand(
  script: string,
  file: string,
): { readonly text: string; readonly argv: readonly string[] } {
  const text = script.startsWith('#!') ? script : `${DEFAULT_PREAMBLE}${script}`;
  const [firstLine = ''] = text.split('\n', 1);
  const [, program, argument] = INTERPRETER.exec(firstLine) ?? [];
  // Like the kernel: what follows the interpreter is one argument.
  return { text, argv: [program ?? '/bin/sh', ...(argument === undefined ? [] : [argument]), file] };
}
