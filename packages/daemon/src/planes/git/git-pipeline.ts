/**
 * Stages that ask a long-lived process and read its answers, chained by plain async generators.
 *
 * A stage sends the next requests before it reads the answer to the oldest, so every process has work while others are
 * read. Nothing runs unless the end of the chain is asked for more: a slow reader slows git down, and stopping to read
 * stops everything.
 */

export interface PipelineStage<Request, Ticket, Answer> {
  /** Asks, without waiting. What is needed to read the answer goes into the ticket. */
  send(request: Request): Ticket;
  /** Reads the whole answer to the oldest ticket that was not read. */
  receive(ticket: Ticket): AsyncIterable<Answer>;
  /** After the last answer. */
  end(): Promise<void>;
}

/** Two in the process and its pipes; more adds memory and no speed. */
const TICKETS_UNDER_WAY = 2;

/** The answers to all requests, in order. */
export async function* pipeline<Request, Ticket, Answer>(
  requests: AsyncIterable<Request>,
  stage: PipelineStage<Request, Ticket, Answer>,
): AsyncGenerator<Answer> {
  const underWay: Ticket[] = [];
  for await (const request of requests) {
    underWay.push(stage.send(request));
    const oldest = underWay.length > TICKETS_UNDER_WAY ? underWay.shift() : undefined;
    if (oldest !== undefined) yield* stage.receive(oldest);
  }
  for (const ticket of underWay) yield* stage.receive(ticket);
  await stage.end();
}
