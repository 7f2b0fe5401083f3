/** A ref of a remote repository. An annotated tag has the hash of its own object, and the commit it stands for as `peeled`. */
export type RemoteRef = { readonly name: string; readonly hash: string; readonly peeled?: string };

/** Parses `git ls-remote`. Lines that are no refs are passed over. */
export function parseRemoteRefs(output: string): readonly RemoteRef[] {
  const refs = new Map<string, { name: string; hash: string; peeled?: string }>();
  for (const line of output.split('\n')) {
    const [hash, name] = line.split('\t');
    if (hash === undefined || name === undefined || !/^[0-9a-f]{40,64}$/.test(hash)) continue;
    const tag = name.endsWith('^{}') ? refs.get(name.slice(0, -3)) : undefined;
    if (tag === undefined) refs.set(name, { name, hash });
    else tag.peeled = hash;
  }
  return [...refs.values()];
}

/** The commit a ref stands for. */
export function commitOf(ref: RemoteRef): string {
  return ref.peeled ?? ref.hash;
}

/** A hash with its algorithm, as revisions carry it: `sha1:810d53…`. */
export function hashDigest(hash: string): string {
  return `${hash.length === 64 ? 'sha256' : 'sha1'}:${hash}`;
}
