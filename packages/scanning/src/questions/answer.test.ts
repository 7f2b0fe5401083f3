import type { KubeObject } from '@cartographer/machinery';
import { sqliteDatabase } from '@cartographer/store';
import { createFakeClock } from '@cartographer/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyId, trustedKeys } from '../inventory/attached/signatures.ts';
import { SCANNING_API_VERSION } from '../kinds/group.ts';
import type { ScanException, ScanPolicy } from '../kinds/read.ts';
import type { AttachedFinding } from '../match/attached-findings.ts';
import { Portfolio } from '../portfolio/portfolio.ts';
import { bill, change, npm, put, record } from '../portfolio/testing/records.ts';
import { type Keys, keys } from '../scanner/inventories/testing/attach.ts';
import { exceptionOf, findingOf, policyOf } from '../verdict/testing/stage.ts';
import { type Answer, type AnswerDeps, answer } from './answer.ts';
import { knownScans } from './known-scans.ts';
import { QUESTIONS_PREFIX, type Question, readQuestion } from './question.ts';

const { signal } = new AbortController();
const NAMESPACES = ['blue', 'green', 'red'];
const IMAGES = 7;
const asker = { user: { username: 'somebody' } };
let portfolio: Portfolio;
let scans: readonly KubeObject[];
let policies: readonly ScanPolicy[] = [];
let exceptions: readonly ScanException[] = [];

const digest = (number: number): string => `sha256:${number.toString(16).padStart(64, '0')}`;
const image = (number: number): string => `registry.example.com/app@${digest(number)}`;

/** A scan with what the scanner has written to it. */
function scanOf(namespace: string, name: string, number: number, status: object): KubeObject {
  return {
    apiVersion: SCANNING_API_VERSION,
    kind: 'ImageScan',
    metadata: { namespace, name },
    spec: { image: image(number), policyRef: { name: 'gate' } },
    status: { artifact: { registry: { image: image(number) } }, ...status },
  };
}

beforeAll(async () => {
  portfolio = await Portfolio.open({ database: sqliteDatabase(':memory:'), clock: createFakeClock() });
  await portfolio.applyChange('osv', change('1', put(record('GHSA-0000-0000-0002', { left: '2.0.0' }))));
  const made: KubeObject[] = [];
  for (let number = 1; number <= IMAGES; number += 1) {
    const kept = await portfolio.putBill(
      { digest: digest(number), repository: 'registry.example.com/app' },
      bill(npm('left', `1.0.${number}`)),
    );
    for (const namespace of NAMESPACES) {
      made.push(scanOf(namespace, `app-${number}`, number, { inventory: { digest: kept.digest } }));
    }
  }
  const other = await portfolio.putBill(
    { digest: digest(100), repository: 'registry.example.com/app' },
    bill(npm('right', '1.0.0')),
  );
  const lastCompliant = { image: image(1), since: '2026-01-01T00:00:00Z', verdict: 'Passed' };
  made.push(scanOf('red', 'newer', 100, { inventory: { digest: other.digest }, lastCompliant }));
  // It asks for an image that others hold, and was given nothing.
  made.push(scanOf('green', 'curious', 1, {}));
  scans = made;
});
afterAll(() => portfolio.close());

/** Answers for somebody who may read these namespaces; `*` is everywhere. */
function depsFor(readable: readonly string[], asked: (namespace: string) => void = () => undefined): AnswerDeps {
  const list = (kind: string): readonly KubeObject[] => scans.filter((scan) => scan.kind === kind);
  const informer = (kind: string) => ({
    list: () => list(kind),
    get: (key: string) => list(kind).find(({ metadata }) => `${metadata.namespace}/${metadata.name}` === key),
  });
  return {
    portfolio,
    scans: () =>
      knownScans({
        informer: informer as never,
        policies: () => policies,
        exceptions: () => exceptions,
        namespaceLabels: (team) => ({ team }),
      }),
    clock: createFakeClock(),
    access: {
      may(_asker, { namespace = '*' }) {
        asked(namespace);
        return Promise.resolve(readable.includes('*') || readable.includes(namespace));
      },
    },
  };
}

