import { crds } from '@cartographer/api';
import { defaultInstallValues, installation } from '@cartographer/controller';
import { CartoError, type KubeObject } from '@cartographer/machinery';
import {
  pullSecretsRights,
  type ScannerStore,
  STORE_SIZE,
  scannerInstallation,
  scanningCrds,
} from '@cartographer/scanning';
import type { InstallPart } from './install-parts.ts';
import { VERSION } from './version.ts';

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
  const hasScanner = parts.includes('scanner');
  if (!hasScanner) refuseScannerFlags(choice);
  if (crdsOnly) return [...crds(), ...(hasScanner ? scanningCrds() : [])];
  const values = defaultInstallValues(VERSION);
  const { namespace, version } = values;
  const chosen = { ...values, image: image ?? values.image };
  const scanner = (): readonly KubeObject[] => [
    ...scannerInstallation({
      namespace,
      version,
      image: chosen.image,
      store: storeOf(choice),
      flags: scannerFlags(choice),
    }),
    ...pullSecretsRights(namespace, choice.pullSecretsIn),
  ];
  return inOrder([...installation(chosen), ...(hasScanner ? scanner() : [])]);
}

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

/** The same flags, for `carto scanner`. */
function scannerFlags({ sourceHosts, allowDestination, plainHttp }: InstallChoice): readonly string[] {
  return Object.entries({ 'source-hosts': sourceHosts, 'allow-destination': allowDestination, 'plain-http': plainHttp })
    .filter(([, list]) => list.length > 0)
    .map(([flag, list]) => `--${flag}=${list.join(',')}`);
}

function refuseScannerFlags({
  pullSecretsIn,
  scannerDatabase = '',
  sourceHosts,
  allowDestination,
  plainHttp,
}: InstallChoice): void {
  const given = Object.entries({
    'pull-secrets-in': pullSecretsIn,
    'scanner-database': scannerDatabase,
    'source-hosts': sourceHosts,
    'allow-destination': allowDestination,
    'plain-http': plainHttp,
  }).find(([, value]) => value.length > 0);
  if (given === undefined) return;
  throw new CartoError('CARTO_USAGE', `--${given[0]} is for the scanner: say --with scanner as well`, {
    retry: 'never',
  });
}
