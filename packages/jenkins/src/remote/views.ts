import { getPath, isObject, type Json, type JsonObject, listAt, textAt } from '@cartographer/machinery';

/** A build as the server lists it. */
export type RemoteBuild = {
  readonly number: number;
  readonly queueId?: number;
  /** Absent while it is not known, also for a moment after the build. */
  readonly result?: string;
  readonly isBuilding: boolean;
  /** Absent where the server has none. */
  readonly url?: string;
  readonly startedAtMs?: number;
  readonly durationMs?: number;
  readonly estimatedMs?: number;
  readonly description: string;
  readonly parameters: Readonly<Record<string, string>>;
};

/** A parameter that a job declares. */
export type DeclaredParameter = {
  readonly name: string;
  /** `StringParameterDefinition`, say; empty where the server does not say. */
  readonly type: string;
  readonly choices?: readonly string[];
};

/** A job as the server shows it. */
export type RemoteJob = {
  readonly isBuildable: boolean;
  /** Undefined for a job that takes no parameters at all. */
  readonly parameters?: readonly DeclaredParameter[];
  readonly nextBuildNumber?: number;
  /** The newest first, as many as the server lists. */
  readonly builds: readonly RemoteBuild[];
};

/** What waits in the queue of the server. */
export type QueueItem = {
  readonly id: number;
  readonly why: string;
  readonly sinceMs?: number;
  readonly parameters: Readonly<Record<string, string>>;
};

/** One item of the queue by its number, also after it has left it. */
export type LeftItem = { readonly isCancelled: boolean; readonly why: string; readonly buildNumber?: number };

/** A stage of a pipeline. */
export type RemoteStage = {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly startedAtMs?: number;
  readonly durationMs?: number;
};

/** Counts of a test report. */
export type TestCounts = { readonly total: number; readonly failed: number; readonly skipped: number };

const PARAMETERS = 'actions[parameters[name,value]]';
const BUILD = `number,queueId,building,result,timestamp,duration,estimatedDuration,url,description,${PARAMETERS}`;
const DECLARED = 'parameterDefinitions[name,type,choices]';

/** What is asked for; servers leave out what they do not know. The oldest do not know ranges. */
export const TREES = {
  server: 'mode',
  queue: `items[id,why,inQueueSince,${PARAMETERS}]`,
  item: 'cancelled,why,executable[number]',
  job: `buildable,nextBuildNumber,actions[${DECLARED}],property[${DECLARED}],builds[${BUILD}]`,
  build: BUILD,
  tests: 'totalCount,failCount,passCount,skipCount',
} as const;

/** Reads a job; undefined where the answer is of something else, a folder say. */
export function jobOf(value: Json): RemoteJob | undefined {
  const isBuildable = getPath(value, 'buildable');
  if (typeof isBuildable !== 'boolean') return undefined;
  const declared = [...listAt(value, 'property'), ...listAt(value, 'actions')]
    .map((holder) => listAt(holder, 'parameterDefinitions'))
    .find((list) => list.length > 0);
  return {
    isBuildable,
    ...(declared === undefined ? {} : { parameters: declared.filter(isObject).map(declaredOf) }),
    ...wholeAt(value, 'nextBuildNumber', 'nextBuildNumber'),
    builds: listAt(value, 'builds').flatMap((build) => buildOf(build) ?? []),
  };
}

function declaredOf(definition: JsonObject): DeclaredParameter {
  const choices = listAt(definition, 'choices').filter((choice) => typeof choice === 'string');
  return {
    name: textAt(definition, 'name'),
    type: textAt(definition, 'type'),
    ...(choices.length === 0 ? {} : { choices }),
  };
}

/** Reads a build; undefined where the answer is of something else. */
export function buildOf(value: Json): RemoteBuild | undefined {
  const number = getPath(value, 'number');
  if (typeof number !== 'number') return undefined;
  const [result, url] = [textAt(value, 'result'), textAt(value, 'url')];
  return {
    number,
    ...wholeAt(value, 'queueId', 'queueId'),
    ...(result === '' ? {} : { result }),
    isBuilding: getPath(value, 'building') === true,
    ...(url === '' ? {} : { url }),
    ...wholeAt(value, 'timestamp', 'startedAtMs'),
    ...wholeAt(value, 'duration', 'durationMs'),
    ...wholeAt(value, 'estimatedDuration', 'estimatedMs'),
    description: textAt(value, 'description'),
    parameters: parametersOf(value),
  };
}

/** Reads the queue. */
export function queueOf(value: Json): readonly QueueItem[] {
  return listAt(value, 'items').flatMap((item) => {
    const id = getPath(item, 'id');
    if (typeof id !== 'number') return [];
    return [
      { id, why: textAt(item, 'why'), ...wholeAt(item, 'inQueueSince', 'sinceMs'), parameters: parametersOf(item) },
    ];
  });
}

/** Reads one item of the queue. */
export function leftItemOf(value: Json): LeftItem {
  const number = getPath(value, 'executable', 'number');
  return {
    isCancelled: getPath(value, 'cancelled') === true,
    why: textAt(value, 'why'),
    ...(typeof number === 'number' ? { buildNumber: number } : {}),
  };
}

/** Reads the stages of a pipeline. */
export function stagesOf(value: Json): readonly RemoteStage[] {
  return listAt(value, 'stages')
    .filter(isObject)
    .map((stage) => ({
      id: textAt(stage, 'id'),
      name: textAt(stage, 'name'),
      status: textAt(stage, 'status'),
      ...wholeAt(stage, 'startTimeMillis', 'startedAtMs'),
      ...wholeAt(stage, 'durationMillis', 'durationMs'),
    }));
}

/** Reads the counts of a test report: of one, or of several that are summed up. */
export function testsOf(value: Json): TestCounts {
  const count = (key: string): number => wholeAt(value, key, 'count').count ?? 0;
  const [failed, skipped] = [count('failCount'), count('skipCount')];
  const total = wholeAt(value, 'totalCount', 'total').total ?? count('passCount') + failed + skipped;
  return { total, failed, skipped };
}

function parametersOf(value: Json): Readonly<Record<string, string>> {
  const entries = listAt(value, 'actions')
    .flatMap((action) => listAt(action, 'parameters'))
    .filter(isObject)
    .map((parameter): [string, string] => {
      const { value: given } = parameter;
      return [textAt(parameter, 'name'), typeof given === 'string' ? given : JSON.stringify(given ?? '')];
    });
  return Object.fromEntries(entries);
}

/** A whole number that is not negative, under another name; nothing where there is none. */
function wholeAt<K extends string>(value: Json, key: string, as: K): { readonly [P in K]?: number } {
  const found = getPath(value, key);
  const isWhole = typeof found === 'number' && Number.isSafeInteger(found) && found >= 0;
  return (isWhole ? { [as]: found } : {}) as { readonly [P in K]?: number };
}
