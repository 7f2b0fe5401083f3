import { describe, expect, it } from 'vitest';
import { VERSION } from '../../running/version.ts';
import { checkVersions } from './controller.ts';

const server = { version: 'v1.32.0+cartographer', minor: 32, isEmbedded: true };

describe('the version of a running carto up', () => {
  it('is well when it is ours', () => {
    const says = `carto ${VERSION}, carto up ${VERSION}`;
    expect(checkVersions([], server, VERSION)).toMatchObject({ says, findings: [], notLooked: [] });
  });

  it('is a finding when it is another', () => {
    const message = `carto up is of version 0.0.1, this carto of ${VERSION}`;
    expect(checkVersions([], server, '0.0.1').findings).toMatchObject([{ reason: 'VersionSkew', message }]);
  });
});
