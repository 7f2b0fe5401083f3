/** The text of an OSV record that affects one package of npm below a version. */
export function osv(id: string, name = 'a', over: Readonly<Record<string, unknown>> = {}): string {
  const ranges = [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '2.0.0' }] }];
  return JSON.stringify({
    schema_version: '1.7.0',
    id,
    modified: '2026-01-01T00:00:00Z',
    affected: [{ package: { ecosystem: 'npm', name }, ranges }],
    ...over,
  });
}
