/**
 * Running GraphQL requests against a world, the same way over HTTP and in process.
 *
 * Queries whose document is likely to come again go to the executor that was given, which may compile them; mutations
 * and long documents to GraphQL.js, which costs little beside a durable write, and reads every form of literal right.
 */
import {
  createSourceEventStream,
  execute,
  OperationTypeNode,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
} from 'graphql';
import { SCAN_MAX, type Event } from '@jitos/kernel';
import type { Tracer } from '../../ports/tracer.ts';
import type { OpenWorld } from '../../engine/open-world.ts';
import type { Principal } from '../../engine/principal.ts';
import { Failure } from '../../errors/failure.ts';
import { REGISTRY } from '../../errors/registry.ts';
import { maySeeEvent, mustHave, mustSee } from '../auth/access.ts';
import { ANSWER_SIZE_BYTES_MAX, fitsAsJson } from './answer-size.ts';
import { DocumentInvalid, Documents, type PlannedOperation, type Variables } from './document.ts';
import type { GraphqlAnswer } from './graphql-answer.ts';
import { errorAnswer, failureAnswer, type ErrorAnswer } from './graphql-error.ts';
import { makeMutationContext, makeRequestContext, type RequestContext } from './request-context.ts';
import { ELEMENTS_MAX, type QueryCost } from './query-cost.ts';
import { LiveDocument, LiveDocuments, LiveSubscription } from './live-subscription.ts';
import { createSurfaceV0 } from './schema.ts';
import { Followed, startPosition } from './subscriptions.ts';
import type { Surface } from './surface.ts';
import { rateVerbsOf } from '../limits/graphql-verbs.ts';
import type { Admit } from '../limits/rate-limiter.ts';

export interface GraphqlRequest {
  readonly world: OpenWorld;
  readonly principal: Principal;
  readonly query: string;
  readonly variables?: Variables | null;
  readonly operationName?: string | null;
  /** Counts what is asked for, and throws where that is too much; null, or absent: nothing is limited. */
  readonly admit?: Admit | null;
  /** Refuses mutations: for requests that must not act. */
  readonly readOnly?: boolean;
  /** Says that nobody waits for the answer any more: what it needs of the past is not made then. */
  readonly signal?: AbortSignal;
}

export interface SubscribeRequest extends Omit<GraphqlRequest, 'readOnly' | 'signal'> {
  /** The position that the client has read to, whatever the document says; null: it says. */
  readonly lastRead: string | null;
}

/** An answer, and the HTTP status that tells how it went where the media type leaves that to the status. */
export interface GraphqlOutcome {
  readonly answer: GraphqlAnswer;
  readonly httpStatus: number;
}

/** Runs a validated query. */
export type RunQuery = (
  planned: PlannedOperation,
  context: RequestContext,
  variables: Variables,
) => ExecutionResult | Promise<ExecutionResult>;

export interface GraphqlExecutorOptions {
  /** Told of what should never happen; callers learn only that it did. */
  readonly onBug: (error: unknown) => void;
  /** Told how long each operation takes. */
  readonly tracer?: Tracer | undefined;
  /** Told of the errors of every answer that has some. */
  readonly onErrors?: (request: Pick<GraphqlRequest, 'world' | 'principal'>, errors: readonly ErrorAnswer[]) => void;
  /** v0 unless given. */
  readonly surface?: Surface;
  readonly runQuery?: RunQuery;
}

type Plan = ReturnType<Documents['plan']>;

export class GraphqlExecutor {
  readonly schema: GraphQLSchema;
  readonly #surface: Surface;
  readonly #documents: Documents;
  readonly #runQuery: RunQuery;
  readonly #onBug: (error: unknown) => void;
  readonly #tracer: Tracer | undefined;
  readonly #onErrors: GraphqlExecutorOptions['onErrors'];
  readonly #live = new LiveDocuments();

  constructor({ surface = createSurfaceV0(), runQuery, onBug, onErrors, tracer }: GraphqlExecutorOptions) {
    this.#tracer = tracer;
    this.schema = surface.schema;
    this.#surface = surface;
    this.#documents = new Documents(surface);
    this.#onBug = onBug;
    this.#onErrors = onErrors;
    this.#runQuery = runQuery ?? ((planned, context, variables) => this.#runPlainly(planned, context, variables));
  }

  /** Answers every request; rejects never. */
  async execute(request: GraphqlRequest): Promise<GraphqlOutcome> {
    const note = this.#tracer?.capture();
    const startMs = note === undefined ? 0 : performance.now();
    try {
      const outcome = await this.#run(request);
      return outcome.answer.errors === undefined ? outcome : this.#told(request, outcome);
    } catch (error) {
      return this.#told(request, this.#refuse(error));
    } finally {
      note?.('query', startMs, performance.now());
    }
  }

  /** Begins a subscription, to be closed by the caller; or answers why not. Rejects never. */
  async subscribe(request: SubscribeRequest): Promise<LiveSubscription | GraphqlOutcome> {
    try {
      return await this.#open(request);
    } catch (error) {
      return this.#told(request, this.#refuse(error));
    }
  }

