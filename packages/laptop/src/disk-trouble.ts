/** What the disk refused, in words that say what to do; undefined when an error is about something else. */
export function diskTrouble(error: unknown, folder: string): string | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `no space left below ${folder}; make room`;
    case 'EROFS':
    case 'EACCES':
    case 'EIO':
      return `cannot write below ${folder}: ${message}`;
    case undefined:
    default:
      return undefined;
  }
}
