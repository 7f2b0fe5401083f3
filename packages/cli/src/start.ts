import { runCommandLine } from './command-line.ts';

/** What `carto` does when it is started, from the sources and released. */
process.on('unhandledRejection', (error) => {
  const text = String(error instanceof Error ? error.stack : error);
  process.stderr.write(`carto: unexpected failure, please report it: ${text}\n`);
  process.exit(1);
});

// Whoever read the output went away (`carto --help | head`): there is nobody left to tell.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  });
}

void runCommandLine(process.argv);
