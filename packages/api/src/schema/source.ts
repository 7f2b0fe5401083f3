import type { Infer } from './schema.ts';
import { object, string } from './schema.ts';

/** Where an owner's source is. */
export const source = object('Where the source is.', {
  git: object('A git repository.', {
    url: string('Address of the repository.'),
    ref: object('Which revision of it.', {
      branch: string('Name of a branch.'),
      tag: string('Name of a tag.'),
      commit: string('Id of a commit.'),
    }),
  }),
  image: string('An OCI image that holds the source.'),
  subPath: string('Folder in the source to take as its root.'),
});
/** Where an owner's source is. */
export type Source = Infer<typeof source>;
