/** One package that an image or a source contains. */
export type BillPackage = {
  /** As the bill has it: `lodash`, `@types/node`, `golang.org/x/net`, `org.slf4j:slf4j-api`. */
  readonly name: string;
  /** As the bill has it; empty where it has none. */
  readonly version: string;
  /** Its package URL; empty where the bill names none. Compare parsed ones, never texts. */
  readonly purl: string;
  /**
   * As OSV names it, with the release of a distribution: `npm`, `crates.io`, `Debian:12`. What OSV has no name for is
   * called by type and namespace of its package URL, `rpm:centos`; empty where there is no package URL that can be read.
   */
  readonly ecosystem: string;
  /** What a distribution built it from: its advisories name source packages. */
  readonly source?: { readonly name: string; readonly version: string };
  /** The platforms of an index that have it, `linux/amd64`; left out where there is but one. */
  readonly platforms?: readonly string[];
  /** The files that name it, sorted, {@link MOST_PLACES} at most: `web/package-lock.json`; left out where none is known. */
  readonly places?: readonly string[];
};

/** How many of the files that name a package are kept. */
export const MOST_PLACES = 5;

/** Something that could not be read, so that a bill without it is not whole: a layer, a file, a platform. */
export type Unread = {
  /** `layer sha256:…`, `usr/lib/app.jar`, `platform linux/s390x`. */
  readonly what: string;
  /** Lower case, no full stop: `is larger than 64 MiB`. */
  readonly why: string;
};

/** A bill of material: the packages of one digest, each once, in a fixed order. */
export type Bill = {
  readonly packages: readonly BillPackage[];
  /** Empty for a bill that is whole. */
  readonly unread: readonly Unread[];
};
