import { Command } from 'commander';
import { addChain } from './commands/chain.ts';
import { addCompletion } from './commands/completion.ts';
import { addDoctor } from './commands/doctor.ts';
import { addDown } from './commands/down.ts';
import { addMatch } from './commands/match.ts';
import { addDeliverableEdits } from './commands/owners/deliverable.ts';
import { addExplain } from './commands/owners/explain.ts';
import { addLook } from './commands/owners/look.ts';
import { addOwnerGroups } from './commands/owners/owner-groups.ts';
import { addRerun } from './commands/owners/rerun.ts';
import { addTail } from './commands/owners/tail.ts';
import { addTrace } from './commands/owners/trace.ts';
import { addWorkloadEdits } from './commands/owners/workload.ts';
import { addController } from './commands/parts/controller.ts';
import { addConventions } from './commands/parts/conventions.ts';
import { addInstall } from './commands/parts/install.ts';
import { addJenkins } from './commands/parts/jenkins.ts';
import { addScanner } from './commands/parts/scanner.ts';
import { addStatus } from './commands/status.ts';
import { addUp } from './commands/up.ts';
import { addVersion } from './commands/version.ts';
import { addCve } from './commands/vulnerabilities/cve.ts';
import { addException } from './commands/vulnerabilities/exception.ts';
import { addFindings } from './commands/vulnerabilities/findings.ts';
import { addScan } from './commands/vulnerabilities/scan.ts';
import type { Surroundings } from './frame/surroundings.ts';
import { VERSION } from './running/version.ts';

/** What runs in pods: an environment variable there may be Kubernetes' own, as `CARTO_PORT` of a Service `carto`. */
const PARTS: ReadonlySet<string> = new Set(['controller', 'scanner', 'jenkins', 'conventions']);

/** The command line of `carto`. Each command's help teaches what it is for; its code is loaded when it runs. */
export function createProgram(surroundings: Surroundings): Command {
  const { terminal } = surroundings;
  const program = new Command('carto')
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .description(
      'Cartographer choreographs software supply chains on Kubernetes, or on this machine with no cluster at all.',
    )
    .version(VERSION, '--version', 'print the version of this program')
    .showHelpAfterError('(run the command with --help to see what it takes)')
    .configureHelp({ showGlobalOptions: true, helpWidth: terminal.columns ?? DEFAULT_COLUMNS })
    .exitOverride()
    .hook('preAction', async (_, command) => {
      if (PARTS.has(command.name())) return;
      await (await import('./frame/defaults.ts')).applyDefaults(command, surroundings);
    });
  program.commandsGroup('For who runs apps:');
  const owners = addOwnerGroups(program);
  addWorkloadEdits(owners.workload, surroundings);
  addDeliverableEdits(owners.deliverable, surroundings);
  addExplain(program, surroundings);
  addTail(program, surroundings);
  addLook(owners, surroundings);
  addRerun(program, surroundings);
  program.commandsGroup('Vulnerabilities:');
  addCve(program, surroundings);
  addFindings(program, surroundings);
  addException(program, surroundings);
  addTrace(program, surroundings);
  program.commandsGroup('On this machine:');
  addUp(program, surroundings);
  addStatus(program, surroundings);
  addDown(program, surroundings);
  addScan(program, surroundings);
  addCompletion(program, surroundings);
  program.commandsGroup('Looking after a platform:');
  addChain(program, surroundings);
  addMatch(program, surroundings);
  addDoctor(program, surroundings);
  addVersion(program, surroundings);
  program.commandsGroup('Installing and running in a cluster:');
  addInstall(program);
  addController(program);
  addScanner(program);
  addJenkins(program);
  addConventions(program);
  return program;
}

const DEFAULT_COLUMNS = 80;
