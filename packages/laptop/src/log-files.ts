import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type KubeObject, listAt, objectKey, type ResourceType, textAt } from '@cartographer/machinery';
import { ifThere } from '@cartographer/oci';
import { imageType } from './image/image.ts';
import { serviceType } from './service/service.ts';
import { taskRunType } from './tekton/kind/tekton-types.ts';
import { runPlaces } from './tekton/task/run-places.ts';

/** A log of a program that the laptop's tools run or ran. */
export type LaptopLog = {
  /** What stands for the pod: `hello-test-pod`, `hello-build-3`, `hello-00002`. */
  readonly pod: string;
  readonly container: string;
  /** The file; the older half of a long log is `FILE.1`. */
  readonly file: string;
};

/** The kinds whose objects have logs on the laptop. */
export const laptopLogKinds: readonly ResourceType[] = [taskRunType, imageType, serviceType];

const LOG = /^(.+)\.log$/;

/**
 * The logs of an object of one of {@link laptopLogKinds}, below the folder that `startLaptop` was given, as
 * `docs/laptop.md` tells; of builds and revisions the newest, or the one before it.
 */
export async function laptopLogs(
  dataDir: string,
  object: KubeObject,
  { previous }: { readonly previous: boolean },
): Promise<readonly LaptopLog[]> {
  const key = objectKey(object.metadata);
  switch (object.kind) {
    case taskRunType.kind:
      return taskLogs(runPlaces(join(dataDir, 'tekton'), key).logsFolder, object, previous);
    case imageType.kind:
      return numbered(join(dataDir, 'image', 'images', ...key.split('/'), 'logs'), 'build', previous);
    case serviceType.kind:
      return numbered(join(dataDir, 'service', 'services', ...key.split('/'), 'logs'), 'app', previous);
    default:
      return [];
  }
}

/** Of a run the steps of its last try, in the order in which they began. */
async function taskLogs(folder: string, run: KubeObject, previous: boolean): Promise<readonly LaptopLog[]> {
  const pod = byNumber(await namesIn(folder)).at(previous ? -2 : -1);
  if (pod === undefined) return [];
  const steps = listAt(run.status, 'steps').map((step) => textAt(step, 'container'));
  const logs = await filesIn(join(folder, pod));
  const inOrder = logs.toSorted((a, b) => steps.indexOf(a) - steps.indexOf(b));
  return inOrder.map((name) => ({ pod, container: name, file: join(folder, pod, `${name}.log`) }));
}

async function numbered(folder: string, container: string, previous: boolean): Promise<readonly LaptopLog[]> {
  const pod = byNumber(await filesIn(folder)).at(previous ? -2 : -1);
  return pod === undefined ? [] : [{ pod, container, file: join(folder, `${pod}.log`) }];
}

async function filesIn(folder: string): Promise<readonly string[]> {
  return (await namesIn(folder)).flatMap((name) => LOG.exec(name)?.[1] ?? []);
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await ifThere(readdir(folder))) ?? [];
}

/** `x-build-2` before `x-build-10`. */
function byNumber(names: readonly string[]): readonly string[] {
  return names.toSorted(new Intl.Collator('en', { numeric: true }).compare);
}
