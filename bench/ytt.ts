import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { systemClock } from '@cartographer/kube';
import { silentLog } from '@cartographer/machinery';
import { createYtt, ensureBuilt, ensureNativeYtt, type Ytt, type YttRender } from '@cartographer/ytt';
import { median, percentile, type Row } from './row.ts';

const ROUNDS = 300;
const FORKS = 100;
const AT_ONCE = 100;
const COLD_STARTS = 7;
const NANOSECONDS = 1_000_000;
const never = new AbortController().signal;

/** Renders of a usual template, warm and cold, beside forking the ytt command for each; nothing without Go. */
export async function measureYtt(): Promise<readonly Row[]> {
  const build = { env: process.env, say: (line: string) => void process.stderr.write(`${line}\n`) };
  const [module, native] = [await ensureBuilt(build), await ensureNativeYtt(build)];
  if (module.kind === 'noGo' || native.kind === 'noGo') {
    build.say('no Go on this machine: ytt is not measured');
    return [];
  }
  const ytt = createYtt({ clock: systemClock, log: silentLog });
  const delays = await loopDelay(ytt);
  const warm = await times(ROUNDS, (round) => render(ytt, round));
  await ytt.close();
  const forked = await times(FORKS, (round) => fork(native.path, usual(round)));
  const cold = await times(COLD_STARTS, coldStart);
  const { size } = await stat(join(module.path, 'ytt.wasm.zst'));
  return [
    {
      name: `ytt, a render, warm, p50 of ${ROUNDS}`,
      value: median(warm),
      unit: 'ms',
      floor: { name: 'forking the command', value: median(forked) },
      goal: { of: 'value', atMost: 4 },
    },
    {
      name: 'the same, p90',
      value: percentile(warm, 0.9),
      unit: 'ms',
      floor: { name: 'forking the command', value: percentile(forked, 0.9) },
    },
    { name: 'ytt, cold: load, start a worker, first render', value: median(cold), unit: 'ms' },
    {
      name: `event loop delay while ${AT_ONCE} templates render from cold, p99`,
      value: delays.p99Ms,
      unit: 'ms',
      goal: { of: 'value', atMost: 20 },
    },
    { name: `the ${AT_ONCE} templates, all done`, value: delays.tookMs, unit: 'ms' },
    { name: 'ytt, size of the module, compressed', value: size / 1_048_576, unit: 'MiB' },
  ];
}

async function loopDelay(ytt: Ytt): Promise<{ readonly p99Ms: number; readonly tookMs: number }> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => render(ytt, index)));
  const tookMs = performance.now() - startedMs;
  delay.disable();
  return { p99Ms: delay.percentile(99) / NANOSECONDS, tookMs };
}

async function coldStart(round: number): Promise<void> {
  const ytt = createYtt({ clock: systemClock, log: silentLog });
  await render(ytt, round);
  await ytt.close();
}

async function render(ytt: Ytt, round: number): Promise<void> {
  const answer = await ytt.render(usual(round), never);
  if (answer.kind === 'failed') throw new Error(answer.message);
}

async function times(count: number, act: (round: number) => Promise<void>): Promise<readonly number[]> {
  const all: number[] = [];
  for (let round = 0; round < count; round += 1) {
    const startedMs = performance.now();
    await act(round);
    all.push(performance.now() - startedMs);
  }
  return all;
}

/** As upstream renders: a process for each. */
function fork(program: string, { template, values }: YttRender): Promise<void> {
  const flags = Object.entries(values).flatMap(([key, value]) => [
    '--data-value-yaml',
    `${key}=${JSON.stringify(value)}`,
  ]);
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['-f', '-', ...flags], { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdout.resume();
    child.stderr.resume();
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`ytt ended with ${code}`))));
    child.stdin.end(template);
  });
}

/** A template as tutorials have it: a Knative service with the workload's environment and params. */
function usual(round: number): YttRender {
  const workload = {
    apiVersion: 'carto.run/v1alpha1',
    kind: 'Workload',
    metadata: { name: `app-${round}`, namespace: 'default', labels: { 'app.tanzu.vmware.com/workload-type': 'web' } },
    spec: {
      serviceAccountName: 'default',
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
    },
  };
  const values = { workload, params: { port: 8080, minScale: 1 }, image: `registry.example.com/app@sha256:${round}` };
  return { template: USUAL, values };
}

const USUAL = `
#@ load("@ytt:data", "data")

#@ def labels():
app.kubernetes.io/part-of: #@ data.values.workload.metadata.name
#@ for key in data.values.workload.metadata.labels:
#@yaml/text-templated-strings
"(@= key @)": #@ data.values.workload.metadata.labels[key]
#@ end
#@ end

---
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: #@ data.values.workload.metadata.name
  labels: #@ labels()
spec:
  template:
    metadata:
      annotations:
        autoscaling.knative.dev/minScale: #@ str(data.values.params.minScale)
    spec:
      serviceAccountName: #@ data.values.workload.spec.serviceAccountName
      containers:
      - name: workload
        image: #@ data.values.image
        ports:
        - containerPort: #@ data.values.params.port
        #@ if hasattr(data.values.workload.spec, "env"):
        env:
        #@ for entry in data.values.workload.spec.env:
        - name: #@ entry.name
          value: #@ entry.value
        #@ end
        #@ end
`;
