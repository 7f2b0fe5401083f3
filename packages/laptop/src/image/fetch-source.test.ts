import { expect, it } from 'vitest';
import { fetchSource } from './fetch-source.ts';

it.each([
  'http://dev:100%hunter2@127.0.0.1:1/a.tar.gz',
  'http://127.0.0.1:1/a.tar.gz?token=hunter2',
  'http://dev:hu/hunter2@h/a',
])('a source that cannot be fetched is told without its credentials: %s', async (url) => {
  const failed = fetchSource(url, '/nonexistent/file', new AbortController().signal);
  await expect(failed).rejects.toThrow(/^cannot fetch http:\/\/.*xxxxx/);
  await expect(failed).rejects.not.toThrow('hunter2');
});
