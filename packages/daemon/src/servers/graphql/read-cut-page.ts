/** Reading of a view within what a request may read. */
import { readSnapshot, type AnswerTo, type PageBounds, type ViewQuestion } from '../../engine/past/view-reading.ts';
import type { MaybePromise } from './maybe-promise.ts';
import type { RequestContext } from './request-context.ts';
import type { ReadView } from './view-input.ts';

type PageQuestion = Extract<ViewQuestion, { readonly ask: 'nodes' | 'edges' | 'reach' }>;
type CountQuestion = Extract<ViewQuestion, { readonly ask: 'nodeCount' | 'edgeCount' }>;
interface Read {
  readonly scanned: number;
  readonly sizeBytes: number;
}

/** Reads a page, cut where it would hold too many bytes. Throws `QUERY_TOO_LARGE` once the request has had its fill. */
export function readCutPage<Q extends PageQuestion>(
  { budget }: RequestContext,
  { source }: Pick<ReadView, 'source'>,
  questionOf: (bounds: PageBounds) => Q,
): MaybePromise<AnswerTo<Q>> {
  const begin = (): Q => questionOf({ sizeBytesMax: budget.beginPage(), wantsData: budget.wantsData });
  const end = (page: AnswerTo<Q>): AnswerTo<Q> => {
    const { scanned, sizeBytes } = page as Read; // as every page has them
    budget.endPage(scanned, sizeBytes);
    return page;
  };
  if (source.type === 'live') return end(readSnapshot(source.snapshot, begin()));
  return budget.inTurn(async () => end(await source.ask(begin())));
}

/** Counts what a list holds; what has to be looked at for that counts as read. Throws as `readCutPage`. */
export function readCount<Q extends CountQuestion>(
  { budget }: RequestContext,
  { source }: Pick<ReadView, 'source'>,
  question: Q,
): MaybePromise<AnswerTo<Q>> {
  const end = (count: AnswerTo<Q>): AnswerTo<Q> => {
    budget.endPage((count as Pick<Read, 'scanned'>).scanned, 0); // as every count has it
    return count;
  };
  const begin = (): Q => {
    budget.beginPage();
    return question;
  };
  if (source.type === 'live') return end(readSnapshot(source.snapshot, begin()));
  return budget.inTurn(async () => end(await source.ask(begin())));
}

/** One element that is read by its id. Throws as `readCutPage`. */
export function chargeElement({ budget }: RequestContext, sizeBytes: number): void {
  budget.beginPage();
  budget.endPage(1, sizeBytes);
}
