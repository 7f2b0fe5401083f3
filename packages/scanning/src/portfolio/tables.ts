import type { CreateTableBuilder, Generated, Migration, SqlDatabase } from '@cartographer/store';

/**
 * What is kept. Packages are found by the number of their key, `names`; findings are always what matching the bills
 * against the advisories gives, after each transaction.
 */
export type Tables = {
  /**
   * One row, which every transaction that writes changes first: writers come one after the other, also on PostgreSQL.
   * `born` is since when sights are kept: RFC 3339, empty before the first start that does.
   */
  portfolio: { readonly one: number; number: number; matcher: number; born: string };
  /** Where advisories come from, and up to what they are matched. */
  sources: { name: string; revision: string; updated: string };
  /** Keys of packages: ecosystem and normalised name. */
  names: { id: Generated<number>; key: string };
  /** `unread` is JSON, and so are `facts`, what is told of its packages together: empty in a row of before they were kept. */
  bills: { id: Generated<number>; digest: string; unread: string; facts: string };
  /**
   * What bills are of: the digest of an image, and the repository that it was read from; or of a source. `said` is JSON: what
   * is told of the image and of how it was read; empty in a row of before it was kept.
   */
  subjects: { digest: string; repository: string; bill: number; seen: string; said: string };
  /** What was read of layers, by what reads: `content` says it, and `size` how long that is. */
  layers: { registry: string; digest: string; readers: string; size: number; seen: string; content: string };
  /** Layers that a subject is made of. */
  subject_layers: { digest: string; repository: string; layer: string };
  /** The inverted index, which holds the packages as JSON: read by name it says which bills, by bill which packages. */
  bill_packages: { name: number; bill: number; position: number; content: string };
  /** `content` is the advisory as JSON, `digest` that of the record it was read from. */
  advisories: { id: Generated<number>; source: string; record: string; digest: string; content: string };
  advisory_names: { name: number; advisory: number };
  /** What an API of advisories is asked: packages of bills, by ecosystem and the name that the bills have. */
  questions: { id: Generated<number>; key: string; name: number; ecosystem: string; package: string };
  /** Questions that a source has answered. */
  asked: { source: string; question: number };
  /** How many records of a source speak of an ecosystem. */
  coverage: { source: string; ecosystem: string; records: number };
  /** `row` tells the findings of one package of a bill apart; `content` is the finding as JSON. */
  findings: { bill: number; name: number; row: string; content: string; since: string };
  /** Findings by each of their ids. */
  finding_ids: { id: string; bill: number; name: number; row: string };
  /** Names by which attached findings of a subject are asked for; what it is kept for may have been read anew without them. */
  attached_ids: { id: string; digest: string; repository: string };
  /** Findings that differ and were not told yet; `was` is what was told last, null where there was none. */
  news: { bill: number; name: number; row: string; was: string | null; number: number };
  /** When a vulnerability was first seen in a namespace, by each of its names: RFC 3339. */
  sights: { namespace: string; vulnerability: string; since: string };
};

/** Columns by name: a number or a text that is never null, a text that may be, or the number that a row gets by itself. */
type Columns = Readonly<Record<string, 'number' | 'text' | 'optional' | 'id'>>;
type Made = { readonly columns: Columns; readonly key: readonly string[]; readonly indexes?: readonly string[] };

const FIRST: Readonly<Record<string, Made>> = {
  portfolio: { columns: { one: 'number', number: 'number', matcher: 'number' }, key: ['one'] },
  sources: { columns: { name: 'text', revision: 'text', updated: 'text' }, key: ['name'] },
  names: { columns: { id: 'id', key: 'text' }, key: ['key'] },
  bills: { columns: { id: 'id', digest: 'text', unread: 'text' }, key: ['digest'] },
  subjects: {
    columns: { digest: 'text', platform: 'text', bill: 'number', seen: 'text' },
    key: ['digest', 'platform'],
    indexes: ['bill', 'seen'],
  },
  bill_packages: {
    columns: { name: 'number', bill: 'number', position: 'number', content: 'text' },
    key: ['name', 'bill', 'position'],
    indexes: ['bill'],
  },
  advisories: {
    columns: { id: 'id', source: 'text', record: 'text', digest: 'text', content: 'text' },
    key: ['source', 'record'],
  },
  advisory_names: { columns: { name: 'number', advisory: 'number' }, key: ['name', 'advisory'], indexes: ['advisory'] },
  coverage: { columns: { source: 'text', ecosystem: 'text', records: 'number' }, key: ['source', 'ecosystem'] },
  findings: {
    columns: { bill: 'number', name: 'number', row: 'text', content: 'text', since: 'text' },
    key: ['name', 'bill', 'row'],
    indexes: ['bill'],
  },
  finding_ids: {
    columns: { id: 'text', bill: 'number', name: 'number', row: 'text' },
    key: ['id', 'bill', 'name', 'row'],
    indexes: ['bill'],
  },
  news: {
    columns: { bill: 'number', name: 'number', row: 'text', was: 'optional', number: 'number' },
    key: ['bill', 'name', 'row'],
  },
};

