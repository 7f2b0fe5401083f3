import { runCommandLine } from './command-line.ts';

/** What `carto` does when it is started, from the sources and released. */
process.on('unhandledRejection', (error) => {
  const text = String(error instanceof Error ? error.stack : error);
  process.stderr.write(`carto: unexpected failure, please report it: ${text}\n`);
  process.exit(1);
});

void runCommandLine(process.argv);
