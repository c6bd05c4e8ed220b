/**
 * A subscription that runs: answers, one for each entry of the feed, in order.
 *
 * Readers that asked for the same share one `LiveDocument`, which answers each entry once, however many there are.
 */
import { executeSync, type DocumentNode, type ExecutionResult, type GraphQLSchema } from 'graphql';
import type { FeedEntry, FeedTopic } from '../../engine/feed-entry.ts';
import type { EventFeed, FeedCounts, FeedReader } from '../../engine/event-feed.ts';
import { Failure } from '../../errors/failure.ts';
import { ANSWER_SIZE_BYTES_MAX, fitsAsJson } from './answer-size.ts';
import type { Variables } from './document.ts';
import type { GraphqlAnswer } from './graphql-answer.ts';

export interface LiveAnswer {
  /** To go on behind. */
  readonly position: number;
  readonly answer: GraphqlAnswer;
}

/** Readers that keep up want the same few entries. */
const ANSWERS_KEPT = 64;
const ANSWERS_KEPT_SIZE_BYTES = 1_048_576;

export interface LiveDocumentParts {
  readonly schema: GraphQLSchema;
  /** One operation, a subscription. */
  readonly document: DocumentNode;
  readonly variables: Variables;
  readonly toAnswer: (result: ExecutionResult) => GraphqlAnswer;
}

export class LiveDocument {
  readonly #parts: LiveDocumentParts;
  /** The newest, in the order in which they were asked for. */
  readonly #kept = new Map<number, { readonly live: LiveAnswer; readonly sizeBytes: number }>();
  #keptSizeBytes = 0;

  constructor(parts: LiveDocumentParts) {
    this.#parts = parts;
  }

  /** Throws `QUERY_TOO_LARGE`. */
  answer({ position, event, sizeBytes }: FeedEntry): LiveAnswer {
    const kept = this.#kept.get(position)?.live;
    if (kept !== undefined) return kept;
    const { schema, document, variables, toAnswer } = this.#parts;
    const answer = toAnswer(executeSync({ schema, document, rootValue: event, variableValues: variables }));
    if (!fitsAsJson(answer, ANSWER_SIZE_BYTES_MAX)) {
      throw new Failure('QUERY_TOO_LARGE', 'query', `the answer is longer than ${ANSWER_SIZE_BYTES_MAX} bytes`);
    }
    const live = { position, answer };
    this.#keep(live, sizeBytes);
    return live;
  }

  #keep(live: LiveAnswer, sizeBytes: number): void {
    if (sizeBytes > ANSWERS_KEPT_SIZE_BYTES) return;
    this.#kept.set(live.position, { live, sizeBytes });
    this.#keptSizeBytes += sizeBytes;
    for (const [position, oldest] of this.#kept) {
      if (this.#kept.size <= ANSWERS_KEPT && this.#keptSizeBytes <= ANSWERS_KEPT_SIZE_BYTES) return;
      this.#kept.delete(position);
      this.#keptSizeBytes -= oldest.sizeBytes;
    }
  }
}

export interface LiveSubscriptionParts {
  readonly feed: EventFeed;
  readonly topic: FeedTopic;
  readonly after: number;
  readonly document: LiveDocument;
  /** Throws once whoever reads may read no longer. */
  readonly mustStillSee: () => void;
  /** Whether whoever reads is told of the event. */
  readonly mayTell: (event: FeedEntry['event']) => boolean;
  readonly onClose: () => void;
}

export class LiveSubscription {
  readonly #parts: LiveSubscriptionParts;
  readonly #reader: FeedReader;
  /** Called when there is more than was read; set by whoever reads. */
  onReady: () => void = () => undefined;
  #position: number;
  /** Why the next answer can not be given. */
  #failure: Failure | undefined;
  #isClosed = false;

  constructor(parts: LiveSubscriptionParts) {
    this.#parts = parts;
    this.#position = parts.after;
    this.#reader = parts.feed.open(parts.topic, parts.after, () => this.onReady());
  }

  /** Everything up to here was answered. */
  get position(): number {
    return this.#position;
  }

  /** How much has come since, beside how much had come then. */
  get counts(): FeedCounts {
    return this.#reader.counts;
  }

  /** Once nothing was left to read: whether nothing will come. */
  get isOver(): boolean {
    return this.#parts.feed.isOver(this.#parts.topic);
  }

  /** What comes next, as `FeedReader.read` has it. Throws, or rejects, with a `Failure`; then it is to be closed. */
  read(): readonly LiveAnswer[] | Promise<readonly LiveAnswer[]> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#parts.mustStillSee();
    const entries = this.#reader.read();
    return entries instanceof Promise ? entries.then((read) => this.#told(read)) : this.#told(entries);
  }

  /** Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#reader.close();
    this.#parts.onClose();
  }

  /** Where nothing of them is told, what comes behind them: no answers would say that there is nothing more. */
  #told(entries: readonly FeedEntry[]): readonly LiveAnswer[] | Promise<readonly LiveAnswer[]> {
    const answers = this.#answers(entries);
    return entries.length > 0 && answers.length === 0 ? this.read() : answers;
  }

  #answers(entries: readonly FeedEntry[]): readonly LiveAnswer[] {
    const { document, mustStillSee, mayTell } = this.#parts;
    const answers: LiveAnswer[] = [];
    if (entries.length > 0) mustStillSee(); // what was waited for may have come after the end of a grant
    try {
      for (const entry of entries) if (mayTell(entry.event)) answers.push(document.answer(entry));
      this.#position = this.#reader.position;
    } catch (error) {
      const last = answers.at(-1);
      if (last === undefined || !(error instanceof Failure)) throw error;
      // Told by the next read: those before it go out first.
      this.#position = last.position;
      this.#failure = error;
    }
    return answers;
  }
}

/** The documents that are being read, by what was asked. */
export class LiveDocuments {
  readonly #shared = new Map<string, { readonly document: LiveDocument; readers: number }>();

  /** The one that `key` names, made if nobody reads it yet; `leave` is to be called once. */
  join(key: string, make: () => LiveDocument): { readonly document: LiveDocument; readonly leave: () => void } {
    const shared = this.#shared.get(key) ?? { document: make(), readers: 0 };
    this.#shared.set(key, shared);
    shared.readers += 1;
    const leave = (): void => {
      shared.readers -= 1;
      if (shared.readers === 0) this.#shared.delete(key);
    };
    return { document: shared.document, leave };
  }
}
