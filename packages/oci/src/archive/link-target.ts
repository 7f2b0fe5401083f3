import { posix } from 'node:path';

/**
 * Whether a link stays in the folder that the paths are relative to, whatever else is unpacked there. A target may climb
 * first and then descend; one that climbs again could do so through another link, to anywhere.
 */
export function staysInside(path: string, target: string): boolean {
  if (target.startsWith('/')) return false;
  const steps = target.split('/').filter((step) => step !== '' && step !== '.');
  const descent = steps.findIndex((step) => step !== '..');
  if (descent >= 0 && steps.includes('..', descent)) return false;
  const end = posix.normalize(posix.join(posix.dirname(path), target));
  return end !== '..' && !end.startsWith('../');
}
