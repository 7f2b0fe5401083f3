import { Buffer } from 'node:buffer';
import { loadConventionExchanges } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { componentsOf, cycloneDxBom, findComponent, parseCycloneDx } from './bills.ts';
import type { PodConventionContext } from './wire.ts';

const raw = (value: unknown): { readonly raw: string } => ({
  raw: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64'),
});

describe('a bill of material', () => {
  it('is read as buildpacks attach it', () => {
    const spring = loadConventionExchanges().filter(({ server }) => server === 'spring');
    const [image] = spring.flatMap(({ request }) => (request.body as PodConventionContext).spec.imageConfig);
    expect(componentsOf(image).map(({ name }) => name)).toEqual([
      'spring-boot',
      'spring-web',
      'spring-boot-starter-tomcat',
      'tomcat-embed-core',
      'spring-boot-actuator',
      'mysql-connector-java',
    ]);
    const boot = { name: 'spring-boot', group: 'org.springframework.boot', version: '2.7.18', type: 'library' };
    expect(findComponent(image, 'spring-boot')).toEqual(boot);
    expect(findComponent(image, 'org.springframework.boot/spring-boot')).toEqual(boot);
    expect(findComponent(image, 'spring')).toBeUndefined();
    expect(findComponent(undefined, 'spring')).toBeUndefined();
  });

  it.each([
    ['SPDX', { spdxVersion: 'SPDX-2.3', packages: [] }],
    ['Syft', { artifacts: [] }],
    ['XML', '<bom/>'],
    ['nothing', ''],
    ['a list', []],
  ])('is left out when it is %s', (_what, value) => {
    expect(parseCycloneDx(raw(value))).toBeUndefined();
  });

  it('has the components within components, and none that has no name', () => {
    const components = [
      { name: 'a', version: '1', components: [{ name: 'b', purl: 'pkg:npm/b@2' }] },
      7,
      { version: '3' },
    ];
    expect(parseCycloneDx(raw({ bomFormat: 'CycloneDX', components }))).toEqual({
      components: [
        { name: 'a', version: '1' },
        { name: 'b', purl: 'pkg:npm/b@2' },
      ],
    });
    expect(parseCycloneDx(raw({ bomFormat: 'CycloneDX', components: 'x' }))?.components).toEqual([]);
  });

  it('may nest as deep as it likes: what is deeper than any tool nests is left out', () => {
    const open = '{"name":"a","components":[';
    const text = `{"bomFormat":"CycloneDX","components":[${open.repeat(20_000)}${']}'.repeat(20_000)}]}`;
    expect(parseCycloneDx(raw(text))?.components.length).toBe(64);
  });

  it('is made for tests as it is read', () => {
    const bom = cycloneDxBom('cnb-app:x', [{ name: 'express', version: '4.18.2' }]);
    expect(bom.name).toBe('cnb-app:x');
    expect(parseCycloneDx(bom)?.components).toEqual([{ name: 'express', version: '4.18.2', type: 'library' }]);
  });
});