  #told(request: SubscribeRequest | GraphqlRequest, outcome: GraphqlOutcome): GraphqlOutcome {
    this.#onErrors?.(request, outcome.answer.errors ?? []);
    return outcome;
  }

  /** An error on its own, as answers have it. */
  tellFailure(error: unknown): ErrorAnswer {
    return failureAnswer(error, this.#onBug);
  }

  async #open(request: SubscribeRequest): Promise<LiveSubscription> {
    const { world, lastRead } = request;
    const variables = request.variables ?? {};
    const { planned, cost } = this.#plan(request, variables);
    if (planned.operation.operation !== OperationTypeNode.SUBSCRIPTION) {
      throw new Failure('GRAPHQL_INVALID', 'query', 'only subscriptions are taken here');
    }
    mustHave({ open: world, principal: request.principal }, 'read');
    const { document, text } = planned;
    const source = await createSourceEventStream({
      schema: this.schema,
      document,
      contextValue: makeRequestContext(request, cost.copies),
      variableValues: variables,
    });
    if (!(source instanceof Followed)) throw new DocumentInvalid('errors' in source ? (source.errors ?? []) : []);
    const { topic, tells } = source;
    const asking = { open: world, principal: request.principal };
    const mustStillSee = (): void => (topic === 'ticks' ? mustHave(asking, 'read') : mustSee(asking, topic, 'view'));
    mustStillSee();
    const start =
      lastRead === null ? { text: source.after, place: 'after' } : { text: lastRead, place: 'last-event-id' };
    const after = await startPosition(world, topic, start);
    const { document: shared, leave } = this.#live.join(JSON.stringify([world.name, text, variables]), () => {
      const toAnswer = (result: ExecutionResult): GraphqlAnswer => this.#answerOf(result);
      return new LiveDocument({ schema: this.schema, document, variables, toAnswer });
    });
    const mayTell = (event: Event): boolean => tells === 'outline' || maySeeEvent(asking, event);
    const reading = { topic, after, document: shared, mustStillSee, mayTell, onClose: leave };
    return new LiveSubscription({ feed: world.feed, ...reading });
  }

  /** A document that can not be run has been read, too. */
  #plan({ query, operationName = null, admit }: GraphqlRequest, variables: Variables): Plan {
    if (!admit) return this.#documents.plan(query, operationName, variables);
    let plan: Plan;
    try {
      plan = this.#documents.plan(query, operationName, variables);
    } catch (error) {
      admit('read');
      throw error;
    }
    for (const verb of rateVerbsOf(plan.planned.document)) admit(verb);
    return plan;
  }

  async #run(request: GraphqlRequest): Promise<GraphqlOutcome> {
    const variables = request.variables ?? {};
    const { planned, cost } = this.#plan(request, variables);
    const { operation } = planned.operation;
    if (operation === OperationTypeNode.SUBSCRIPTION) return await this.#refuseSubscription(request);
    if (operation === OperationTypeNode.MUTATION && request.readOnly === true) {
      throw new Failure('METHOD_REFUSED', 'query', 'a mutation is sent by POST');
    }
    const makeContext = operation === OperationTypeNode.MUTATION ? makeMutationContext : makeRequestContext;
    const context = makeContext(request, cost.copies);
    // What a mutation may do the kernel decides.
    if (operation === OperationTypeNode.QUERY) mustHave(context, 'read');
    const isRepeatable = operation === OperationTypeNode.QUERY && planned.isKept;
    const pending = isRepeatable
      ? this.#runQuery(planned, context, variables)
      : this.#runPlainly(planned, context, variables);
    const answer = this.#withBudget(this.#answerOf(await pending), cost, context);
    if (!fitsAsJson(answer, ANSWER_SIZE_BYTES_MAX)) {
      // No mutation comes here once it has acted: names, values and what it reserved are bounded together.
      throw new Failure('QUERY_TOO_LARGE', 'query', `the answer is longer than ${ANSWER_SIZE_BYTES_MAX} bytes`);
    }
    return { answer, httpStatus: 200 };
  }

  /** What is wrong with it, before that this is not the way to ask. */
  async #refuseSubscription(request: GraphqlRequest): Promise<GraphqlOutcome> {
    const opened = await this.#open({ ...request, lastRead: null });
    opened.close();
    throw new Failure('GRAPHQL_INVALID', 'query', 'a subscription is read from …/graphql/stream, or over a WebSocket');
  }

  #answerOf({ data, errors }: ExecutionResult): GraphqlAnswer {
    const isGood = errors === undefined || errors.length === 0;
    return isGood ? { data } : { data, errors: this.#tellErrors(errors) };
  }

  /** What the query has used, of what it might have. */
  #withBudget(answer: GraphqlAnswer, { elements, levels }: QueryCost, { budget }: RequestContext): GraphqlAnswer {
    if (this.#surface.budgetTold === 'never') return answer;
    return {
      ...answer,
      extensions: {
        budget: {
          elements: { used: elements, max: ELEMENTS_MAX },
          depth: { used: levels, max: this.#surface.costs.levelsMax },
          scanned: { used: budget.scanned, max: SCAN_MAX },
        },
      },
    };
  }

  #runPlainly(
    planned: PlannedOperation,
    context: RequestContext,
    variables: Variables,
  ): ExecutionResult | Promise<ExecutionResult> {
    return execute({
      schema: this.schema,
      document: planned.document,
      contextValue: context,
      variableValues: variables,
    });
  }

  #tellErrors(errors: readonly GraphQLError[]): readonly ErrorAnswer[] {
    return errors.map((error) => errorAnswer(error, this.#onBug));
  }

  /** A request that was refused before it ran. */
  #refuse(error: unknown): GraphqlOutcome {
    const errors =
      error instanceof DocumentInvalid ? this.#tellErrors(error.errors) : [failureAnswer(error, this.#onBug)];
    const httpStatus = REGISTRY[errors[0]!.extensions.reason].httpStatus; // a refusal has its reason
    return { answer: { errors }, httpStatus };
  }
}
