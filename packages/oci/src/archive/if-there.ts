/**
 * What was read of the file system, or undefined when nothing is there. Whatever else keeps it from being read is
 * thrown: a disk that fails or a process out of files must not pass for an empty folder, which would be filled anew.
 */
export async function ifThere<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
