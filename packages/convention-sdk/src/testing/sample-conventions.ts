import type { Convention } from '../convention.ts';
import { ensureEnv } from '../ensure.ts';

/** The basic sample of the original, ported. */
export const basic: Convention = {
  id: 'add-env-var',
  apply({ template }) {
    for (const container of template.spec.containers) {
      ensureEnv(container, 'CONVENTION_SERVER', 'HELLO FROM CONVENTION');
    }
  },
};

/** The dumper of the original, ported: tells what it is asked, and changes nothing. */
export function dumper(print: (text: string) => void): Convention {
  return {
    id: 'dumper',
    apply({ template, images }) {
      print(JSON.stringify({ template, images }, undefined, 2));
      return ['dumper'];
    },
  };
}
