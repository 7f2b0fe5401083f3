import { stringifyJson } from '@cartographer/machinery';
import type { Session } from '../frame/session.ts';
import { plain } from '../screen/text.ts';
import type { LogLine, LogSource } from './log-line.ts';

/** How lines look. */
export type LineLooks = {
  /** Each line begins with its time, where it has one. */
  readonly timestamps: boolean;
  /** Escapes of the log reach the terminal as they are. */
  readonly raw: boolean;
  /** One JSON object each, for programs. */
  readonly asJson: boolean;
};

/** Makes what prints lines: `step pod[container] message`, each source in a colour of its own, the same each time. */
export function createLinePrinter(
  { print, style }: Pick<Session, 'print' | 'style'>,
  { timestamps, raw, asJson }: LineLooks,
): (source: LogSource, line: LogLine) => void {
  return (source, { time, text }) => {
    if (asJson) {
      print([stringifyJson({ ...(time === undefined ? {} : { time }), ...source, message: text })]);
      return;
    }
    const name = style.apart(sourceText(source));
    const when = timestamps && time !== undefined ? `${style.faint(time)} ` : '';
    print([`${name} ${when}${raw ? text : plain(text)}`]);
  };
}

/** `test hello-test-pod[step-npm-test]`, as lines and messages name a source. */
export function sourceText({ step, pod, container }: LogSource): string {
  return plain(`${step === '' ? '' : `${step} `}${pod}[${container}]`);
}
