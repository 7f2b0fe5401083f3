/** Parts that `carto install` installs when they are named. */
export const INSTALL_PARTS = ['scanner', 'jenkins', 'conventions'] as const;

/** One of {@link INSTALL_PARTS}. */
export type InstallPart = (typeof INSTALL_PARTS)[number];
