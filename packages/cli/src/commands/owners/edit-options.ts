import { type Command, Option } from 'commander';
import { collect, timeSpan } from '../../frame/arguments.ts';
import { withOutputFlag, withTargetFlags, withYesFlag } from '../../frame/flags.ts';

const APPLY_TIMEOUT = '10m';
const DELETE_TIMEOUT = '1m';

/** Flags of `create` and `apply` that every kind of owner has. */
export function withOwnerFlags(command: Command): Command {
  return command
    .option(
      '-f, --file <file|url|->',
      'a manifest, on which the other flags are laid; with it, what it does not say goes',
    )
    .option('-a, --app <name>', 'the app that it is a part of: label app.kubernetes.io/part-of')
    .option('-t, --type <type>', 'its type, by which chains choose it')
    .option('--type-label <key>', 'the label of --type, where chains select by several')
    .option('-l, --label <key=value,…>', 'a label; KEY- takes it away', collect)
    .option('--annotation <key=value,…>', 'an annotation of what runs: param annotations; KEY- takes it away', collect)
    .option('-p, --param <name=text>', 'a param of the chain; NAME- takes it away', collect)
    .option('--param-yaml <name=yaml>', 'a param that is no text, as YAML or JSON', collect)
    .option('--git-repo <url>', 'the git repository of the source; "" takes it away')
    .option('--git-branch <name>', 'a branch of it')
    .option('--git-tag <name>', 'a tag of it')
    .option('--git-commit <sha>', 'a commit of it')
    .option('--sub-path <folder>', 'the folder of the source that counts; "" takes it away')
    .option('-s, --source-image <image>', 'an image that holds the source, or where --local-path is pushed to')
    .option(
      '--local-path <path>',
      'sources of this machine: a folder, or a zip, jar or war archive, pushed to --source-image',
    )
    .option('--live', 'with --local-path: stay, and push each change that you save; Ctrl-C ends it')
    .option('--registry-username <name>', 'the login for that (default: the logins of docker)')
    .option('--registry-password <password>', 'better given as CARTO_REGISTRY_PASSWORD')
    .option('--registry-token <token>', 'a bearer token instead')
    .option('--registry-ca-cert <file>', 'certificates to trust besides those of the system', collect)
    .option('--service-account <name>', 'the account that acts for it; "" takes it away');
}

/** Flags of `create` and `apply` that only a Workload has: how it is built and run. */
export function withWorkloadFlags(command: Command): Command {
  return command
    .option('-i, --image <image>', 'a ready-made image, which is not built; "" takes it away')
    .option('--maven-group <id>', 'a Maven artifact instead of a source, as param maven')
    .option('--maven-artifact <id>', 'see --maven-group')
    .option('--maven-version <version>', 'see --maven-group')
    .option('--maven-type <type>', 'see --maven-group')
    .option('-e, --env <name=value>', 'an environment variable of the app; NAME- takes it away', collect)
    .option('--build-env <name=value>', 'an environment variable of the build; NAME- takes it away', collect)
    .option('--service-ref <name=apiversion:kind:name>', 'a service that the app needs; NAME- takes it away', collect)
    .option('--limit-cpu <quantity>', 'the most CPU; "" takes it away')
    .option('--limit-memory <quantity>', 'the most memory')
    .option('--request-cpu <quantity>', 'the least CPU')
    .option('--request-memory <quantity>', 'the least memory');
}

/** Flags of `create` and `apply` that say how it is done. */
export function withEditFlags(command: Command): Command {
  command
    .addOption(
      new Option(
        '--dry-run [where]',
        'print what would come of it, and write nothing: as reckoned here, or by the server',
      )
        .choices(['client', 'server'])
        .preset('client'),
    )
    .option('--wait', 'wait until it is ready')
    .addOption(timeout(APPLY_TIMEOUT))
    .option('--tail', 'wait, and show its logs meanwhile');
  return withTargetFlags(withYesFlag(withOutputFlag(command)));
}

/** Flags of `delete`. */
export function withDeleteFlags(command: Command): Command {
  command
    .option('-f, --file <file|url|->', 'the one that this manifest names')
    .option('--all', 'all of the namespace')
    .option('-l, --selector <selector>', 'those with these labels: app.kubernetes.io/part-of=shop')
    .option('--wait', 'wait until they are gone')
    .addOption(timeout(DELETE_TIMEOUT));
  return withTargetFlags(withYesFlag(command));
}

function timeout(span: string): Option {
  return new Option('--wait-timeout <span>', 'how long').argParser(timeSpan).default(timeSpan(span), span);
}
