/**
 * The commands that clients may give in plain JSON: each by its name, with the form of its arguments, what carries it out,
 * and its answer.
 *
 * Names, arguments and answers are those of GraphQL's mutations (`schema.graphql`), so that there is one vocabulary. What stands
 * there in `input` or in `rewrite` stands here beside `command`; so do `requestId` and `validUntil`, which GraphQL has in `meta`. A
 * result has the fields of the mutation's payload, but for proofs, which have routes of their own, and its event.
 */
import type { Collapse, CollapseBatch, Event } from '@jitos/kernel';
import { isInputObjectType, type GraphQLField } from 'graphql';
import { Failure } from '../../errors/failure.ts';
import { applyRewrite } from '../commands/apply-rewrite.ts';
import { collapseBatch, collapseSws } from '../commands/collapses.ts';
import { elsewhere, envelopeBase, type CommandBase, type CommandContext } from '../commands/command-base.ts';
import { rebaseSws } from '../commands/rebase.ts';
import { proposeRulePack, withdrawRulePack } from '../commands/rules.ts';
import { changeSettings } from '../commands/settings.ts';
import { createSws, discardSws, undoCollapse } from '../commands/workspaces.ts';
import { batchAnswer, collapseBatchPayload } from '../graphql/collapse-batch.ts';
import { collapsedAnswer, collapseReport } from '../graphql/collapses.ts';
import { readText, wrongType } from '../graphql/json-value.ts';
import { createdAnswer, rewrittenAnswer, undoneAnswer } from '../graphql/mutations.ts';
import { rebaseAnswer, unsettledAnswer } from '../graphql/rebase.ts';
import { proposedAnswer, rulesStatusLists, withdrawnAnswer } from '../graphql/rules.ts';
import { createGraphqlSchema } from '../graphql/schema.ts';
import { changedAnswer } from '../graphql/settings.ts';
import { membersOf, objectForm, type Form, type Member, type Members } from './form.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What a command came to. */
export interface CommandResult extends Fields {
  /** Null where nothing was written, which only some commands may come to. */
  readonly event: { readonly id: string; readonly kind: Event['kind'] } | null;
}

export interface PlainCommand {
  readonly name: string;
  /** Of a whole request: `command`, the arguments, and what every command has. */
  readonly form: Form;
  /** The mutation that has its vocabulary. */
  readonly mutation: GraphQLField<unknown, unknown>;
  /** Whether `event` may be null. */
  readonly mayWriteNothing: boolean;
  /** Of arguments that its form has read. */
  readonly run: (request: Fields, context: CommandContext) => Promise<CommandResult>;
}

/** A command that was read, and only has to be carried out. */
export type ReadCommand = (context: CommandContext) => Promise<CommandResult>;

/** Throws `COMMAND_UNKNOWN`, `FORMAT_INVALID` or `FIELD_UNKNOWN`: what is wrong beyond the types is told when it is carried out. */
export function readCommand(json: unknown): ReadCommand {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw wrongType('', 'an object', json);
  const name = readText(Object.hasOwn(json, 'command') && 'command' in json ? json.command : undefined, 'command');
  const command = COMMANDS.get(name);
  if (command === undefined) {
    throw new Failure('COMMAND_UNKNOWN', 'command', `there is no command '${name.slice(0, 128)}'`);
  }
  const request = command.form.read(json, '') as Fields; // its form is that of an object
  return (context) => command.run(request, context);
}

/** What a command wrote, and the payload of its mutation. */
interface Outcome {
  readonly event: Event | null;
  readonly payload: Fields;
}

interface Verb<Args extends object, Written> {
  readonly run: (context: CommandContext, base: CommandBase, args: Args) => Promise<Written>;
  readonly tell: (written: Written, context: CommandContext) => Outcome;
  readonly mayWriteNothing?: true;
}

type RunVerb = (context: CommandContext, base: CommandBase, args: Fields) => Promise<Outcome>;

function verb<Args extends object, Written>({
  run,
  tell,
  mayWriteNothing,
}: Verb<Args, Written>): {
  readonly run: RunVerb;
  readonly mayWriteNothing: boolean;
} {
  return {
    // The form that has read them is that of the very input type that `Args` mirrors.
    run: async (context, base, args) => tell(await run(context, base, args as Args), context),
    mayWriteNothing: mayWriteNothing ?? false,
  };
}

