/**
 * The mutations on workspaces: each has its command carried out (`../commands`), and makes its answer of what was written.
 *
 * Commands know their arguments by name; here they stand in `input`, and errors say so.
 */
import { digestToHex, getWorkspace, type Digest, type RewriteApplied, type SwsCreated } from '@jitos/kernel';
import type { Offender } from '../../engine/op-offenders.ts';
import { OFFENDERS_TOLD_MAX, type Undone } from '../../engine/turn-back.ts';
import { Failure } from '../../errors/failure.ts';
import { applyRewrite as writeOps } from '../commands/apply-rewrite.ts';
import { elsewhere, metaBase, type CommandBase, type CommandContext } from '../commands/command-base.ts';
import {
  createSws as makeSws,
  discardSws as endSws,
  undoCollapse as turnBack,
  type CreateSwsArgs,
  type DiscardSwsArgs,
  type UndoCollapseArgs,
} from '../commands/workspaces.ts';
import { jsonSizeBytesOf } from './answer-size.ts';
import { createdSwsAnswer, openSwsAnswer, viewRefAnswer, type SwsAnswer } from './answers.ts';
import type { JsonObject } from './json-value.ts';
import type { RequestContext } from './request-context.ts';
import type { ViewRefInput } from './view-input.ts';

/** Arguments of a mutation, and what the caller says of the command. */
export type WithMeta<Args> = Args & { readonly meta?: unknown };

/** Carries out a command whose arguments stand in `input`. */
export function runInput<Args extends object, Written>(
  run: (context: CommandContext, base: CommandBase, args: Args) => Promise<Written>,
  input: WithMeta<Args>,
  context: CommandContext,
): Promise<Written> {
  return elsewhere(inputPlace, () => run(context, metaBase(context, input.meta), input));
}

function inputPlace(place: string): string {
  return place === '' ? 'input' : `input.${place}`;
}

export async function createSws(
  _: unknown,
  args: { readonly input?: WithMeta<CreateSwsArgs> | null },
  context: RequestContext,
): Promise<JsonObject> {
  const input = args.input ?? {};
  context.budget.reserve('createSws', jsonSizeBytesOf(input.meta));
  return createdAnswer(await runInput(makeSws, input, context), context);
}

export function createdAnswer(event: SwsCreated, context: Pick<CommandContext, 'open'>): JsonObject {
  return { sws: { ...newSwsAnswer(event, context) } };
}

/** As it is; of a retry it may have ended meanwhile. */
function newSwsAnswer(event: SwsCreated, { open }: Pick<CommandContext, 'open'>): SwsAnswer {
  const { world } = open.loop;
  const workspace = getWorkspace(world, event.view);
  return workspace === undefined ? createdSwsAnswer(event, 'ACTIVE') : openSwsAnswer(workspace, world.settings);
}

export async function undoCollapse(
  _: unknown,
  { input }: { readonly input: WithMeta<UndoCollapseArgs> },
  context: RequestContext,
): Promise<JsonObject> {
  const sizeBytesMax = jsonSizeBytesOf(input.meta) + OFFENDERS_TOLD_MAX * OFFENDER_SIZE_BYTES_MAX;
  context.budget.reserve('undoCollapse', sizeBytesMax);
  return undoneAnswer(await runInput(turnBack, input, context), context);
}

export function undoneAnswer(undone: Undone, context: Pick<CommandContext, 'open'>): JsonObject {
  if (undone.type === 'created') {
    return { ...createdAnswer(undone.created, context), offenderCount: 0, offenders: [] };
  }
  const { count, first } = undone.offenders;
  return { sws: null, offenderCount: count, offenders: first.map(offenderAnswer) };
}

/** What `offenderAnswer` takes as JSON, with a comma. */
const OFFENDER_SIZE_BYTES_MAX = 280;

function offenderAnswer({ element, id, expected, found }: Offender): JsonObject {
  const hexOrNull = (digest: Digest | null): string | null => (digest === null ? null : digestToHex(digest));
  return { element, id: digestToHex(id), expected: hexOrNull(expected), found: hexOrNull(found) };
}

export async function discardSws(
  _: unknown,
  { input }: { readonly input: WithMeta<DiscardSwsArgs> },
  context: RequestContext,
): Promise<JsonObject> {
  await runInput(endSws, input, context);
  return { discarded: true };
}

interface ApplyRewriteArgs {
  readonly view: ViewRefInput;
  readonly rewrite: { readonly ops: readonly unknown[]; readonly meta?: unknown };
}

export async function applyRewrite(
  _: unknown,
  { view, rewrite }: ApplyRewriteArgs,
  context: RequestContext,
): Promise<JsonObject> {
  const { ops, meta } = rewrite;
  const event = await elsewhere(rewritePlace, () => writeOps(context, metaBase(context, meta), { view, ops }));
  return rewrittenAnswer(event);
}

/** The view stands beside `rewrite`, and the rest in it. */
function rewritePlace(place: string): string {
  if (place === '') return 'rewrite';
  return place === 'view' || place.startsWith('view.') ? place : `rewrite.${place}`;
}

export function rewrittenAnswer({ rewriteIdx, view, viewDigest, snapshotId }: RewriteApplied): JsonObject {
  return {
    accepted: true,
    receipt: {
      rewriteIdx: String(rewriteIdx),
      view: { ...viewRefAnswer(view, digestToHex(snapshotId)) },
      viewDigest: digestToHex(viewDigest),
    },
    tickReceipt: null,
  };
}

export function submitIntent(): never {
  throw new Failure('NOT_IMPLEMENTED', 'submitIntent', 'intents, tasks and workers come with a later version');
}
