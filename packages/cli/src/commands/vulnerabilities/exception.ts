import { type Command, Option } from 'commander';
import { collect } from '../../frame/arguments.ts';
import { withOutputFlag, withTargetFlags, withYesFlag } from '../../frame/flags.ts';
import type { Surroundings } from '../../frame/surroundings.ts';

/** `carto exception` */
export function addException(program: Command, surroundings: Surroundings): void {
  const exception = program
    .command('exception')
    .aliases(['exceptions', 'vex'])
    .summary('let a vulnerability through for a while, with a reason')
    .description(
      'An exception excuses a vulnerability for scans of a namespace, as far as each policy allows, until it expires. It says ' +
        'why, in the words of OpenVEX. The gate follows by itself, when it is made and when it ends.',
    );
  addCreate(exception, surroundings);
  addList(exception, surroundings);
  addDelete(exception, surroundings);
}

function addCreate(exception: Command, surroundings: Surroundings): void {
  const create = exception
    .command('create')
    .summary('make an exception')
    .description('Shows the exception, asks, and makes it. The same once more changes nothing.')
    .argument('<id>', 'the vulnerability: CVE-2021-44228, GHSA-…, or another name of it')
    .requiredOption(
      '--reason <text>',
      'why it may be let through: what makes it harmless here, or what is done about it',
    )
    .requiredOption('--expires <when>', 'when it ends: 30d, 12h, a date like 2027-01-31, or never')
    .addOption(
      new Option(
        '--status <status>',
        'what is said of it; affected is let through all the same, under_investigation is not',
      )
        .choices(['not_affected', 'fixed', 'affected', 'under_investigation'])
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--justification <why>', 'why it is not affected, in a word of OpenVEX').choices([
        'component_not_present',
        'vulnerable_code_not_present',
        'vulnerable_code_not_in_execute_path',
        'vulnerable_code_cannot_be_controlled_by_adversary',
        'inline_mitigations_already_exist',
      ]),
    )
    .option('--package <purl>', 'for this package alone: pkg:npm/minimist, or with @1.2.5 that version')
    .option(
      '--image <pattern>',
      'for repositories like this alone: registry.example.com/team/*; may be given again',
      collect,
    )
    .option('--digest <digest>', 'for this artifact alone, sha256:…; may be given again', collect)
    .option('--name <name>', 'the name of the exception (default: made from the vulnerability and the package)')
    .option('--cluster', 'an exception of the cluster, which the operator writes')
    .option('--namespaces <labels>', 'with --cluster: for namespaces with these labels, team=web (default: all)')
    .addOption(
      new Option('--dry-run [where]', 'print it and make nothing; server: let the server check it').choices([
        'client',
        'server',
      ]),
    );
  withTargetFlags(withYesFlag(withOutputFlag(create)))
    .addHelpText(
      'after',
      '\nExit codes: 0 made, or there already; 1 refused by the server; 4 one of that name says something else; 7 declined.' +
        '\n\nExamples:' +
        '\n  carto exception create CVE-2021-44906 --package pkg:npm/minimist --expires 30d --status not_affected --reason "only parses our own flags"' +
        '\n  carto exception create GHSA-xvch-5gv4-984h --expires 2w --status affected --reason "update planned, SHOP-12" --yes' +
        '\n  carto exception create CVE-2021-44906 --expires never --status fixed --reason "patched by us" --dry-run > exception.yaml' +
        '\n\nNext: carto exception list',
    )
    .action(async (id: string, flags) =>
      (await import('../../findings/exception-command.ts')).createException(id, flags, surroundings),
    );
}

function addList(exception: Command, surroundings: Surroundings): void {
  const list = exception
    .command('list')
    .summary('what is excused, until when, and whether it does anything')
    .description('Lists exceptions with how many findings each excuses, and why not all that it is for.')
    .option('-A, --all-namespaces', 'of all namespaces')
    .option('--cluster', 'those of the cluster');
  withTargetFlags(withOutputFlag(list))
    .addHelpText(
      'after',
      '\nExamples:\n  carto exception list\n  carto exception list -A -o yaml\n  carto exception list --cluster',
    )
    .action(async (flags) => (await import('../../findings/exception-command.ts')).listExceptions(flags, surroundings));
}

function addDelete(exception: Command, surroundings: Surroundings): void {
  const remove = exception
    .command('delete')
    .summary('end exceptions: what they excuse counts again')
    .description('Deletes exceptions by name, after asking. Gates that stood open by them close by themselves.')
    .argument('<name...>', 'names of exceptions')
    .option('--cluster', 'exceptions of the cluster');
  withTargetFlags(withYesFlag(remove))
    .addHelpText(
      'after',
      '\nExit codes: 0 deleted; 3 there is none of that name, and nothing was deleted; 7 declined.' +
        '\n\nExamples:\n  carto exception delete cve-2021-44906-minimist\n  carto exception delete old-one another --yes -n shop',
    )
    .action(async (names: string[], flags) =>
      (await import('../../findings/exception-command.ts')).deleteExceptions(names, flags, surroundings),
    );
}