const VERBS = {
  createSws: verb({ run: createSws, tell: (event, context) => ({ event, payload: createdAnswer(event, context) }) }),
  applyRewrite: verb({ run: applyRewrite, tell: (event) => ({ event, payload: rewrittenAnswer(event) }) }),
  collapseSws: verb({ run: collapseSws, tell: tellCollapse }),
  collapseBatch: verb({ run: collapseBatch, tell: tellBatch }),
  rebaseSws: verb({
    run: rebaseSws,
    tell: (outcome, context) =>
      'unsettled' in outcome
        ? { event: null, payload: unsettledAnswer(outcome) }
        : { event: outcome, payload: rebaseAnswer(outcome, context, 'swsId') },
    mayWriteNothing: true,
  }),
  undoCollapse: verb({
    run: undoCollapse,
    tell: (undone, context) => ({
      event: undone.type === 'created' ? undone.created : null,
      payload: undoneAnswer(undone, context),
    }),
    mayWriteNothing: true,
  }),
  discardSws: verb({ run: discardSws, tell: (event) => ({ event, payload: { discarded: true } }) }),
  proposeRulePack: verb({
    run: proposeRulePack,
    tell: (event, context) => {
      const { rulePackId, status } = proposedAnswer(event, context);
      const { breaks: _, ...told } = status;
      return { event, payload: { rulePackId, status: { ...told, offenders: rulesStatusLists.offenders(status) } } };
    },
  }),
  withdrawRulePack: verb({ run: withdrawRulePack, tell: (event) => ({ event, payload: withdrawnAnswer(event) }) }),
  changeSettings: verb({ run: changeSettings, tell: (event) => ({ event, payload: changedAnswer(event) }) }),
};

function tellCollapse(event: Collapse, context: CommandContext): Outcome {
  const { report, ...payload } = collapsedAnswer(event, context);
  const { proof: _, ...fields } = collapseReport;
  const told = Object.entries(fields).map(([name, field]): [string, unknown] => [name, field(report)]);
  return { event, payload: { ...payload, report: { ...Object.fromEntries(told), policy: report.policy } } };
}

function tellBatch(event: CollapseBatch, context: CommandContext): Outcome {
  const answer = batchAnswer(event, context);
  const { event: _, ...payload } = answer;
  const { id, entries } = collapseBatchPayload;
  return { event, payload: { ...payload, id: id(answer), entries: entries(answer) } };
}

/** What every command has beside its arguments; `envelopeBase` reads them. */
const ENVELOPE: Members = {
  requestId: optional({ type: 'string', description: 'Makes a retry answer instead of acting twice.' }),
  validUntil: optional({
    type: ['integer', 'string', 'null'],
    description: 'The last tick in which it may still be carried out: a number, or its digits.',
  }),
  meta: optional({ description: 'Kept with the event as it is.' }),
};

function optional(schema: Form['schema']): Member {
  return { form: { schema, read: (json) => json }, isRequired: false };
}

/** Arguments of mutations that only hold others. */
const HOLDERS: readonly string[] = ['input', 'rewrite'];

function argumentsOf({ args }: GraphQLField<unknown, unknown>): Members {
  const members = args.map((argument): Members => {
    const type = 'ofType' in argument.type ? argument.type.ofType : argument.type;
    const isHolder = HOLDERS.includes(argument.name) && isInputObjectType(type);
    return membersOf(isHolder ? Object.values(type.getFields()) : [argument]);
  });
  const { meta: _, ...taken } = Object.assign({}, ...members) as Members; // that is what they all are
  return taken;
}

function makeCommands(): ReadonlyMap<string, PlainCommand> {
  const mutations = createGraphqlSchema().getMutationType()?.getFields() ?? {};
  return new Map(
    Object.entries(VERBS).map(([name, { run, mayWriteNothing }]): [string, PlainCommand] => {
      const mutation = mutations[name];
      if (mutation === undefined) throw new Error(`schema.graphql has no mutation ${name}`);
      // `readCommand` has read it, and nobody needs it any more.
      const itself: Member = { form: { schema: { const: name }, read: () => undefined }, isRequired: true };
      const form = objectForm({ command: itself, ...argumentsOf(mutation), ...ENVELOPE });
      return [name, { name, form, mutation, mayWriteNothing, run: runVerb(run) }];
    }),
  );
}

function runVerb(run: RunVerb): PlainCommand['run'] {
  return async ({ requestId, validUntil, meta, ...args }, context) => {
    const { event, payload } = await elsewhere(plainPlace, () => {
      return run(context, envelopeBase(context, { requestId, validUntil, meta }), args);
    });
    return { event: event === null ? null : { id: String(event.idx), kind: event.kind }, ...payload };
  };
}

/** The kernel knows these two from where GraphQL has them. */
function plainPlace(place: string): string {
  return place === 'meta.requestId' || place === 'meta.validUntil' ? place.slice('meta.'.length) : place;
}

export const COMMANDS: ReadonlyMap<string, PlainCommand> = makeCommands();
