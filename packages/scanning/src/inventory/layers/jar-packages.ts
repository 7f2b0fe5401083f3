import type { JarFacts, NamedPackage } from './facts.ts';

type PackageInJar = NamedPackage & {
  /** Where it stands: `opt/app.war/WEB-INF/lib/a-1.0.jar`. */
  readonly place: string;
};

type Contents = {
  readonly packages: readonly PackageInJar[];
  readonly unread: readonly { readonly what: string; readonly why: string }[];
};

/**
 * The packages of a jar: those that Maven left its notes of, which are several where one holds others unpacked, and if
 * none of them is the jar itself, what its name and its manifest say.
 */
export function jarPackagesAt(place: string, jar: JarFacts): Contents {
  const named = jar.poms.filter(({ artifact }) => artifact !== '');
  const file = fileNameOf(place);
  const isSaid = named.some(({ artifact }) => isNamedAfter(file, artifact));
  const isBroken = jar.unread.some(({ path }) => path === '');
  const own = isSaid || isBroken ? [] : [itself(file, jar.manifest)];
  const inside = jar.nested.map((inner) => jarPackagesAt(`${place}/${inner.path}`, inner.jar));
  const packages = [...named.map(({ group, artifact, version }) => mavenPackage(group, artifact, version)), ...own].map(
    (found) => ({ ...found, place }),
  );
  return {
    packages: [...packages, ...inside.flatMap((inner) => inner.packages)],
    unread: [
      ...jar.unread.map(({ path, why }) => ({ what: path === '' ? place : `${place}/${path}`, why })),
      ...inside.flatMap((inner) => inner.unread),
    ],
  };
}

/** `commons-io-2.11.0.jar`, and what its name says. */
type FileName = { readonly stem: string; readonly name: string; readonly version: string };

function fileNameOf(place: string): FileName {
  const stem = place.slice(place.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '');
  const [, name = stem, version = ''] = /^(.+?)[-_](v?\d[\w.+~-]*)$/.exec(stem) ?? [];
  return { stem, name, version };
}

/** Whoever renames a jar keeps most of its name: `geronimo-annotation-1.3-spec.jar` is `geronimo-annotation_1.3_spec`. */
function isNamedAfter({ stem, name }: FileName, artifact: string): boolean {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_.]+/g, '-');
  return plain(stem).startsWith(plain(artifact)) || name.endsWith(artifact) || artifact.startsWith(name);
}

function itself({ name, version }: FileName, manifest: JarFacts['manifest']): NamedPackage {
  const said = ['implementation-version', 'bundle-version', 'specification-version', 'plugin-version']
    .map((key) => manifest[key] ?? '')
    .find((text) => /^v?\d/.test(text));
  return mavenPackage(groupOf(name, manifest), name, version === '' ? (said ?? '') : version);
}

/** Groups of what is widely used, and not built by Maven, so that it has no notes of it. */
const GROUPS: readonly (readonly [artifact: RegExp, group: string])[] = [
  [/^spring-boot(?:-|$)/, 'org.springframework.boot'],
  [/^spring-security-/, 'org.springframework.security'],
  [
    /^spring-(?:aop|aspects|beans|context|context-support|core|expression|jcl|jdbc|jms|messaging)$/,
    'org.springframework',
  ],
  [/^spring-(?:orm|oxm|r2dbc|tx|web|webflux|webmvc|websocket)$/, 'org.springframework'],
  [/^tomcat-embed-/, 'org.apache.tomcat.embed'],
  [/^kafka-clients$/, 'org.apache.kafka'],
  [/^kotlin-(?:stdlib|reflect)/, 'org.jetbrains.kotlin'],
  [/^okhttp(?:-|$)/, 'com.squareup.okhttp3'],
  [/^okio(?:-|$)/, 'com.squareup.okio'],
  [/^grpc-/, 'io.grpc'],
  [/^reactor-core$/, 'io.projectreactor'],
  [/^reactor-netty/, 'io.projectreactor.netty'],
  [/^micrometer-/, 'io.micrometer'],
  [/^bc(?:prov|pkix|util|pg|mail|tls)-/, 'org.bouncycastle'],
  [/^lucene-/, 'org.apache.lucene'],
  [/^elasticsearch(?:-|$)/, 'org.elasticsearch'],
  [/^postgresql$/, 'org.postgresql'],
  [/^liquibase-core$/, 'org.liquibase'],
];

/** Nobody else is asked for a group: a wrong one would be another package. */
function groupOf(artifact: string, manifest: JarFacts['manifest']): string {
  const known = GROUPS.find(([name]) => name.test(artifact));
  if (known !== undefined) return known[1];
  const symbolic = (manifest['bundle-symbolicname'] ?? '').split(';')[0]?.trim() ?? '';
  // What Maven's plugin for bundles makes of group and artifact: org.apache.commons and commons-lang3 are
  // org.apache.commons.lang3. Source: https://felix.apache.org/documentation/subprojects/apache-felix-maven-bundle-plugin-bnd.html
  if (symbolic.endsWith(`.${artifact}`)) return symbolic.slice(0, -artifact.length - 1);
  const [, first = '', rest = ''] = /^([^-.]+)[-.](.+)$/.exec(artifact) ?? [];
  if (first !== '' && symbolic.endsWith(`.${first}.${rest}`)) return symbolic.slice(0, -rest.length - 1);
  const vendor = manifest['implementation-vendor-id'] ?? '';
  return /^[\w-]+(?:\.[\w-]+)+$/.test(vendor) ? vendor : '';
}

function mavenPackage(group: string, artifact: string, version: string): NamedPackage {
  return { ecosystem: 'Maven', name: group === '' ? artifact : `${group}:${artifact}`, version };
}
