import { delimiter, dirname } from 'node:path';

/** A process environment, as Node has it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What programs that run for the user get from the environment of `carto up`; credentials in it stay there. */
const INHERITED = [
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
  'http_proxy',
  'https_proxy',
  'all_proxy',
  'no_proxy',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
];
/** npm's settings that say where packages come from; others of them speak of the project that `npm start` runs in. */
const NPM_SETTINGS = ['registry', 'userconfig', 'cache', 'cafile', 'offline', 'proxy', 'https_proxy', 'noproxy'];

/**
 * The environment of a program: where things are found, and nothing that is only for `carto up`. The Node that runs
 * `carto up` is found first.
 */
export function programEnvironment(
  environment: Environment,
  options: { readonly npm: boolean } = { npm: false },
): Record<string, string> {
  const result: Record<string, string> = {
    PATH: [dirname(process.execPath), environment['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'].join(delimiter),
  };
  const npm = NPM_SETTINGS.flatMap((name) => [`npm_config_${name}`, `NPM_CONFIG_${name.toUpperCase()}`]);
  for (const name of [...INHERITED, ...(options.npm ? npm : [])]) {
    const value = environment[name];
    if (value !== undefined) result[name] = value;
  }
  return result;
}
