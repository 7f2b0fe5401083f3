import { type Command, Option } from 'commander';
import type { Surroundings } from '../../frame/surroundings.ts';

/** `carto scan` */
export function addScan(program: Command, { terminal }: Surroundings): void {
  program
    .command('scan')
    .summary('find known vulnerabilities in a bill of material, in lock files or in an image, with no server')
    .description(
      'Matches packages against advisories in the OSV format, and prints what was found. Nothing is sent anywhere, and ' +
        'nothing is built or started. What cannot be read is named, and makes the scan incomplete.',
    )
    .argument('[folder]', 'a source: its lock files are read, wherever they stand in it')
    .option('--sbom <file>', 'a bill of material: CycloneDX 1.2 to 1.7 or SPDX 2.2 and 2.3, as JSON')
    .option(
      '--image <reference>',
      'an image, read layer by layer: of a registry, with the logins of docker; or a path of an OCI layout or an archive of docker save',
    )
    .requiredOption(
      '--advisories <folder|zip|url>',
      'OSV records: a folder of JSON files or archives, an archive (all.zip), or its https URL',
    )
    .option('--policy <file>', 'a ClusterScanPolicy, as YAML: it refuses or not')
    .addOption(
      new Option('-o, --output <format>', 'table for people, the others for programs')
        .choices(['table', 'json', 'sarif', 'openvex'])
        .default('table'),
    )
    .addHelpText(
      'after',
      '\nExit codes: 0 not refused, whatever was found; 1 an error, or input that could not be read whole; 2 refused by the policy.' +
        '\n\nExamples:' +
        '\n  carto scan --sbom app.cdx.json --advisories advisories/' +
        '\n  carto scan . --advisories https://example.com/npm/all.zip -o json',
    )
    .action(async (folder: string | undefined, options) => {
      await (await import('../../scan/scan-command.ts')).runScan(folder, options, terminal);
    });
}
