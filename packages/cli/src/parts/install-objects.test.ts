import { crds } from '@cartographer/api';
import { defaultInstallValues, installation } from '@cartographer/controller';
import { conventionsCrds } from '@cartographer/conventions';
import type { KubeObject } from '@cartographer/machinery';
import { scanningCrds } from '@cartographer/scanning';
import { describe, expect, it } from 'vitest';
import { VERSION } from '../running/version.ts';
import { type InstallChoice, objectsToInstall } from './install-objects.ts';

const none: InstallChoice = {
  with: [],
  pullSecretsIn: [],
  sourceHosts: [],
  jenkinsSecretsIn: [],
  serverHosts: [],
  intentSecretsIn: [],
  allowDestination: [],
  plainHttp: [],
};
const scanner: InstallChoice = { ...none, with: ['scanner'] };
const named = (objects: readonly KubeObject[]): readonly string[] =>
  objects.map(({ kind, metadata: { namespace, name } }) => [kind, namespace, name].filter(Boolean).join(' '));

function deploymentOf(choice: InstallChoice): string {
  const deployment = objectsToInstall(choice).find(
    ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'cartographer-scanner',
  );
  return JSON.stringify(deployment);
}

describe('what carto install installs', () => {
  it('is the controller alone, unless more is named', () => {
    expect(objectsToInstall(none)).toEqual(installation(defaultInstallValues(VERSION)));
    expect(objectsToInstall({ ...none, crdsOnly: true })).toEqual(crds());
    expect(objectsToInstall({ ...scanner, crdsOnly: true })).toEqual([...crds(), ...scanningCrds()]);
  });

  it('is the scanner as well, kinds before all that is of them, and its rights where they are named', () => {
    const objects = objectsToInstall({
      ...scanner,
      image: 'registry.example.com/carto:1',
      pullSecretsIn: ['shop', 'team'],
    });
    const kinds = objects.map(({ kind }) => kind);
    expect(kinds.lastIndexOf('CustomResourceDefinition')).toBe(crds().length + scanningCrds().length);
    expect(named(objects)).toEqual(
      expect.arrayContaining([
        'Deployment cartographer-system cartographer-scanner',
        'PersistentVolumeClaim cartographer-system cartographer-scanner',
        'RoleBinding shop cartographer-pull-secrets',
        'RoleBinding team cartographer-pull-secrets',
      ]),
    );
    const images = JSON.stringify(objects).match(/"image":"[^"]+"/g);
    expect(images).toEqual(['"image":"registry.example.com/carto:1"', '"image":"registry.example.com/carto:1"']);
    expect(new Set(named(objects)).size).toBe(objects.length);
  });

  it('is what runs builds on Jenkins as well, with its rights where they are named, and its flags', () => {
    const choice: InstallChoice = {
      ...none,
      with: ['jenkins'],
      jenkinsSecretsIn: ['shop'],
      serverHosts: ['ci.example.com'],
      plainHttp: ['ci.example.com'],
    };
    const objects = objectsToInstall(choice);
    expect(named(objects)).toEqual(
      expect.arrayContaining([
        'Deployment cartographer-system cartographer-jenkins',
        'PodDisruptionBudget cartographer-system cartographer-jenkins',
        'RoleBinding shop cartographer-jenkins-secrets',
      ]),
    );
    expect(named(objects).join()).not.toContain('scanner');
    expect(JSON.stringify(objects)).toContain('"--server-hosts=ci.example.com","--plain-http=ci.example.com"');
    expect(new Set(named(objects)).size).toBe(objects.length);
    expect(() => objectsToInstall({ ...none, serverHosts: ['x'] })).toThrow(
      '--server-hosts is for the jenkins: say --with jenkins as well',
    );
  });

  it('is what applies conventions as well, with its rights where they are named, and its flags', () => {
    const choice: InstallChoice = {
      ...none,
      with: ['conventions'],
      intentSecretsIn: ['shop'],
      allowDestination: ['10.1.2.3:5000'],
    };
    const objects = objectsToInstall(choice);
    expect(named(objects)).toEqual(
      expect.arrayContaining([
        'CustomResourceDefinition podintents.conventions.carto.run',
        'Deployment cartographer-system cartographer-conventions',
        'RoleBinding shop cartographer-conventions-pull-secrets',
      ]),
    );
    expect(named(objects).join()).not.toMatch(/scanner|jenkins/);
    expect(JSON.stringify(objects)).toContain('"--allow-destination=10.1.2.3:5000"');
    expect(new Set(named(objects)).size).toBe(objects.length);
    expect(objectsToInstall({ ...choice, crdsOnly: true })).toEqual([...crds(), ...conventionsCrds()]);
    expect(() => objectsToInstall({ ...none, intentSecretsIn: ['x'] })).toThrow(
      '--intent-secrets-in is for the conventions: say --with conventions as well',
    );
  });

  it('hands the flags of the scanner on, and the URL of its database as a Secret only', () => {
    const hosts = { sourceHosts: ['flux.example.com'], allowDestination: ['10.1.2.3'], plainHttp: ['a:80', 'b'] };
    const deployment = deploymentOf({ ...scanner, ...hosts, scannerDatabase: 'postgres' });
    expect(deployment).toContain(
      '"--source-hosts=flux.example.com","--allow-destination=10.1.2.3","--plain-http=a:80,b"',
    );
    expect(deployment).toContain('"secretKeyRef":{"name":"postgres","key":"url"}');
    expect(deployment).not.toContain('--store');
    expect(named(objectsToInstall({ ...scanner, scannerDatabase: 'postgres' })).join()).not.toContain(
      'PersistentVolume',
    );
    expect(deploymentOf(scanner)).toContain('"--store=/data/scanning.db"');
  });

  it.each([
    ['--pull-secrets-in', { pullSecretsIn: ['shop'] }],
    ['--scanner-database', { scannerDatabase: 'x' }],
    ['--source-hosts', { sourceHosts: ['x'] }],
    ['--allow-destination', { allowDestination: ['x'] }],
    ['--plain-http', { plainHttp: ['x'] }],
  ])('needs the scanner for %s', (flag, given) => {
    expect(() => objectsToInstall({ ...none, ...given })).toThrow(
      `${flag} is for the scanner: say --with scanner as well`,
    );
  });
});
