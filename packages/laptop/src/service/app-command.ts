import { join, posix } from 'node:path';
import { parseQuantity } from '@cartographer/machinery';
import type { PulledImage } from './pull-image.ts';
import type { AppTemplate } from './service.ts';

/** How to start an app as a process. */
export type AppCommand = {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
};

/** What is known when an app is about to start. */
export type AppStart = {
  readonly image: PulledImage;
  readonly template: AppTemplate;
  /** Where the image was unpacked. */
  readonly rootfs: string;
  /** The environment that programs get here. */
  readonly base: Readonly<Record<string, string>>;
  /** What Knative gives to a container: PORT and the names of the revision and what it belongs to. */
  readonly platform: Readonly<Record<string, string>>;
  /** `env` of the template, with values looked up. */
  readonly env: readonly { readonly name: string; readonly value: string }[];
};

/** How much of a memory limit Node's heap gets; the rest is for what lives outside of it. */
const HEAP_SHARE = 0.75;

/** Puts together what starts an app, by Kubernetes' rules. Pure. */
export function appCommand(start: AppStart): AppCommand | { readonly refused: string } {
  const { image, template, rootfs, platform } = start;
  const own: Record<string, string> = { ...platform };
  for (const { name, value } of start.env) own[name] = expand(value, own);
  const env: Record<string, string> = { ...start.base, HOST: '127.0.0.1' };
  for (const pair of image.env) {
    const equals = pair.indexOf('=');
    // A PATH of the image speaks of folders that only a container has.
    if (equals > 0 && pair.slice(0, equals) !== 'PATH') env[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  Object.assign(env, own, platform);
  // Without the value: it may be of a Secret, and what the system says about it quotes it.
  const broken = Object.keys(env).find((name) => /\0/.test(`${name}${env[name]}`));
  if (broken !== undefined)
    return { refused: `variable ${JSON.stringify(broken)} holds a NUL, which no environment can` };
  const heapMb = heapOf(template.memoryLimit);
  if (heapMb !== undefined) env['NODE_OPTIONS'] = `${env['NODE_OPTIONS'] ?? ''} --max-old-space-size=${heapMb}`.trim();

  const entrypoint = template.command.length > 0 ? template.command : image.entrypoint;
  // Arguments of the image belong to its own entrypoint.
  const args = template.args.length > 0 || template.command.length > 0 ? template.args : image.cmd;
  const argv = [...entrypoint, ...args].map((word) => expand(word, own));
  if (argv.length === 0) return { refused: 'the image has no entrypoint; set command in the container' };
  return { argv, env, cwd: join(rootfs, posix.resolve('/', image.workingDir, template.workingDir ?? '')) };
}

/** `$(NAME)` becomes the value of a variable, `$$(NAME)` stays as `$(NAME)`, and an unknown name stays as it is. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^()]*)\)/g, (found, name: string | undefined) => {
    if (name === undefined) return '$';
    return Object.hasOwn(env, name) ? (env[name] ?? '') : found;
  });
}

function heapOf(memoryLimit: string | undefined): number | undefined {
  const quantity = memoryLimit === undefined ? undefined : parseQuantity(memoryLimit);
  if (quantity === undefined) return undefined;
  const mb = Math.floor((Number(quantity.units) * 10 ** quantity.exponent * HEAP_SHARE) / 1024 ** 2);
  return mb >= 16 && Number.isFinite(mb) ? mb : undefined;
}
