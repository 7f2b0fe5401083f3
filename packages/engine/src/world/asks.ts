import type {
  AccountAnswer,
  AccountKey,
  Cluster,
  Delete,
  ListAnswer,
  Lookup,
  MappingAnswer,
  ObjectKey,
  ObjectsKey,
  Observation,
  Render,
  RenderAnswer,
  TemplateKey,
  Write,
  WriteAnswer,
} from './world.ts';

/**
 * The questions of one plan to the cluster: an answer that is known is given, one that is not is asked for. Also takes
 * note of what was looked at, since a change of it may change the plan.
 */
export class Asks {
  readonly lookups: Lookup[] = [];
  readonly renders: Render[] = [];
  readonly writes: Write[] = [];
  readonly deletes: Delete[] = [];
  readonly templates: TemplateKey[] = [];
  readonly unknownKinds: { readonly apiVersion: string; readonly kind: string }[] = [];
  readonly selected: ObjectsKey[] = [];
  readonly cluster: Cluster;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  /** Whether something must be done or found out before the plan can go on. */
  get open(): boolean {
    return this.lookups.length + this.renders.length + this.writes.length + this.deletes.length > 0;
  }

  template(key: TemplateKey): ReturnType<Cluster['template']> {
    this.templates.push(key);
    return this.cluster.template(key);
  }

  account(key: AccountKey): AccountAnswer | undefined {
    const answer = this.cluster.account(key);
    if (answer === undefined) this.lookups.push({ lookup: 'account', key });
    return answer;
  }

  mapping(apiVersion: string, kind: string): MappingAnswer | undefined {
    const answer = this.cluster.mapping(apiVersion, kind);
    if (answer === undefined) this.lookups.push({ lookup: 'mapping', apiVersion, kind });
    if (answer?.kind === 'noMatch') this.unknownKinds.push({ apiVersion, kind });
    return answer;
  }

  observed(key: ObjectKey): Observation | undefined {
    const answer = this.cluster.observed(key);
    if (answer === undefined) this.lookups.push({ lookup: 'object', key });
    return answer;
  }

  listed(key: ObjectsKey): ListAnswer | undefined {
    const answer = this.cluster.listed(key);
    if (answer === undefined) this.lookups.push({ lookup: 'list', key });
    return answer;
  }

  /** Objects of others, which a Runnable selects. */
  selectedObjects(key: ObjectsKey): ListAnswer | undefined {
    this.selected.push(key);
    const answer = this.cluster.listed(key);
    if (answer === undefined) this.lookups.push({ lookup: 'list', key });
    return answer;
  }

  rendered(render: Render): RenderAnswer | undefined {
    const answer = this.cluster.rendered(render.id);
    if (answer === undefined) this.renders.push(render);
    return answer;
  }

  written(write: Write): WriteAnswer | undefined {
    const answer = this.cluster.written(write.id);
    if (answer === undefined) this.writes.push(write);
    return answer;
  }

  /** Asks for a delete unless it was answered already, whatever the answer. */
  delete(request: Delete): void {
    if (!this.cluster.deletions().some((deletion) => deletion.request.id === request.id)) this.deletes.push(request);
  }
}
