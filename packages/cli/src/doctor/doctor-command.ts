import { INSTALL_NAMES } from '@cartographer/controller';
import type { Json } from '@cartographer/machinery';
import { EXIT } from '../frame/exit-codes.ts';
import type { TargetFlags } from '../frame/flags.ts';
import { runSession, type Session } from '../frame/session.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import { printValue } from '../screen/print-objects.ts';
import { doctorScreen } from './doctor-screen.ts';
import { type Examination, examine } from './examine.ts';
import { outcomeOf } from './report.ts';

/** Flags of `carto doctor`. */
export type DoctorFlags = TargetFlags & {
  readonly output?: 'json' | 'yaml';
  /** Where Cartographer is installed. */
  readonly systemNamespace?: string;
};

/** `carto doctor`: 0 when all is well, 2 when something was found, 1 when something could not be looked at. */
export async function runDoctor(flags: DoctorFlags, surroundings: Surroundings): Promise<void> {
  await runSession(surroundings, flags, { writes: false }, async (session) => {
    const { output, systemNamespace = INSTALL_NAMES.namespace } = flags;
    if (output === undefined && session.terminal.columns !== undefined)
      session.say(`looking at ${session.target.text} …`);
    const examination = await examine(session, systemNamespace);
    const { reports } = examination;
    if (output !== undefined) session.terminal.out(printValue(reportValue(session, examination), output));
    else session.print(doctorScreen(reports, session));
    const outcomes = reports.map(outcomeOf);
    if (outcomes.includes('found')) session.terminal.exitCode = EXIT.no;
    else if (outcomes.includes('unknown')) session.terminal.exitCode = EXIT.failed;
    if (output === undefined) session.say(verdict(examination));
  });
}

function verdict({ reports }: Examination): string {
  const found = reports.reduce((total, { findings }) => total + findings.length, 0);
  const unknown = reports.reduce((total, { notLooked }) => total + notLooked.length, 0);
  const parts = [
    ...(found === 0 ? [] : [`${found} ${found === 1 ? 'finding' : 'findings'}`]),
    ...(unknown === 0 ? [] : [`${unknown} not looked at`]),
  ];
  return parts.length === 0 ? 'all is well' : parts.join(', ');
}

function reportValue({ target }: Session, { server, identity, reports }: Examination): Json {
  return {
    target: { name: target.text, server: target.server },
    kubernetes: server.version,
    user: identity?.user ?? null,
    checks: reports.map((report) => ({
      check: report.check,
      outcome: outcomeOf(report),
      says: report.says,
      findings: report.findings.map((found) => ({ ...found })),
      notLooked: report.notLooked,
    })),
  };
}
