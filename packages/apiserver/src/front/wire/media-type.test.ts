import { describe, expect, test } from 'vitest';

import { chooseDiscoveryForm, chooseRendering, mediaType } from './media-type.ts';

const TABLE =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';
const AGGREGATED =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';

describe('the Accept header', () => {
  test.each([
    [undefined, { format: 'json', as: 'object' }],
    ['application/json, */*', { format: 'json', as: 'object' }],
    ['application/vnd.kubernetes.protobuf,application/json', { format: 'json', as: 'object' }],
    ['application/yaml', { format: 'yaml', as: 'object' }],
    [TABLE, { as: 'table', metaVersion: 'v1' }],
    ['application/json;as=Table;v=v1beta1;g=meta.k8s.io', { as: 'table', metaVersion: 'v1beta1' }],
    ['application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io', { as: 'metadataList' }],
    ['application/json;as=Table;v=v9;g=meta.k8s.io,application/json', { as: 'object' }],
    ['application/json;as=constructor;v=v1;g=meta.k8s.io,application/json', { as: 'object' }],
  ])('%s chooses the first form that is spoken', (accept, expected) => {
    expect(chooseRendering(accept)).toMatchObject(expected);
  });

  test('that names nothing spoken chooses nothing', () => {
    expect(chooseRendering('text/html')).toBeUndefined();
    expect(chooseRendering('application/vnd.kubernetes.protobuf')).toBeUndefined();
  });

  test.each([
    [AGGREGATED, 'v2'],
    ['application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json', 'v2beta1'],
    ['application/json;g=apidiscovery.k8s.io;v=v9;as=APIGroupDiscoveryList,application/json', 'legacy'],
    ['application/json, */*', 'legacy'],
    ['text/html', undefined],
  ])('%s chooses a form of discovery', (accept, expected) => {
    expect(chooseDiscoveryForm(accept)).toBe(expected);
  });
});

test('a media type is read without its parameters', () => {
  expect(mediaType('Application/JSON; charset=utf-8')).toBe('application/json');
  expect(mediaType(undefined)).toBe('');
});
