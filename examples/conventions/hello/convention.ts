import { type Convention, ensureEnv, runConventionServer } from '@cartographer/convention-sdk';

export const hello: Convention = {
  id: 'hello',
  apply({ template }) {
    for (const container of template.spec.containers) ensureEnv(container, 'GREETING', 'hello');
  },
};

if (import.meta.main) await runConventionServer({ port: 9443, certDir: '/config/certs', conventions: [hello] });
