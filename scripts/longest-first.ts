import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tests that start programs: they take longest, and to start one costs least while the worker is small. */
const PROGRAMS = /\/(?:e2e|scripts\/(?:docs|mutants)|front\/kubectl|packages\/(?:laptop|cli))\//;

/** Starts the tests of whole programs first, so that at the end no worker is left alone with one; the rest as vitest has it. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files); // oxlint-disable-line no-array-sort -- it is not that of arrays
    const isProgram = ({ moduleId }: TestSpecification): boolean => PROGRAMS.test(moduleId);
    return [...sorted.filter(isProgram), ...sorted.filter((file) => !isProgram(file))];
  }
}
