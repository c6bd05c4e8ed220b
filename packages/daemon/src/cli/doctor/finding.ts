/** What the doctor finds. */

export type Verdict = 'good' | 'doubtful' | 'bad';

export interface Finding {
  /** What was looked at. */
  readonly subject: string;
  readonly verdict: Verdict;
  /** What was seen, with its figures. */
  readonly detail: string;
  /** What to do; null if nothing is to be done. */
  readonly advice: string | null;
}

export function good(subject: string, detail: string): Finding {
  return { subject, verdict: 'good', detail, advice: null };
}

export function doubtful(subject: string, detail: string, advice: string): Finding {
  return { subject, verdict: 'doubtful', detail, advice };
}

export function bad(subject: string, detail: string, advice: string): Finding {
  return { subject, verdict: 'bad', detail, advice };
}
