import type { Explanation, Explanations } from '@cartographer/api';
import { INTENT_REASONS } from '@cartographer/conventions';
import { BUILD_REASONS } from '@cartographer/jenkins';
import { SCAN_REASONS } from '@cartographer/scanning';

/** Reasons of conditions by kind and type of condition: of our own tools. */
const TABLES: Readonly<Record<string, Readonly<Record<string, Explanations>>>> = {
  ImageScan: SCAN_REASONS,
  SourceScan: SCAN_REASONS,
  JenkinsBuild: BUILD_REASONS,
  PodIntent: INTENT_REASONS,
};

/** What a reason of a condition tells that one of our own tools wrote. */
export function explanationOfTool(kind: string, condition: string, reason: string): Explanation | undefined {
  return entry(entry(entry(TABLES, kind), condition), reason);
}

function entry<T>(table: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}
