import { crds } from '@cartographer/api';
import { defaultInstallValues, installation } from '@cartographer/controller';
import {
  CONVENTIONS_REPLICAS,
  conventionsCrds,
  conventionsInstallation,
  intentSecretsRights,
} from '@cartographer/conventions';
import { JENKINS_REPLICAS, jenkinsCrds, jenkinsInstallation, serverSecretsRights } from '@cartographer/jenkins';
import { CartoError, type KubeObject } from '@cartographer/machinery';
import {
  pullSecretsRights,
  type ScannerStore,
  STORE_SIZE,
  scannerInstallation,
  scanningCrds,
} from '@cartographer/scanning';
import { INSTALL_PARTS, type InstallPart } from '../process/install-parts.ts';
import { VERSION } from '../running/version.ts';

/** Flags of `carto install` that say what is installed. */
export type InstallChoice = {
  readonly crdsOnly?: boolean;
  readonly image?: string;
  /** Parts besides the controller. */
  readonly with: readonly InstallPart[];
  /** Namespaces whose pull secrets the scanner may read. */
  readonly pullSecretsIn: readonly string[];
  /** Name of the Secret that holds the URL of the scanner's database. */
  readonly scannerDatabase?: string;
  readonly sourceHosts: readonly string[];
  /** Namespaces whose Secrets of servers may be read by what runs builds on Jenkins. */
  readonly jenkinsSecretsIn: readonly string[];
  readonly serverHosts: readonly string[];
  /** Namespaces whose pull secrets may be read by what applies conventions. */
  readonly intentSecretsIn: readonly string[];
  readonly allowDestination: readonly string[];
  readonly plainHttp: readonly string[];
};

const DATABASE_REPLICAS = 2;

/**
 * Everything to apply, in order: namespaces, definitions of kinds, the rest.
 * @throws CartoError `CARTO_USAGE` for flags of a part that is not named.
 */
export function objectsToInstall(choice: InstallChoice): readonly KubeObject[] {
  const { crdsOnly = false, image, with: parts } = choice;
  refuseIdleFlags(choice);
  if (crdsOnly) return [...crds(), ...parts.flatMap((part) => PARTS[part].crds())];
  const values = defaultInstallValues(VERSION);
  const chosen = { ...values, image: image ?? values.image };
  return inOrder([...installation(chosen), ...parts.flatMap((part) => PARTS[part].objects(choice, chosen))]);
}

type Values = Pick<ReturnType<typeof defaultInstallValues>, 'namespace' | 'version' | 'image'>;

/** What each part consists of. */
const PARTS: Readonly<
  Record<
    InstallPart,
    { crds(): readonly KubeObject[]; objects(choice: InstallChoice, values: Values): readonly KubeObject[] }
  >
> = {
  scanner: {
    crds: scanningCrds,
    objects: (choice, { namespace, version, image }) => [
      ...scannerInstallation({ namespace, version, image, store: storeOf(choice), flags: flagsOf(choice, 'scanner') }),
      ...pullSecretsRights(namespace, choice.pullSecretsIn),
    ],
  },
  jenkins: {
    crds: jenkinsCrds,
    objects: (choice, { namespace, version, image }) => [
      ...jenkinsInstallation({
        namespace,
        version,
        image,
        replicas: JENKINS_REPLICAS,
        flags: flagsOf(choice, 'jenkins'),
      }),
      ...serverSecretsRights(namespace, choice.jenkinsSecretsIn),
    ],
  },
  conventions: {
    crds: conventionsCrds,
    objects: (choice, { namespace, version, image }) => [
      ...conventionsInstallation({
        namespace,
        version,
        image,
        replicas: CONVENTIONS_REPLICAS,
        flags: flagsOf(choice, 'conventions'),
      }),
      ...intentSecretsRights(namespace, choice.intentSecretsIn),
    ],
  },
};

/** What an object of an earlier place is needed for by those of a later one. */
const ORDER: readonly string[] = ['Namespace', 'CustomResourceDefinition'];

function inOrder(objects: readonly KubeObject[]): readonly KubeObject[] {
  const placeOf = ({ kind }: KubeObject): number => (ORDER.indexOf(kind) + ORDER.length + 1) % (ORDER.length + 1);
  return objects.toSorted((left, right) => placeOf(left) - placeOf(right));
}

function storeOf({ scannerDatabase }: InstallChoice): ScannerStore {
  return scannerDatabase === undefined
    ? { kind: 'volume', size: STORE_SIZE }
    : { kind: 'database', secret: scannerDatabase, replicas: DATABASE_REPLICAS };
}

/** Flags of `carto install` by the parts that they are for. */
const PARTS_OF_FLAGS: Readonly<Record<string, readonly InstallPart[]>> = {
  'pull-secrets-in': ['scanner'],
  'scanner-database': ['scanner'],
  'source-hosts': ['scanner'],
  'jenkins-secrets-in': ['jenkins'],
  'server-hosts': ['jenkins'],
  'intent-secrets-in': ['conventions'],
  'allow-destination': INSTALL_PARTS,
  'plain-http': INSTALL_PARTS,
};

/** Those that the command of a part has by the same name. */
const HANDED_ON = ['source-hosts', 'server-hosts', 'allow-destination', 'plain-http'];

function valuesOf(choice: InstallChoice): Readonly<Record<string, string | readonly string[]>> {
  return {
    'pull-secrets-in': choice.pullSecretsIn,
    'scanner-database': choice.scannerDatabase ?? '',
    'source-hosts': choice.sourceHosts,
    'jenkins-secrets-in': choice.jenkinsSecretsIn,
    'server-hosts': choice.serverHosts,
    'intent-secrets-in': choice.intentSecretsIn,
    'allow-destination': choice.allowDestination,
    'plain-http': choice.plainHttp,
  };
}

/** The same flags, for the command of a part. */
function flagsOf(choice: InstallChoice, part: InstallPart): readonly string[] {
  const values = valuesOf(choice);
  return HANDED_ON.filter((flag) => PARTS_OF_FLAGS[flag]?.includes(part) === true)
    .filter((flag) => values[flag]?.length !== 0)
    .map((flag) => `--${flag}=${String(values[flag])}`);
}

function refuseIdleFlags(choice: InstallChoice): void {
  const idle = Object.entries(valuesOf(choice)).find(
    ([flag, value]) => value.length > 0 && !PARTS_OF_FLAGS[flag]?.some((part) => choice.with.includes(part)),
  );
  if (idle === undefined) return;
  const [part = ''] = PARTS_OF_FLAGS[idle[0]] ?? [];
  throw new CartoError('CARTO_USAGE', `--${idle[0]} is for the ${part}: say --with ${part} as well`, {
    retry: 'never',
  });
}