function question(path: string): Question {
  const read = readQuestion(new URL(`${QUESTIONS_PREFIX}${path}`, 'https://scanner'));
  if (read.kind !== 'question') throw new Error(JSON.stringify(read));
  return read.question;
}

type Found = Extract<Answer, { kind: 'carriers' | 'touched' }>;

/** The whole answer, part by part. */
async function whole(deps: AnswerDeps, path: string, limit: number): Promise<readonly Found['items'][number][]> {
  const items: Found['items'][number][] = [];
  for (let next = ''; ; ) {
    const part = next === '' ? '' : `&continue=${next}`;
    const found = (await answer(deps, question(`${path}&limit=${limit}${part}`), asker, signal)) as Found;
    expect(found.items.length).toBeLessThanOrEqual(limit);
    items.push(...found.items);
    if (found.continue === undefined) return items;
    expect(found.items).toHaveLength(limit);
    next = found.continue;
  }
}

const LEFT = '/carriers?ecosystem=npm&name=left';
const TOUCHED = '/touched?vulnerability=GHSA-0000-0000-0002';

describe('who carries a package and who is touched by a vulnerability', () => {
  it('name each scan that the asker may read once, whatever the length of the parts', async () => {
    // Not covered: scans that come and go between two parts.
    await fc.assert(
      fc.asyncProperty(
        fc.subarray([...NAMESPACES, '*']),
        fc.integer({ min: 1, max: 30 }),
        fc.constantFrom(LEFT, TOUCHED),
        async (readable, limit, path) => {
          const found = await whole(depsFor(readable), path, limit);
          const names = found.map(({ namespace, name }) => `${namespace}/${name}`);
          const visible = readable.includes('*') ? NAMESPACES : readable;
          const wanted = visible.flatMap((namespace) => [
            ...Array.from({ length: IMAGES }, (_, index) => `${namespace}/app-${index + 1}`),
            ...(namespace === 'red' ? ['red/newer'] : []),
          ]);
          expect(names.toSorted()).toEqual(wanted.toSorted());
        },
      ),
      { numRuns: 40 },
    );
  });

  it('say what is held, and of which artifact', async () => {
    const [carrier] = await whole(depsFor(['red']), `${LEFT}&namespace=red`, 500);
    expect(carrier).toMatchObject({ kind: 'ImageScan', namespace: 'red', packages: [{ name: 'left' }] });
    const touched = await whole(depsFor(['red']), TOUCHED, 500);
    const newer = touched.find(({ name }) => name === 'newer');
    expect(newer).toMatchObject({
      holds: 'lastCompliant',
      artifact: { registry: { image: image(1) } },
      findings: [{ id: 'GHSA-0000-0000-0002', fixedIn: '2.0.0', package: { version: '1.0.1' } }],
    });
    expect(await whole(depsFor(['*']), '/carriers?ecosystem=npm&name=nothing', 10)).toEqual([]);
  });

  it('ask once for all namespaces, else for each, and for none that was not named', async () => {
    const asked: string[] = [];
    await answer(
      depsFor(['*'], (name) => asked.push(name)),
      question(LEFT),
      asker,
      signal,
    );
    expect(asked).toEqual(['*', '*']);
    asked.length = 0;
    await answer(
      depsFor(['red'], (name) => asked.push(name)),
      question(`${LEFT}&namespace=red`),
      asker,
      signal,
    );
    expect(asked).toEqual(['red', 'red']);
  });

  it('of a namespace that the asker may not read are refused, whether it is there or not', async () => {
    for (const namespace of ['blue', 'nosuch']) {
      expect(await answer(depsFor(['red']), question(`${LEFT}&namespace=${namespace}`), asker, signal)).toEqual({
        kind: 'forbidden',
        why: `you may not get scans of namespace ${namespace}`,
      });
    }
  });

  it('want a namespace where there are too many to ask for each', async () => {
    const some = scans;
    scans = Array.from({ length: 201 }, (_, index) => scanOf(`team-${index}`, 'app', 1, {}));
    const found = await answer(depsFor(['team-1']), question(LEFT), asker, signal);
    const narrow = await answer(depsFor(['team-1']), question(`${LEFT}&namespace=team-1`), asker, signal);
    scans = some;
    expect(found).toMatchObject({ kind: 'tooWide', why: expect.stringContaining('name one') as string });
    expect(narrow).toMatchObject({ kind: 'carriers', items: [] });
  });
});

