import { describe, expect, it } from 'vitest';
import { elementsAt, parseXml, textOf } from './xml.ts';

describe('XML', () => {
  it('is read with comments, instructions, sections, attributes and entities', () => {
    const text = `\uFEFF<?xml version="1.0"?><!-- <a> -->
      <p:a x="1 &amp; 2" y='>'><b> &lt;&#65;&#x42;&unknown; </b><b><![CDATA[<c>]]></b><d/><e /></p:a>`;
    const root = parseXml(text);
    expect(root.name).toBe('a');
    expect([...root.attributes]).toEqual([
      ['x', '1 & 2'],
      ['y', '>'],
    ]);
    expect(elementsAt(root, 'b').map((element) => element.text)).toEqual(['<AB&unknown;', '<c>']);
    expect(root.children.map(({ name }) => name)).toEqual(['b', 'b', 'd', 'e']);
    expect(textOf(root, 'none', 'such')).toBe('');
  });

  it.each([
    ['', 'is not XML: it has no element'],
    ['plain', 'is not XML: it has no element'],
    ['<a>', 'is not XML: a has no end'],
    ['<a></b>', 'is not XML: b ends where it does not begin'],
    ['</a>', 'is not XML: a ends where it does not begin'],
    ['<a><!-- </a>', 'is not XML that is read: see character 4'],
    ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'is not XML that is read: see character 1'],
    ['<a x="1></a>', 'is not XML that is read: see character 1'],
  ])('%j is refused', (text, message) => {
    expect(() => parseXml(text)).toThrow(message);
  });

  it('nests 200 levels deep and no deeper', () => {
    const nested = (levels: number): string => `${'<a>'.repeat(levels)}${'</a>'.repeat(levels)}`;
    expect(parseXml(nested(200)).name).toBe('a');
    expect(() => parseXml(nested(201))).toThrow('nests more than 200 levels deep');
  });
});
