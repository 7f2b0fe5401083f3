import packageJson from '../../package.json' with { type: 'json' };

/** The version of this build, as `carto --version` and the user agent say it. */
export const VERSION: string = packageJson.version;
