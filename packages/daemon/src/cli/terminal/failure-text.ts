/** Errors as people and machines read them: reason, place, detail, and what to do. */
import { Failure } from '../../errors/failure.ts';
import { REGISTRY } from '../../errors/registry.ts';
import { bold, red, type Paper } from './paper.ts';
import { plainText } from './plain-text.ts';

/** What a failed command tells with `--json`: one line on standard error. */
export interface FailureJson {
  readonly error: {
    readonly reason: string;
    readonly family: string;
    /** Null when there is none. */
    readonly place: string | null;
    readonly detail: string;
    readonly advice: string;
    readonly retry: 'never' | 'later';
  };
}

/** Everything that isn't a `Failure` is a bug: it keeps its stack as the detail. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new Failure('BUG', '', detail, { cause: error });
}

export function exitStatusOf(failure: Failure): number {
  return REGISTRY[failure.reason].exit;
}

export function failureJson({ reason, place, message }: Failure): FailureJson {
  const { family, advice, retry } = REGISTRY[reason];
  return { error: { reason, family, place: place === '' ? null : place, detail: message, advice, retry } };
}

/** Lines for standard error, the last newline included. */
export function failureText(paper: Paper, { reason, place, message }: Failure): string {
  const { advice } = REGISTRY[reason];
  // A bug's detail is a stack: its lines are ours.
  const detail = reason === 'BUG' ? message : plainText(message);
  const lines = [`${red(paper, 'error')} ${bold(paper, reason)}: ${detail}`];
  if (place !== '') lines.push(`  at: ${plainText(place)}`);
  lines.push(`  do: ${advice}`);
  return lines.map((line) => `${line}\n`).join('');
}
