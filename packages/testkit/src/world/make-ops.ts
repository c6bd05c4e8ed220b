/** Ops, ids and commands in a few words: what tests and generators are written with. */
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import {
  EMPTY_PATCH,
  bytesFrom,
  contentNode,
  edgeId,
  encodeValue,
  keyedNodeId,
  keyPrincipal,
  VERBS,
  ZERO_DIGEST,
  type AddGrant,
  type Digest,
  type ExpireWorkspace,
  type GrantTerms,
  type RevokeGrant,
  sortChoices,
  sortPatches,
  type AdvanceClock,
  type ApplyRewrite,
  type BatchOrder,
  type Bytes,
  type ChangeSettings,
  type Choice,
  type ChangeSigningKey,
  type CheckRules,
  type CollapseBatchCommand,
  type CollapseWorkspace,
  type CreateWorkspace,
  type DiscardWorkspace,
  type ElementId,
  type EncodedValue,
  type Expectation,
  type FieldPatch,
  type Footprint,
  type Kind,
  type Migration,
  type Op,
  type ProposeRules,
  type RebaseWorkspace,
  type RecordCheckpoint,
  type SettingsPatch,
  type Value,
  type ViewId,
  type WithdrawRules,
} from '@jitos/kernel';

/** The bytes of `text` in UTF-8. */
export function utf8(text: string): Bytes {
  return bytesFrom(new TextEncoder().encode(text));
}

export function contentId(kind: Kind, payload: Bytes | null = null): ElementId {
  return contentNode(kind, payload, sha256).id;
}

export function keyedId(kind: Kind, key: string): ElementId {
  return keyedNodeId(kind, utf8(key), sha256);
}

export function edgeIdOf(from: ElementId, to: ElementId, kind: Kind, key: string | null = null): ElementId {
  return edgeId(from, to, kind, key === null ? null : utf8(key), sha256);
}

export function addNode(kind: Kind, payload: Bytes | null = null, expect: Expectation = null): Op {
  return { op: 'AddNode', kind, payload, expect };
}

/** Fields by name; null removes one. */
export type Fields = Readonly<Record<string, Value>>;

export function patchesOf(fields: Fields): FieldPatch[] {
  return sortPatches(
    Object.entries(fields).map(([name, value]) => ({ name, value: value === null ? null : encodeValue(value) })),
  );
}

export function putNode(kind: Kind, key: string, fields: Fields = {}, expect: Expectation = null): Op {
  return { op: 'PutNode', kind, key: utf8(key), patches: patchesOf(fields), expect };
}

export function deleteNode(id: ElementId, expect: Expectation = null): Op {
  return { op: 'DeleteNode', id, expect };
}

export interface EdgeOptions {
  readonly key?: string;
  readonly payload?: Bytes;
  readonly expect?: Expectation;
}

export function addEdge(from: ElementId, to: ElementId, kind: Kind, options: EdgeOptions = {}): Op {
  const { key, payload = null, expect = null } = options;
  return { op: 'AddEdge', from, to, kind, key: key === undefined ? null : utf8(key), payload, expect };
}

export function setEdge(id: ElementId, payload: Bytes | null, expect: Expectation = null): Op {
  return { op: 'SetEdge', id, payload, expect };
}

export function deleteEdge(id: ElementId, expect: Expectation = null): Op {
  return { op: 'DeleteEdge', id, expect };
}

export interface CommandOptions {
  readonly principal?: string;
  readonly requestId?: string;
  readonly validUntil?: number;
  readonly meta?: Value;
}

function shared(options: CommandOptions): Pick<CreateWorkspace, 'principal' | 'requestId' | 'validUntil' | 'meta'> {
  const { principal = 'tester', requestId = null, validUntil = null, meta } = options;
  return { principal, requestId, validUntil, meta: meta === undefined ? null : encodeValue(meta) };
}

export function createWorkspace(options: CommandOptions & { readonly from?: number } = {}): CreateWorkspace {
  return { type: 'createWorkspace', from: options.from ?? null, ...shared(options) };
}

export function changeSettings(patch: Partial<SettingsPatch>, options: CommandOptions = {}): ChangeSettings {
  return { type: 'changeSettings', patch: { ...EMPTY_PATCH, ...patch }, ...shared(options) };
}

export function applyRewrite(view: ViewId, ops: readonly Op[], options: CommandOptions = {}): ApplyRewrite {
  return { type: 'applyRewrite', view, ops, ...shared(options) };
}

