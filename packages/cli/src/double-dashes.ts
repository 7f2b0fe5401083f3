const UPSTREAM_FLAG =
  /^-((?:Port|cert-dir|dev|log-level|metrics-port|pprof-port|kubeconfig|max-concurrent-(?:workloads|deliveries|runnables))(?:=.*)?)$/;

/** The arguments of `carto controller` with the single dashes that Go's flags allow made double. */
export function withDoubleDashes(argv: readonly string[]): readonly string[] {
  return argv.includes('controller') ? argv.map((argument) => argument.replace(UPSTREAM_FLAG, '--$1')) : argv;
}
