import { crds } from '@cartographer/api';
import { createRestMapper, systemClock } from '@cartographer/kube';
import { type ClusterOptions, connect } from './cluster-client.ts';

/** Flags of `carto install`. */
export type InstallFlags = ClusterOptions & { readonly crdsOnly?: boolean; readonly dryRun?: boolean };

const FIELD_MANAGER = 'carto-install';

/** `carto install`: applies the definitions to a cluster and says what became of each. */
export async function runInstall(flags: InstallFlags): Promise<void> {
  const { client, close } = await connect(flags);
  try {
    const mapper = createRestMapper({ client, clock: systemClock });
    for (const object of crds()) {
      const type = await mapper.resourceFor(object);
      await client.apply(type, object, { fieldManager: FIELD_MANAGER, force: true, dryRun: flags.dryRun === true });
      process.stdout.write(
        `customresourcedefinition/${object.metadata.name} applied${flags.dryRun === true ? ' (dry run)' : ''}\n`,
      );
    }
  } finally {
    await close();
  }
}