export function collapseWorkspace(
  workspace: number,
  options: CommandOptions & { readonly policyId?: number; readonly footprint?: Footprint } = {},
): CollapseWorkspace {
  const { policyId = null, footprint = null } = options;
  return { type: 'collapseWorkspace', workspace, policyId, footprint, ...shared(options) };
}

export function collapseBatch(
  workspaces: readonly number[],
  options: CommandOptions & { readonly policyId?: number; readonly order?: BatchOrder } = {},
): CollapseBatchCommand {
  const { policyId = null, order = 'any' } = options;
  return { type: 'collapseBatch', workspaces, order, policyId, ...shared(options) };
}

export interface RebaseOptions extends CommandOptions {
  readonly policyId?: number;
  readonly footprint?: Footprint;
  readonly choices?: readonly Choice[];
  readonly ops?: readonly Op[];
}

export function rebaseWorkspace(workspace: number, options: RebaseOptions = {}): RebaseWorkspace {
  const { policyId = null, footprint = null, choices = [], ops = [] } = options;
  const settled = { policyId, footprint, choices: sortChoices(choices), ops };
  return { type: 'rebaseWorkspace', workspace, ...settled, ...shared(options) };
}

export function discardWorkspace(
  workspace: number,
  options: CommandOptions & { readonly reason?: string } = {},
): DiscardWorkspace {
  return { type: 'discardWorkspace', workspace, reason: options.reason ?? null, ...shared(options) };
}

export function advanceClock(ticks: number, options: CommandOptions & { readonly wallMs?: number } = {}): AdvanceClock {
  return { type: 'advanceClock', ...shared(options), meta: null, ticks, wallMs: options.wallMs ?? 0 };
}

export function changeSigningKey(
  publicKey: Bytes,
  options: Pick<CommandOptions, 'principal' | 'requestId' | 'validUntil'> & { readonly origin?: string } = {},
): ChangeSigningKey {
  return {
    type: 'changeSigningKey',
    ...shared(options),
    meta: null,
    origin: options.origin ?? 'test.invalid',
    publicKey,
  };
}

export function proposeRules(
  rules: EncodedValue,
  migration: Migration = [],
  options: CommandOptions = {},
): ProposeRules {
  return { type: 'proposeRules', rules, migration, ...shared(options) };
}

export function checkRules(
  elementCountMax: number,
  options: Pick<CommandOptions, 'principal' | 'requestId' | 'validUntil'> = {},
): CheckRules {
  return { type: 'checkRules', elementCountMax, ...shared(options), meta: null };
}

export function withdrawRules(proposedIdx: number, options: CommandOptions = {}): WithdrawRules {
  return { type: 'withdrawRules', proposedIdx, ...shared(options) };
}

export function recordCheckpoint(
  options: Pick<CommandOptions, 'principal' | 'requestId' | 'validUntil'> = {},
): RecordCheckpoint {
  return { type: 'recordCheckpoint', ...shared(options), meta: null };
}

/** A public key that nobody has the private one of. */
export function testKey(name: string): Bytes {
  return sha256(utf8(`key ${name}`));
}

/** The principal of `testKey`. */
export function testPrincipal(name: string): string {
  return keyPrincipal(testKey(name));
}

/** Terms of the owner's own, or of a link, to the key with that name: everything, for ever, unless told. */
export function grantTerms(holder: string, terms: Partial<Omit<GrantTerms, 'holder'>> = {}): GrantTerms {
  const all = { parent: null, verbs: VERBS, kinds: null, keyPrefix: null, until: null, opsMax: null, serial: 0 };
  return { ...all, ...terms, holder: testKey(holder) };
}

/** The signature of a link is not looked at by the kernel. */
export function addGrant(terms: GrantTerms, options: CommandOptions = {}): AddGrant {
  const signature = terms.parent === null ? null : ((ZERO_DIGEST + ZERO_DIGEST) as Bytes); // bytes after bytes
  return { type: 'addGrant', terms, signature, ...shared(options) };
}

export function revokeGrant(grantId: Digest, options: CommandOptions = {}): RevokeGrant {
  return { type: 'revokeGrant', grantId, ...shared(options) };
}

export function expireWorkspace(workspace: number, options: CommandOptions = {}): ExpireWorkspace {
  return { type: 'expireWorkspace', workspace, ...shared(options) };
}
