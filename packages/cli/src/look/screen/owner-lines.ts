import { type KubeObject, listAt, textAt } from '@cartographer/machinery';
import { type Cell, keyValueLines } from '../../screen/table.ts';
import type { OwnerAccount } from '../account/account.ts';
import { fittingTable } from './fitting-table.ts';
import { shortDigests } from './short-value.ts';
import type { View } from './view.ts';

type Pairs = readonly (readonly [key: string, value: Cell])[];

/** Name, type, namespace and state. */
export function overviewLines({ owner, graph }: OwnerAccount, type: string, view: View): readonly string[] {
  const { style, kind } = view;
  const { name = '', namespace = '' } = owner.metadata;
  const none: Cell = { text: '<empty>', paint: style.faint };
  const pairs: Pairs = [
    ['name', name],
    ...(kind === 'Workload' ? [['type', type === '' ? none : type] as const] : []),
    ...(kind === 'Runnable' ? [['template', textAt(owner['spec'], 'runTemplateRef', 'name')] as const] : []),
    ['namespace', namespace],
    ['state', { text: graph.state, paint: () => style.state(graph.state) }],
  ];
  return keyValueLines(pairs, view.columns);
}

/** Where the source is, and its revision. */
export function sourceLines({ owner, graph }: OwnerAccount, view: View): readonly string[] {
  const revision = graph.nodes.flatMap(({ outputs }) => outputs.filter(({ name }) => name === 'revision')).at(0);
  const pairs = sourcePairs(owner);
  if (pairs.length === 0) return [];
  const pinned = textAt(owner['spec'], 'source', 'git', 'ref', 'commit') !== '';
  const found: Pairs = revision === undefined || pinned ? [] : [['revision', shortDigests(revision.preview)]];
  return keyValueLines([...pairs, ...found], view.columns);
}

function sourcePairs({ spec }: KubeObject): Pairs {
  const at = (...path: readonly string[]): string => textAt(spec, ...path);
  const given = (key: string, value: string): Pairs => (value === '' ? [] : [[key, value]]);
  const subPath = given('sub-path', at('source', 'subPath'));
  const url = at('source', 'git', 'url');
  if (url !== '') {
    const refs = ['branch', 'tag', 'commit'].flatMap((ref) => given(ref, at('source', 'git', 'ref', ref)));
    return [['type', 'git'], ['url', url], ...refs, ...subPath];
  }
  const sourceImage = at('source', 'image');
  if (sourceImage !== '') return [['type', 'source image'], ['image', sourceImage], ...subPath];
  return at('image') === ''
    ? []
    : [
        ['type', 'image'],
        ['image', at('image')],
      ];
}

/** Services that a Workload claims. */
export function serviceLines({ owner }: OwnerAccount, view: View): readonly string[] {
  const claims = listAt(owner['spec'], 'serviceClaims');
  if (claims.length === 0) return [];
  const rows = claims.map((claim) => [
    textAt(claim, 'name'),
    textAt(claim, 'ref', 'name'),
    textAt(claim, 'ref', 'kind'),
    textAt(claim, 'ref', 'apiVersion'),
  ]);
  return fittingTable({ head: ['CLAIM', 'NAME', 'KIND', 'API VERSION'], rows }, view.style, view.columns);
}