describe('what an answer was looked for in', () => {
  it('tells how many scans there are, and which of them cannot be relied on', async () => {
    const { looked, isKnown } = (await answer(
      depsFor(['red']),
      question(`${TOUCHED}&limit=1`),
      asker,
      signal,
    )) as Extract<Answer, { kind: 'touched' }>;
    expect(isKnown).toBe(true);
    expect(looked).toMatchObject({ scans: IMAGES + 1, openCount: IMAGES + 1 });
    const whole = [
      { type: 'Inventoried', status: 'True', reason: 'Complete', message: '' },
      { type: 'Matched', status: 'True', reason: 'Matched', message: '' },
    ];
    const [complete, part] = whole.map((_each, at) =>
      scanOf('red', `seen-${at}`, 1, {
        conditions:
          at === 0
            ? whole
            : [{ ...whole[0], reason: 'Incomplete', message: '9 packages; not all could be read: x' }, whole[1]],
      }),
    );
    const before = scans;
    scans = [complete, part].flatMap((scan) => scan ?? []);
    const now = (await answer(depsFor(['red']), question(LEFT), asker, signal)) as Found;
    scans = before;
    expect(now.looked).toEqual({
      scans: 2,
      openCount: 1,
      open: [{ kind: 'ImageScan', namespace: 'red', name: 'seen-1', why: '9 packages; not all could be read: x' }],
    });
  });

  it('tells a vulnerability that touches nothing from one that no advisory has', async () => {
    await portfolio.applyChange('other', change('1', put(record('CVE-2000-1', { nobody: '2.0.0' }))));
    const known = async (id: string) =>
      (await answer(depsFor(['*']), question(`/touched?vulnerability=${id}`), asker, signal)) as Found;
    expect(await known('CVE-2000-1')).toMatchObject({ isKnown: true, items: [] });
    expect(await known('CVE-2000-2')).toMatchObject({ isKnown: false, items: [] });
  });

  it('shows the owner of a scan, and whether its gate is open', async () => {
    const before = scans;
    const [first] = scans.filter(({ metadata }) => metadata.namespace === 'red');
    const labels = { 'carto.run/workload-name': 'shop' };
    const status = { ...(first?.['status'] as object), verdict: { result: 'Refused' }, message: 'refused by gate' };
    scans = [{ ...(first as KubeObject), metadata: { ...first?.metadata, labels }, status }];
    const { items } = (await answer(depsFor(['red']), question(LEFT), asker, signal)) as Found;
    scans = before;
    expect(items).toMatchObject([
      {
        owner: { kind: 'Workload', name: 'shop' },
        verdict: 'Refused',
        message: 'refused by gate',
        packages: [{ version: '1.0.1' }],
        findings: [{ id: 'GHSA-0000-0000-0002' }],
      },
    ]);
  });
});

