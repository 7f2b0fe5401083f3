import type { Clock } from '@cartographer/machinery';
import type { Fetch } from '../exchange.ts';
import { json, page, redirect, withCode } from './fake-answers.ts';
import type { FakeBuild, FakeFault, FakeItem, FakeJob, SeenRequest } from './fake-state.ts';

const QUEUE_KEEPS_MS = 300_000;

/** A scripted server of the family, on a clock that a test moves. It answers what is asked of it in the process itself. */
export class FakeJenkins {
  readonly jobs = new Map<string, FakeJob>();
  readonly builds: FakeBuild[] = [];
  readonly requests: SeenRequest[] = [];
  /** `hudson`: the oldest dialect. */
  dialect: 'jenkins' | 'hudson' = 'jenkins';
  /** Where the server thinks it is. */
  ownUrl = 'https://ci.example.com';
  prefix = '';
  quietMs = 1_000;
  executors = Number.POSITIVE_INFINITY;
  /** `Authorization` that it takes; undefined asks nobody. */
  authorization: string | undefined;
  crumb: string | undefined;
  /** The answers to triggers tell no item. */
  tellsItem = true;
  underWay = 0;
  items: FakeItem[] = [];
  readonly #clock: Clock;
  #nextItem = 1;
  readonly #faults: { when: (request: SeenRequest) => boolean; fault: FakeFault; times: number }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Lets something go wrong with the next requests of a kind. Returns how to take it away. */
  inject(when: (request: SeenRequest) => boolean, fault: FakeFault, times = 1): () => void {
    const rule = { when, fault, times };
    this.#faults.push(rule);
    return () => void (rule.times = 0);
  }

  /** Triggers that made a build or an item of their own. */
  get made(): number {
    return this.#nextItem - 1;
  }

  /** As `fetch`, without a network. */
  readonly fetch: Fetch = async (url, init) => {
    this.underWay += 1;
    try {
      const seen: SeenRequest = {
        method: init.method,
        path: decodeURI(url.pathname),
        query: decodeURIComponent(url.search),
        atMs: this.#clock.now(),
        headers: init.headers,
      };
      init.signal.throwIfAborted();
      const fault = this.#faultFor(seen);
      if (fault?.kind === 'unsent') throw withCode('connect ECONNREFUSED', 'ECONNREFUSED');
      this.requests.push(seen);
      return await this.#suffer(fault, seen, init.body ?? '', init.signal);
    } finally {
      this.underWay -= 1;
    }
  };

