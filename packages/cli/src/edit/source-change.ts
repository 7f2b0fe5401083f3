import type { ChangeFlags } from './edit-flags.ts';

/** A field that flags change: undefined leaves alone, `''` takes away. */
export type TextChange = string | undefined;

/** What the flags say about where an app comes from. */
export type SourceChange = {
  readonly git: Readonly<Record<'url' | 'branch' | 'tag' | 'commit', TextChange>>;
  readonly image: TextChange;
  /** The image that holds the source: `--source-image`, or what `--local-path` was uploaded as. */
  readonly sourceImage: TextChange;
  readonly subPath: TextChange;
  readonly maven: Readonly<Record<'groupId' | 'artifactId' | 'version' | 'type', TextChange>>;
  /** The one family that is given: what belongs to another goes. */
  readonly family: SourceFamily | undefined;
};

/** The ways in which an app can be given; each excludes the others. */
type SourceFamily = 'git' | 'image' | 'source image' | 'maven';

/** Reads the flags about the source; two families at once are a problem. */
export function sourceChange(flags: ChangeFlags, problems: string[]): SourceChange {
  const families = familiesOf(flags).filter(([, texts]) => texts.some(isGiven));
  if (families.length > 1) {
    const named = families.map(([family]) => FLAGS[family]).join(' and ');
    problems.push(`${named} are different sources: give one of them`);
  }
  return {
    git: { url: flags.gitRepo, branch: flags.gitBranch, tag: flags.gitTag, commit: flags.gitCommit },
    image: flags.image,
    sourceImage: flags.sourceImage,
    subPath: flags.subPath,
    maven: {
      groupId: flags.mavenGroup,
      artifactId: flags.mavenArtifact,
      version: flags.mavenVersion,
      type: flags.mavenType,
    },
    family: families.length === 1 ? families[0]?.[0] : undefined,
  };
}

const FLAGS: Readonly<Record<SourceFamily, string>> = {
  git: '--git-repo',
  image: '--image',
  'source image': '--source-image (or --local-path)',
  maven: '--maven-artifact',
};

function familiesOf(flags: ChangeFlags): readonly (readonly [SourceFamily, readonly TextChange[]])[] {
  return [
    ['git', [flags.gitRepo, flags.gitBranch, flags.gitTag, flags.gitCommit]],
    ['image', [flags.image]],
    ['source image', [flags.sourceImage, flags.localPath]],
    ['maven', [flags.mavenGroup, flags.mavenArtifact, flags.mavenVersion, flags.mavenType]],
  ];
}

function isGiven(text: TextChange): boolean {
  return text !== undefined && text !== '';
}