describe('findings that scanners of the operator attached', () => {
  const [mine, other] = [keys(), keys()];
  const idOf = ({ pem }: Keys): string => trustedKeys('', [pem]).keys.map(keyId)[0] ?? '';
  const said = (id: string, by: Keys, aliases: readonly string[] = []): AttachedFinding => ({
    finding: findingOf(id, { aliases, severity: 'Critical', package: { name: 'left', version: '1.0.2' } }),
    signedBy: [idOf(by)],
  });
  const subject = { digest: digest(2), repository: 'registry.example.com/app' };
  const idsIn = (found: Answer | Found['items'][number] | undefined): readonly string[] => {
    const list = found === undefined ? [] : 'items' in found ? found.items : 'findings' in found ? found.findings : [];
    return list.map((each) => ('id' in each ? each.id : ''));
  };

  beforeAll(async () => {
    const attached = { heard: [], known: [], unread: [], ignored: [] };
    const findings = [said('CVE-7', mine), said('CVE-8', other), said('CVE-9', mine, ['GHSA-0000-0000-0002'])];
    await portfolio.noteAttached(subject, { ...attached, findings }, [idOf(mine), idOf(other)]);
    policies = [
      policyOf('gate', { namespaceSelector: { matchLabels: { team: 'green' } } }),
      policyOf('green', {
        namespaceSelector: { matchLabels: { team: 'green' } },
        findings: { trust: [mine.pem], onMissing: 'Warn', interval: '1h' },
      }),
    ];
  });
  afterAll(() => void (policies = []));

  it('touch the scans whose policies believe them, and no others', async () => {
    const touched = async (id: string) =>
      (await whole(depsFor(['*']), `/touched?vulnerability=${id}`, 2)).map(
        (item) => `${item.namespace}/${item.name} ${idsIn(item).join(' ')}`,
      );
    expect(await touched('CVE-7')).toEqual(['green/app-2 CVE-7']);
    expect(await touched('CVE-8')).toEqual([]);
    expect(await touched('CVE-9')).toEqual(['green/app-2 CVE-9']);
    const both = await whole(depsFor(['green']), `${TOUCHED}&namespace=green`, 500);
    expect(both).toHaveLength(IMAGES);
    // What both say is one finding, and ours leads.
    expect(both.find(({ name }) => name === 'app-2')).toMatchObject({
      findings: [{ id: 'GHSA-0000-0000-0002', aliases: ['CVE-9'], severity: 'Critical', claims: [{}, {}] }],
    });
    expect(await whole(depsFor(['red']), '/touched?vulnerability=CVE-7', 500)).toEqual([]);
  });

  it('stand among all findings of such a scan, and of no other', async () => {
    const of = (name: string, namespace: string) =>
      answer(depsFor(['*']), question(`/namespaces/${namespace}/imagescans/${name}/findings`), asker, signal);
    expect(idsIn(await of('app-2', 'green')).toSorted()).toEqual(['CVE-7', 'GHSA-0000-0000-0002']);
    expect(idsIn(await of('app-2', 'blue'))).toEqual(['GHSA-0000-0000-0002']);
    expect(idsIn(await of('app-1', 'green'))).toEqual(['GHSA-0000-0000-0002']);
  });
});

describe('all findings of a scan', () => {
  const of = (name: string, namespace = 'green') => question(`/namespaces/${namespace}/imagescans/${name}/findings`);

  it('are those of the bill that it shows', async () => {
    const found = await answer(depsFor(['green']), of('app-3'), asker, signal);
    expect(found).toMatchObject({ kind: 'findings', items: [{ id: 'GHSA-0000-0000-0002' }] });
    expect(await answer(depsFor([]), of('app-3'), 'all', signal)).toEqual(found);
  });

  it('say what the policies of the scan make of each', async () => {
    const items = async () =>
      ((await answer(depsFor(['green']), of('app-3'), asker, signal)) as Extract<Answer, { kind: 'findings' }>).items;
    policies = [policyOf('gate', { deny: [{ ids: ['GHSA-0000-0000-0002'] }], exceptions: { namespaced: 'Allowed' } })];
    expect(await items()).toMatchObject([{ outcome: 'refused', policy: 'gate', rule: 0 }]);
    exceptions = [
      {
        ...exceptionOf('GHSA-0000-0000-0002', { expires: '9999-01-01T00:00:00Z' }),
        kind: 'ClusterVulnerabilityException',
      },
    ].map((each) => ({ ...each, namespace: '', spec: { ...each.spec, namespaceSelector: {} } }) as ScanException);
    expect(await items()).toMatchObject([
      { outcome: 'excepted', exception: 'ClusterVulnerabilityException ghsa-0000-0000-0002' },
    ]);
    [policies, exceptions] = [[], []];
    expect(await items()).toMatchObject([{ outcome: 'counted', since: expect.any(String) as string }]);
  });

  it.each([
    ['app-1', 'blue', 'forbidden', 'you may not get ImageScan blue/app-1'],
    ['nosuch', 'blue', 'forbidden', 'you may not get ImageScan blue/nosuch'],
    ['nosuch', 'green', 'missing', 'there is no ImageScan green/nosuch'],
    ['curious', 'green', 'unread', 'nothing was read for ImageScan green/curious yet'],
  ])('of %s in %s end in %s', async (name, namespace, kind, why) => {
    const found = await answer(depsFor(['green']), of(name, namespace), asker, signal);
    expect(found).toMatchObject({ kind, why: expect.stringContaining(why) as string });
  });
});