  async #suffer(fault: FakeFault | undefined, seen: SeenRequest, body: string, signal: AbortSignal): Promise<Response> {
    switch (fault?.kind) {
      case 'lost':
        throw withCode('read ECONNRESET', 'ECONNRESET');
      case 'answer':
        return fault.response();
      case 'silence':
        this.underWay -= 1;
        try {
          return await new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
          });
        } finally {
          this.underWay += 1;
        }
      case 'answer lost':
        this.#answer(seen, body);
        throw withCode('other side closed', 'UND_ERR_SOCKET');
      case 'answered by another':
        this.#answer(seen, body);
        return page(fault.status, 'Bad Gateway');
      case 'unsent':
      case undefined:
        return this.#answer(seen, body);
    }
  }

  #faultFor(seen: SeenRequest): FakeFault | undefined {
    const rule = this.#faults.find(({ when, times }) => times > 0 && when(seen));
    if (rule !== undefined) rule.times -= 1;
    return rule?.fault;
  }

  #answer(seen: SeenRequest, body: string): Response {
    const path = seen.path.startsWith(this.prefix) ? seen.path.slice(this.prefix.length) : '/nowhere';
    const isKnown = this.authorization === undefined || seen.headers['authorization'] === this.authorization;
    if (!isKnown && (this.dialect === 'jenkins' || seen.method === 'POST')) {
      return page(this.dialect === 'jenkins' ? 401 : 403, 'Authentication required');
    }
    if (path === '/crumbIssuer/api/json') {
      if (this.crumb === undefined) return page(404, 'Not Found');
      const headers = { 'set-cookie': 'JSESSIONID=node01; Path=/' };
      return json(
        { crumb: this.crumb, crumbRequestField: this.dialect === 'hudson' ? '.crumb' : 'Jenkins-Crumb' },
        headers,
      );
    }
    const field = this.dialect === 'hudson' ? '.crumb' : 'Jenkins-Crumb';
    if (seen.method === 'POST' && this.crumb !== undefined && !isToken(seen) && seen.headers[field] !== this.crumb) {
      return page(403, 'No valid crumb was included in the request');
    }
    if (path === '/api/json') return json({ mode: 'NORMAL' }, { 'x-jenkins': '2.440' });
    if (path.startsWith('/queue/')) return this.#answerQueue(path, seen);
    const [, job = '', number, rest = ''] = /^((?:\/job\/[^/]+)+)(?:\/(\d+))?(\/.*)?$/.exec(path) ?? [];
    const known = this.jobs.get(job.replaceAll('/job/', '/').slice(1));
    if (known === undefined) return page(404, 'Not Found');
    if (known.isForbidden === true) return page(403, 'Access denied');
    const name = job.replaceAll('/job/', '/').slice(1);
    return number === undefined
      ? this.#answerJob(name, known, rest, body)
      : this.#answerBuild(name, known, Number(number), rest, seen);
  }

  #answerQueue(path: string, { method, query }: SeenRequest): Response {
    if (path === '/queue/api/json') {
      const items = this.items.filter(({ leftAtMs }) => leftAtMs === undefined);
      return json({
        items: items.map((item) => ({
          id: item.id,
          why: item.why,
          inQueueSince: item.sinceMs,
          actions: actionsOf(item),
        })),
      });
    }
    const isCancel =
      method === 'POST' && (this.dialect === 'hudson' ? path.endsWith('/cancelQueue') : path === '/queue/cancelItem');
    const id = Number(/\/item\/(\d+)\//.exec(path)?.[1] ?? /id=(\d+)/.exec(query)?.[1] ?? '0');
    const item = this.items.find((each) => each.id === id);
    if (item === undefined || (this.dialect === 'hudson' && !isCancel)) return page(404, 'Not Found');
    if (isCancel) {
      if (item.leftAtMs === undefined) Object.assign(item, { leftAtMs: this.#clock.now(), isCancelled: true });
      return redirect(`${this.ownUrl}/queue/`);
    }
    if (item.leftAtMs !== undefined && this.#clock.now() - item.leftAtMs >= QUEUE_KEEPS_MS)
      return page(404, 'Not Found');
    const executable = item.build === undefined ? {} : { executable: { number: item.build } };
    return json({ id, why: item.why, cancelled: item.isCancelled === true, ...executable });
  }

  #answerJob(name: string, job: FakeJob, rest: string, body: string): Response {
    if (rest === '/api/json') {
      const declared = job.parameters?.map((each) =>
        typeof each === 'string' ? { name: each, type: 'StringParameterDefinition' } : each,
      );
      const holder = declared === undefined ? {} : { parameterDefinitions: declared };
      const builds = this.builds
        .filter((build) => build.job === name)
        .toSorted((a, b) => b.number - a.number)
        .slice(0, 100);
      return json({
        buildable: job.isBuildable ?? true,
        nextBuildNumber: this.#nextNumber(name),
        property: [holder],
        builds: builds.map((build) => this.#listed(build, job)),
      });
    }
    if (rest !== '/build' && rest !== '/buildWithParameters') return page(404, 'Not Found');
    if ((rest === '/build') !== (job.parameters === undefined)) {
      return this.dialect === 'hudson' && rest === '/buildWithParameters'
        ? page(500, 'This build is not parameterized!')
        : page(400, 'Nothing is submitted');
    }
    return this.#take(name, job, new URLSearchParams(body));
  }

  #take(name: string, job: FakeJob, given: URLSearchParams): Response {
    const path = `/job/${name.split('/').join('/job/')}`;
    const back = this.dialect === 'hudson' ? redirect(`${this.ownUrl}${path}/`) : undefined;
    if (job.isBuildable === false) return back ?? page(409, `${name} is not buildable`);
    const names = (job.parameters ?? []).map((each) => (typeof each === 'string' ? each : each.name));
    const parameters = Object.fromEntries(names.map((each) => [each, given.get(each) ?? '']));
    const same = this.items.find(
      (item) =>
        item.leftAtMs === undefined &&
        item.job === name &&
        JSON.stringify(item.parameters) === JSON.stringify(parameters),
    );
    const item = same ?? this.#enqueue(name, parameters);
    const headers = this.tellsItem ? { location: `${this.ownUrl}/queue/item/${item.id}/` } : undefined;
    return back ?? new Response(null, { status: 201, ...(headers === undefined ? {} : { headers }) });
  }

  #enqueue(job: string, parameters: Readonly<Record<string, string>>): FakeItem {
    const item: FakeItem = {
      id: this.#nextItem++,
      job,
      parameters,
      sinceMs: this.#clock.now(),
      why: 'In the quiet period. Expires in 1 sec',
    };
    this.items.push(item);
    this.#clock.schedule(this.quietMs, () => this.#start(item));
    return item;
  }

  #start(item: FakeItem): void {
    if (item.leftAtMs !== undefined) return;
    if (this.builds.filter(({ isBuilding }) => isBuilding).length >= this.executors) {
      item.why = 'Waiting for next available executor';
      return;
    }
    const number = this.#nextNumber(item.job);
    const job = this.jobs.get(item.job);
    if (job?.nextBuildNumber !== undefined) job.nextBuildNumber = number + 1;
    Object.assign(item, { leftAtMs: this.#clock.now(), build: number });
    const build: FakeBuild = {
      job: item.job,
      number,
      queueId: item.id,
      parameters: item.parameters,
      startedAtMs: this.#clock.now(),
      isBuilding: true,
      result: null,
      durationMs: 0,
    };
    this.builds.push(build);
    this.#clock.schedule(job?.takesMs ?? 10_000, () => this.end(build, job?.result ?? 'SUCCESS'));
  }

  /** Ends a build, and lets the next of the queue begin. */
  end(build: FakeBuild, result: string): void {
    if (!build.isBuilding) return;
    Object.assign(build, { isBuilding: false, result, durationMs: this.#clock.now() - build.startedAtMs });
    for (const item of this.items.filter(({ leftAtMs, why }) => leftAtMs === undefined && why.startsWith('Waiting')))
      this.#start(item);
  }

  #nextNumber(job: string): number {
    const numbers = this.builds.filter((build) => build.job === job).map(({ number }) => number);
    return this.jobs.get(job)?.nextBuildNumber ?? Math.max(0, ...numbers) + 1;
  }

  #listed(
    { number, queueId, isBuilding, result, startedAtMs, durationMs, parameters, job }: FakeBuild,
    { description, takesMs }: FakeJob,
  ): object {
    const url = `${this.ownUrl}/job/${job.split('/').join('/job/')}/${number}/`;
    const modern = this.dialect === 'jenkins' ? { queueId, estimatedDuration: takesMs ?? 10_000 } : {};
    return {
      number,
      building: isBuilding,
      result,
      timestamp: startedAtMs,
      duration: durationMs,
      url,
      description: description ?? null,
      actions: actionsOf({ parameters }),
      ...modern,
    };
  }

  #answerBuild(name: string, job: FakeJob, number: number, rest: string, { method, query }: SeenRequest): Response {
    const build = this.builds.find((each) => each.job === name && each.number === number);
    if (build === undefined) return page(404, 'Not Found');
    if (method === 'POST' && rest === '/stop') {
      this.end(build, 'ABORTED');
      return redirect(`${this.ownUrl}/`);
    }
    const node = /^\/execution\/node\/([^/]+)\/wfapi\/(describe|log)$/.exec(rest);
    if (node !== null)
      return node[2] === 'describe'
        ? json({ stageFlowNodes: [] })
        : json({ length: 1, text: job.stageLogs?.[node[1] ?? ''] ?? '' });
    switch (rest) {
      case '/api/json':
        return json(this.#listed(build, job));
      case '/wfapi/describe':
        return job.stages === undefined ? page(404, 'Not Found') : json({ stages: job.stages });
      case '/testReport/api/json':
        return job.tests === undefined ? page(404, 'Not Found') : json(job.tests);
      case '/injectedEnvVars/api/json':
        return job.environment === undefined ? page(404, 'Not Found') : json({ envMap: job.environment });
      case '/logText/progressiveText':
        return this.#log(build, job, Number(/start=(\d+)/.exec(query)?.[1] ?? '0'));
      default: {
        const text = job.artifacts?.[rest.replace('/artifact/', '')];
        return text === undefined ? page(404, 'Not Found') : new Response(text);
      }
    }
  }

  /** Past the end, newer servers answer nothing, and the oldest all of it. */
  #log({ isBuilding, startedAtMs, durationMs }: FakeBuild, { log = 'Finished\n' }: FakeJob, start: number): Response {
    const ranMs = isBuilding ? this.#clock.now() - startedAtMs : durationMs;
    const bytes = Buffer.from(typeof log === 'string' ? log : log(ranMs));
    const from = start <= bytes.length ? start : this.dialect === 'hudson' ? 0 : bytes.length;
    return new Response(bytes.subarray(from), {
      headers: { 'x-text-size': String(bytes.length), ...(isBuilding ? { 'x-more-data': 'true' } : {}) },
    });
  }
}

function actionsOf({ parameters }: Pick<FakeItem, 'parameters'>): readonly object[] {
  return [{ parameters: Object.entries(parameters).map(([name, value]) => ({ name, value })) }, {}];
}

function isToken({ headers }: SeenRequest): boolean {
  return (headers['authorization'] ?? '').includes(Buffer.from('bot:token').toString('base64'));
}