/** Where it is kept what an API was asked. */
const QUESTIONS: Readonly<Record<string, Made>> = {
  questions: {
    columns: { id: 'id', key: 'text', name: 'number', ecosystem: 'text', package: 'text' },
    key: ['key'],
    indexes: ['name'],
  },
  asked: { columns: { source: 'text', question: 'number' }, key: ['source', 'question'] },
};

/** Where first sights are kept. */
const SIGHTS: Readonly<Record<string, Made>> = {
  sights: {
    columns: { namespace: 'text', vulnerability: 'text', since: 'text' },
    key: ['namespace', 'vulnerability'],
  },
};

/** By what names findings are called that scanners of the operator attached, and to what. */
const ATTACHED: Readonly<Record<string, Made>> = {
  attached_ids: { columns: { id: 'text', digest: 'text', repository: 'text' }, key: ['id', 'digest', 'repository'] },
};

/** Where what was read of layers is kept. */
const LAYERS: Readonly<Record<string, Made>> = {
  layers: {
    // What is large comes last: the others are read without it.
    columns: { registry: 'text', digest: 'text', readers: 'text', size: 'number', seen: 'text', content: 'text' },
    key: ['registry', 'digest', 'readers'],
    indexes: ['seen'],
  },
  subject_layers: {
    columns: { digest: 'text', repository: 'text', layer: 'text' },
    key: ['digest', 'repository', 'layer'],
    indexes: ['layer'],
  },
};

/** Steps of the schema. What was released is never edited: a new step follows it. */
export const MIGRATIONS: readonly Migration[] = [
  { name: 'keep bills, advisories and findings', up: ({ schema }, kind) => makeTables(schema, kind, FIRST) },
  {
    name: 'keep first sights',
    up: async ({ schema }, kind) => {
      await makeTables(schema, kind, SIGHTS);
      await schema
        .alterTable('portfolio')
        .addColumn('born', 'text', (it) => it.notNull().defaultTo(''))
        .execute();
    },
  },
  {
    name: 'keep layers, and what is told of bills',
    up: async ({ schema }, kind) => {
      await makeTables(schema, kind, LAYERS);
      await schema.alterTable('subjects').renameColumn('platform', 'repository').execute();
      for (const [table, column] of [
        ['subjects', 'said'],
        ['bills', 'facts'],
      ] as const) {
        await schema
          .alterTable(table)
          .addColumn(column, 'text', (it) => it.notNull().defaultTo(''))
          .execute();
      }
    },
  },
  { name: 'keep what an API was asked', up: ({ schema }, kind) => makeTables(schema, kind, QUESTIONS) },
  {
    // Before it nothing told an image without packages from one that was not understood.
    name: 'read again what no package was found in',
    up: async (tx) => {
      const store = tx.withTables<Tables>();
      const full = store.selectFrom('bill_packages').select('bill');
      await store.deleteFrom('subjects').where('bill', 'not in', full).execute();
    },
  },
  {
    name: 'keep the names of attached findings',
    up: ({ schema }, kind) => makeTables(schema, kind, ATTACHED),
  },
];

type Schema = Parameters<Migration['up']>[0]['schema'];

async function makeTables(
  schema: Schema,
  kind: SqlDatabase['kind'],
  tables: Readonly<Record<string, Made>>,
): Promise<void> {
  for (const [table, { columns, key, indexes = [] }] of Object.entries(tables)) {
    let made: CreateTableBuilder<string, string> = schema.createTable(table);
    for (const [column, type] of Object.entries(columns)) {
      if (type === 'id') {
        made = made.addColumn(column, kind === 'sqlite' ? 'integer' : 'serial', (it) => it.primaryKey());
      } else {
        const sqlType = type === 'number' ? 'integer' : 'text';
        made = made.addColumn(column, sqlType, (it) => (type === 'optional' ? it : it.notNull()));
      }
    }
    // A row with a number of its own has that as its key, and is unique by the other besides.
    await ('id' in columns && columns['id'] === 'id'
      ? made.addUniqueConstraint(`${table}_once`, [...key])
      : made.addPrimaryKeyConstraint(`${table}_key`, [...key])
    ).execute();
    for (const column of indexes) {
      await schema.createIndex(`${table}_by_${column}`).on(table).column(column).execute();
    }
  }
}
