import { expect, it } from 'vitest';
import { ifThere } from './if-there.ts';

const failing = (code: string): Promise<never> => Promise.reject(Object.assign(new Error(code), { code }));

it('only what is not there is absent', async () => {
  await expect(ifThere(Promise.resolve('x'))).resolves.toBe('x');
  for (const code of ['ENOENT', 'ENOTDIR']) await expect(ifThere(failing(code))).resolves.toBeUndefined();
  for (const code of ['EACCES', 'EIO', 'EMFILE', 'EISDIR']) await expect(ifThere(failing(code))).rejects.toThrow(code);
});
