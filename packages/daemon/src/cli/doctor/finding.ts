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

/** What an examination finds; what keeps it from looking is a finding, too: a folder may hold anything. */
export async function examined(
  subject: string,
  examine: () => Finding | readonly Finding[] | undefined | Promise<Finding | readonly Finding[] | undefined>,
): Promise<readonly Finding[]> {
  try {
    return [(await examine()) ?? []].flat();
  } catch (fault) {
    const detail = fault instanceof Error ? fault.message : String(fault);
    return [bad(subject, detail, 'see that it is a data folder of jitos, and that this user may read it')];
  }
}
