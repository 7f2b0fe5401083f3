import type { Mover, StepState } from '@cartographer/api';
import type { Condition } from '@cartographer/machinery';
import type { InputKind } from './blueprint-steps.ts';

/** An owner's way through its blueprint: what `carto get`, the live view and the page draw. */
export type PathGraph = {
  /** Undefined before the first match. */
  readonly blueprint: { readonly kind: string; readonly name: string } | undefined;
  /** The whole owner: the state of its worst step, or of its selection. */
  readonly state: StepState;
  readonly reason: string;
  readonly message: string;
  readonly since: string | undefined;
  readonly move: Mover;
  readonly next: string | undefined;
  /** In the order of the blueprint; steps that the status alone knows come last. */
  readonly nodes: readonly PathNode[];
  /** Between steps that are there. */
  readonly edges: readonly PathEdge[];
};

/** A step of the way. */
export type PathNode = {
  readonly step: string;
  readonly state: StepState;
  /** The one that was used last, else the one that the blueprint names; undefined while an option is to be chosen. */
  readonly template: { readonly kind: string; readonly name: string } | undefined;
  /** Names of the options in order (of a pass-through: of its input); empty where the template has none. */
  readonly options: readonly string[];
  readonly stamped:
    | {
        readonly apiVersion: string;
        readonly kind: string;
        readonly namespace: string | undefined;
        readonly name: string;
        /** Its plural with its group, as kubectl takes it. */
        readonly resource: string;
      }
    | undefined;
  readonly outputs: readonly PathOutput[];
  /** Of what keeps it from ready; '' when ready. */
  readonly reason: string;
  readonly message: string;
  /** Since when it is as it is, RFC 3339. */
  readonly since: string | undefined;
  readonly healthy: Condition['status'] | undefined;
  readonly ready: Condition['status'] | undefined;
  /** The step that has to move first. */
  readonly waitsFor: string | undefined;
  readonly move: Mover;
  readonly next: string | undefined;
};

/** A value that a step hands on. */
export type PathOutput = {
  readonly name: string;
  /** The value as YAML, cut to 1024 bytes; `[redacted]` where it was read from a Secret. */
  readonly preview: string;
  readonly digest: string;
  readonly since: string | undefined;
};

/** A value's way from one step to another. */
export type PathEdge = {
  readonly from: string;
  readonly to: string;
  /** Name under which the template reads it; '' where the blueprint is not known. */
  readonly input: string;
  readonly kind: InputKind;
  /** As the producer shows it, of a source its revision; undefined while there is none. */
  readonly value: string | undefined;
};
