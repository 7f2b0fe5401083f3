/** Without vowels and look-alikes, as apimachinery's rand.String has it. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
const PREFIX_LIMIT = 58;

/** How often a create draws another name when the one it drew is taken. */
export const NAME_ATTEMPTS = 8;

/** A name with the prefix and a random suffix. */
export function generateName(prefix: string, random: () => number): string {
  let suffix = '';
  for (let index = 0; index < SUFFIX_LENGTH; index++) suffix += ALPHABET[Math.floor(random() * ALPHABET.length)] ?? 'b';
  return prefix.slice(0, PREFIX_LIMIT) + suffix;
}
