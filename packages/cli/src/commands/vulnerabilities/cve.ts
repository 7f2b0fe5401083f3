import { type Command, Option } from 'commander';
import { withTargetFlags } from '../../frame/flags.ts';
import type { Surroundings } from '../../frame/surroundings.ts';

/** `carto cve` */
export function addCve(program: Command, surroundings: Surroundings): void {
  withTargetFlags(
    program
      .command('cve')
      .summary('who carries a vulnerability or a package, and whether gates hold it back')
      .description(
        'Looks through what the scanner knows of every scan that you may read: whose it is, in which package and version, ' +
          'named by which file, of which image or source, whether the gate is open, why, and which version is fixed. ' +
          'Without -n in all namespaces.',
      )
      .argument(
        '<id|package>',
        'CVE-2021-44228, GHSA-…, another id of OSV; or a package: minimist, minimist@1.2.5, pkg:npm/minimist',
      )
      .addOption(new Option('-o, --output <format>', 'for programs').choices(['json', 'yaml', 'ndjson'])),
  )
    .addHelpText(
      'after',
      '\nExit codes: 0 nothing has it, or every gate lets it through by its policies; 1 something could not be read, or there is ' +
        'no scan; 2 a gate is closed for it; 3 no advisory has this id.' +
        '\n\nExamples:' +
        '\n  carto cve CVE-2021-44906' +
        '\n  carto cve pkg:npm/minimist@1.2.5 -n shop' +
        '\n  carto cve minimist -o ndjson' +
        '\n\nNext: carto findings NAME, carto exception create',
    )
    .action(async (text: string, flags) =>
      (await import('../../findings/cve-command.ts')).runCve(text, flags, surroundings),
    );
}
