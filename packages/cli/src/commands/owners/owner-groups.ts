import type { Command } from 'commander';

/** The groups of commands about one kind of owner: `carto workload get`, `carto deliverable get`. */
export type OwnerGroups = {
  readonly workload: Command;
  readonly deliverable: Command;
  readonly runnable: Command;
};

/** Adds the groups that several files fill: who edits owners and who looks at them. */
export function addOwnerGroups(program: Command): OwnerGroups {
  return {
    workload: program
      .command('workload')
      .aliases(['workloads', 'wld'])
      .summary('deploy an app, change it, and see how far it is')
      .description('A Workload is what a developer wants to run: its source, or an image, and what it needs.'),
    deliverable: program
      .command('deliverable')
      .aliases(['deliverables', 'dlv'])
      .summary('the same for what a delivery takes to a cluster')
      .description(
        'A Deliverable is what a delivery takes from a registry or a repository to the place where it runs.',
      ),
    runnable: program
      .command('runnable')
      .aliases(['runnables', 'rnb'])
      .summary('look at what is run anew for each new input')
      .description('A Runnable makes an object anew, such as a test run, whenever its inputs change.'),
  };
}
