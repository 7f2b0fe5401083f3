import type { SqlDatabase } from '@cartographer/store';
import { billSuite } from './bill-suite.ts';
import { changeSuite } from './change-suite.ts';
import { sightSuite } from './sight-suite.ts';
import { sourceSuite } from './source-suite.ts';
import { type SuiteStage, suiteStage } from './suite-stage.ts';

/** What holds on every database. `another` gives another handle on the same one, which is empty when a test begins. */
export function portfolioSuite(another: () => SqlDatabase, clock: SuiteStage['clock']): void {
  const stage = suiteStage(another, clock);
  changeSuite(stage);
  billSuite(stage);
  sourceSuite(stage);
  sightSuite(stage);
}
