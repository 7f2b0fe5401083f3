/** A file and a line in it, as test runners, compilers and stack traces write them. */
const PLACES: readonly RegExp[] = [
  /\bFile "([^"]+)", line (\d+)/,
  /(?:^|[\s("'])(?:file:\/\/)?((?:\/|\.{1,2}\/)?[\w@.+/-]*\.[A-Za-z]{1,5}):(\d+)(?::\d+)?(?![\w.])/,
  /(?:^|\s)([\w@.+/-]+\.[A-Za-z]{1,5})\((\d+),\d+\)/,
];
/** Lines about the machinery, not about the code that was tested. */
const MACHINERY = /node:|node_modules\/|\/site-packages\/|\/lib\/python|\/go\/src\/|^\s*at .*<anonymous>\)?$/;
/** What begins the account of a failure. */
const FAILURE = /error|fail|✖|not ok|assert|exception|panic|traceback|expected|✗|×/i;

/**
 * Where the first failure is that a program wrote about, such as `test/words.test.js:7`; undefined when it named no line.
 * One in the folder counts before others; paths below it are shown from there.
 */
export function failingPlace(output: string, folder: string): string | undefined {
  const lines = output.split('\n');
  const start = lines.findIndex((line) => FAILURE.test(line));
  const before = Math.max(0, start - 1);
  const account = start === -1 ? [] : lines.slice(before);
  return (
    placeIn(
      account.filter((line) => line.includes(`${folder}/`)),
      folder,
    ) ??
    placeIn(account, folder) ??
    placeIn(lines.slice(0, before).toReversed(), folder)
  );
}

function placeIn(lines: readonly string[], folder: string): string | undefined {
  for (const line of lines) {
    if (MACHINERY.test(line.replaceAll(`file://${folder}`, ''))) continue;
    for (const place of PLACES) {
      const [, file, number] = place.exec(line) ?? [];
      if (file === undefined || number === undefined || /^\d/.test(file)) continue;
      return `${file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : file}:${number}`;
    }
  }
  return undefined;
}
