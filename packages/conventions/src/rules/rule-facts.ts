import { Buffer } from 'node:buffer';
import { type Bill, BillError, type BillPackage, billOf, parsePurl, readBill } from '@cartographer/bills';
import type { Bom, ImageFacts } from '@cartographer/convention-sdk';
import {
  type CelInput,
  celInput,
  getPath,
  isObject,
  type Json,
  type JsonObject,
  memoByIdentity,
  textAt,
  textsAt,
} from '@cartographer/machinery';

/** An image as expressions see it, and what of its bills says nothing. */
export type ImageInput = { readonly input: CelInput; readonly value: JsonObject; readonly warnings: readonly string[] };

/** An image without its packages: for rules that do not ask for them. */
export const imageWithoutPackages = memoByIdentity((facts: ImageFacts): ImageInput => inputOf(valueOf(facts), []));

/** An image with the packages of all its bills, each once. */
export const imageWithPackages = memoByIdentity((facts: ImageFacts): ImageInput => {
  const { packages, warnings } = packagesOf(facts);
  return inputOf({ ...valueOf(facts), packages: packages.map(packageValue) }, warnings);
});

function inputOf(value: JsonObject, warnings: readonly string[]): ImageInput {
  return { input: celInput(value), value, warnings };
}

/** All of these are always there, empty where an image has none; the config as it lies in the registry is `config`. */
function valueOf({ image, config }: ImageFacts): JsonObject {
  const said = isObject(config) ? config : {};
  const process = getPath(said, 'config');
  const labels = getPath(process, 'Labels');
  const ports = getPath(process, 'ExposedPorts');
  return {
    reference: image,
    os: textAt(said, 'os'),
    architecture: textAt(said, 'architecture'),
    labels: isObject(labels) ? labels : {},
    env: envOf(textsAt(process, 'Env')),
    entrypoint: textsAt(process, 'Entrypoint'),
    cmd: textsAt(process, 'Cmd'),
    user: textAt(process, 'User'),
    workingDir: textAt(process, 'WorkingDir'),
    ports: isObject(ports) ? Object.keys(ports).toSorted() : [],
    config: said,
  };
}

function envOf(entries: readonly string[]): JsonObject {
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf('=');
      return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

function packageValue({ name, version, purl, ecosystem }: BillPackage): Json {
  return { name, version, purl, ecosystem, type: parsePurl(purl)?.type ?? '' };
}

/** Buildpacks put each bill there in several formats, of which one that is read is enough. */
function packagesOf({ image, boms = [] }: ImageFacts): {
  readonly packages: readonly BillPackage[];
  readonly warnings: readonly string[];
} {
  const bills: Bill[] = [];
  const unread: string[] = [];
  for (const bom of boms) {
    const read = billIn(bom);
    if (typeof read === 'string') unread.push(`bill of material ${bom.name} of ${image} ${read}`);
    else bills.push(read);
  }
  const { packages } = billOf(
    bills.flatMap((bill) => bill.packages),
    [],
  );
  return { packages, warnings: bills.length === 0 ? unread : [] };
}

/** The bill, or why it is none. */
function billIn({ raw }: Bom): Bill | string {
  try {
    return readBill(Buffer.from(raw, 'base64'));
  } catch (error) {
    if (error instanceof BillError) return error.message;
    throw error;
  }
}
