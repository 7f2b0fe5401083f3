/**
 * Words that a shell understands itself. `exec` in front of one would look for a program of that name; what stands
 * before the program in `FOO=1 node` or `! node` is no program either, and does not pass the pattern below.
 */
const BUILTINS = new Set(
  [
    '. : [ alias bg bind break builtin case cd command continue declare dirs echo eval exec exit export false fc fg for',
    'function getopts hash help history if jobs kill let local logout popd printf pushd pwd read readonly return select',
    'set shift shopt source test time times trap true type typeset ulimit umask unalias unset until wait while',
  ].flatMap((line) => line.split(' ')),
);
const SHELL_SYNTAX = /[;&|<>()`\n\\{}]/;
const PROGRAM = /^\s*([\w./+-]+)(?:\s|$)/;

/**
 * The arguments that run a command line as buildpacks and npm do, through a shell: a Procfile's through bash where there
 * is one. A single program takes the place of the shell and gets signals itself; otherwise the shell waits for what it
 * runs when it is told to end, so that this has the time that it was given.
 */
export function shellCommand(command: string, from: 'Procfile' | 'package.json'): readonly string[] {
  // `npm start` would find the programs of dependencies, so a start script does, too.
  const path = 'PATH="$PWD/node_modules/.bin:$PATH"; export PATH';
  const [, word = ''] = PROGRAM.exec(command) ?? [];
  const isProgram = word !== '' && !BUILTINS.has(word) && !SHELL_SYNTAX.test(command);
  const script = isProgram ? `exec ${command.trimStart()}` : `trap 'exit 143' TERM\n${command}`;
  if (from === 'package.json') return ['/bin/sh', '-c', `${path}; ${script}`];
  return ['/bin/sh', '-c', `${path}; exec "$(command -v bash || command -v sh)" -c "$0"`, script];
}
