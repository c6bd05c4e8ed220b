/**
 * A world's signing keys: the one that signs its tree heads, and its changes (`docs/spec/proofs.md`).
 *
 * - S1 A key signs only once the history names it durably; the first one, which stands beside the segments, excepted.
 * - S2 The key before signs no head of a history that names the next one, but one: that which ends with the event that
 *      names it. So it vouches for the next, in a proof that is kept (`handover.ts`).
 * - S3 A change that is cut off anywhere is finished by the next opening, or undone if the history does not name the key.
 *
 * A folder that holds a history and no key is a copy, or has lost it: others may hold heads that the lost key signed, of
 * events that are not in this history. It gets a new key *and origin*, which an event records and nobody vouches for.
 */
import { randomBytes } from 'node:crypto';
import type { EncodedEvent } from '@jitos/kernel';
import { followHandovers, type Handover, type NoteVerifier, ProofRefused } from '@jitos/kernel/verify';
import { Failure } from '../../errors/failure.ts';
import { diskFaultToFailure } from '../../logs/file/log-failures.ts';
import type { Log } from '../../ports/log.ts';
import { readEvents } from '../history-reader.ts';
import type { WorldLoop } from '../world-loop.ts';
import { handoverText } from './handover.ts';
import type { HistoryProofs } from './history-proofs.ts';
import { KEY_NAME, KeyFiles, PUBLIC_KEY_NAME, signerOf, type KeyFolder, type SigningKey } from './key-files.ts';
import { parsePublicKey, SEED_SIZE_BYTES, type NoteSigner } from './signed-note.ts';

export interface SigningKeysOptions extends KeyFolder {
  readonly log: Pick<Log, 'batches' | 'firstIdx' | 'length'> & { readonly worldId: Uint8Array };
}

/** What everybody may know. */
export interface PublicKeys {
  /** The key that signs now. */
  readonly publicKey: string;
  /** The first of its origin, from which the handovers lead to it. */
  readonly firstPublicKey: string;
  readonly handovers: readonly (Handover & { readonly proof: string })[];
}

/** What keys are of use for. */
interface Served {
  readonly loop: WorldLoop;
  readonly proofs: Pick<HistoryProofs, 'inclusion'>;
}

/** A change on its way. */
interface Change {
  readonly next: NoteSigner;
  /** The event that names it; undefined until that is durable. */
  readonly idx: number | undefined;
}

/** What the files say. */
interface Found {
  readonly files: KeyFiles | undefined;
  /** Undefined for a world that has lost its key. */
  readonly signer: NoteSigner | undefined;
  readonly firstPublicKey: string;
  readonly handovers: readonly string[];
  readonly change: Change | undefined;
}

const ORIGIN_PREFIX = 'jitos.invalid/';
/** Random bytes behind the world's id, in the origin of a world that lost its key. */
const ORIGIN_SALT_SIZE_BYTES = 8;

export class SigningKeys {
  /** Undefined for a world without a folder, whose keys live no longer than it. */
  readonly #files: KeyFiles | undefined;
  #signer: NoteSigner | undefined;
  /** The key that is still to vouch for `#signer`. */
  #before: NoteSigner | undefined;
  #firstPublicKey: string;
  #handovers: readonly string[];
  #change: Change | undefined;
  #served: Served | undefined;
  #rotating: Promise<unknown> = Promise.resolve();

  private constructor(found: Found) {
    this.#files = found.files;
    this.#signer = found.signer;
    this.#firstPublicKey = found.firstPublicKey;
    this.#handovers = found.handovers;
    this.#change = found.change;
  }

  /** Keys for a world without a folder. */
  static temporary(): SigningKeys {
    const signer = temporaryWorldKey();
    const { publicKey: firstPublicKey } = signer;
    return new SigningKeys({ files: undefined, signer, firstPublicKey, handovers: [], change: undefined });
  }

  /**
   * Reads the keys in a world's folder, or makes the first. Throws `LOG_DAMAGED` for files that are not this world's keys,
   * and what the log throws.
   */
  static async open(options: SigningKeysOptions): Promise<SigningKeys> {
    const files = new KeyFiles(options);
    try {
      return new SigningKeys(await findKeys(files, options.log));
    } catch (fault) {
      throw diskFaultToFailure(fault, files.pathOf(KEY_NAME), 'opening the signing key');
    }
  }

  /** S1: the key that signs now. */
  get signer(): NoteSigner {
    if (this.#signer === undefined) throw new Error('S1: the history does not name the key yet');
    return this.#signer;
  }

  get publicKeys(): PublicKeys {
    const { handovers } = followHandovers(this.#handovers, mustParse(this.#firstPublicKey));
    return {
      publicKey: this.signer.publicKey,
      firstPublicKey: this.#firstPublicKey,
      handovers: handovers.map((handover, i) => ({ ...handover, proof: this.#handovers[i]! })), // one of each
    };
  }

  /** Takes up the world that they are for, and ends a change that was under way. Nothing may be signed before. */
  async serve(served: Served): Promise<void> {
    this.#served = served;
    served.loop.subscribe(({ events }) => events.forEach((encoded) => this.#note(encoded)));
    if (this.#change === undefined) return;
    if (this.#change.idx === undefined) await this.#record(served, 'world');
    else this.#switch(this.#change.next);
    await this.#finish(served);
  }

  /** Changes to a new key of the same origin; resolves once that lasts. Throws what the log throws. */
  async rotate(principal: string): Promise<PublicKeys> {
    const rotated = this.#rotating.then(() => this.#rotate(principal));
    this.#rotating = rotated.catch(() => undefined); // one at a time, whatever became of the one before
    return await rotated;
  }

  /** Ends a change that the history names and the disk held up: its event must not be archived before. */
  async settle(): Promise<void> {
    const settled = this.#rotating.then(() => this.#served && this.#finish(this.#served));
    this.#rotating = settled.catch(() => undefined);
    await settled;
  }

  async #rotate(principal: string): Promise<PublicKeys> {
    if (this.#served === undefined) throw new Error('the keys are not served yet');
    await this.#finish(this.#served);
    const key = newKey(this.signer.name, this.#served.loop.world.history.size);
    await this.#onDisk('making a new signing key', (files) => files.putNext(key));
    this.#change = { next: signerOf(key), idx: undefined };
    await this.#record(this.#served, principal);
    await this.#finish(this.#served);
    return this.publicKeys;
  }

  /** Has the history name the next key; `#note` hears of it. */
  async #record({ loop }: Served, principal: string): Promise<void> {
    const { name: origin, publicKey } = this.#change!.next; // a change is recorded
    const named = { origin, publicKey: mustParse(publicKey).raw };
    const reply = await loop.submit({
      type: 'changeSigningKey',
      principal,
      requestId: null,
      validUntil: null,
      meta: null,
      ...named,
    });
    if (!('kind' in reply)) throw new Error(`the loop refused a new signing key: ${reply.detail}`);
  }

  /** S2: in the very turn in which the event becomes visible. */
  #note({ event }: EncodedEvent): void {
    const change = this.#change;
    if (event.kind !== 'SIGNING_KEY_CHANGED' || change === undefined || change.idx !== undefined) return;
    if (event.publicKey !== mustParse(change.next.publicKey).raw) return;
    this.#change = { ...change, idx: event.idx };
    this.#switch(change.next);
  }

  #switch(next: NoteSigner): void {
    this.#before = this.#signer;
    this.#signer = next;
  }

  /** Keeps what lets others follow the change, then the key in its place. What fails here is tried again. */
  async #finish({ proofs }: Served): Promise<void> {
    const [change, before] = [this.#change, this.#before];
    if (change?.idx === undefined) return;
    const { idx, next } = change;
    if (before?.name === next.name) {
      const text = handoverText(await proofs.inclusion(idx, idx + 1), next, before);
      await this.#onDisk('handing over to a new signing key', (files) => files.putHandover(idx, text));
      this.#handovers = [...this.#handovers, text];
    } else {
      await this.#onDisk('writing the public key', (files) => files.putPublicKey(next.publicKey));
      this.#firstPublicKey = next.publicKey;
      this.#handovers = [];
    }
    this.#before = undefined;
    await this.#onDisk('changing the signing key', (files) => files.takeNext());
    this.#change = undefined;
  }

  async #onDisk(doing: string, work: (files: KeyFiles) => void | Promise<void>): Promise<void> {
    if (this.#files === undefined) return;
    try {
      await work(this.#files);
    } catch (fault) {
      throw diskFaultToFailure(fault, this.#files.pathOf(KEY_NAME), doing);
    }
  }
}

/** A key for a world without a folder, as short-lived. */
export function temporaryWorldKey(): NoteSigner {
  return signerOf(newKey(originOf(randomBytes(16)), 0));
}

function newKey(origin: string, sinceIdx: number): SigningKey {
  return { origin, seed: randomBytes(SEED_SIZE_BYTES), sinceIdx };
}

function originOf(worldId: Uint8Array): string {
  return `${ORIGIN_PREFIX}${Buffer.from(worldId).toString('hex')}`;
}

/** Whether the history of the world could be signed under this name. */
export function isOriginOf(origin: string, worldId: Uint8Array): boolean {
  const own = originOf(worldId);
  return origin === own || new RegExp(`^${own}/[0-9a-f]{${2 * ORIGIN_SALT_SIZE_BYTES}}$`).test(origin);
}

async function findKeys(files: KeyFiles, log: SigningKeysOptions['log']): Promise<Found> {
  const origin = originOf(log.worldId);
  let key = files.readKey();
  let next = files.readNext();
  if (key === undefined && next === undefined) {
    const isLost = log.length > 0;
    const salt = `/${randomBytes(ORIGIN_SALT_SIZE_BYTES).toString('hex')}`;
    const made = newKey(isLost ? origin + salt : origin, log.length);
    if (isLost) await files.putNext((next = made));
    else await files.putKey((key = made));
  }
  for (const { origin: name } of [key, next].flatMap((each) => each ?? [])) {
    if (!isOriginOf(name, log.worldId)) throw unfit(files.pathOf(KEY_NAME), "it is another world's");
  }
  const idx = next && (await findChange(signerOf(next), next.sinceIdx, log));
  const isUndone = next !== undefined && idx === undefined && key !== undefined;
  if (isUndone) files.dropNext(); // S3
  const change = next === undefined || isUndone ? undefined : { next: signerOf(next), idx };
  if (key === undefined) return { files, signer: undefined, firstPublicKey: '', handovers: [], change };
  return { files, change, ...(await findFirst(files, signerOf(key), idx)) };
}

/** The event that names the key, none before `sinceIdx`; undefined if there is none. It is not archived (`settle`). */
async function findChange({ publicKey }: NoteSigner, sinceIdx: number, log: SigningKeysOptions['log']) {
  const raw = mustParse(publicKey).raw;
  for await (const { event } of readEvents(log, Math.max(log.firstIdx, Math.min(sinceIdx, log.length)))) {
    if (event.kind === 'SIGNING_KEY_CHANGED' && event.publicKey === raw) return event.idx;
  }
  return undefined;
}

/** The first public key, and how it leads to the one that signs. */
async function findFirst(
  files: KeyFiles,
  signer: NoteSigner,
  changeIdx: number | undefined,
): Promise<Pick<Found, 'signer' | 'firstPublicKey' | 'handovers'>> {
  const handovers = files
    .readHandovers()
    // That of the change under way is made again.
    .filter(({ idx, text }) => idx !== changeIdx && text.includes(`"treeHead":"${signer.name}\\n`))
    .map(({ text }) => text);
  const kept = files.readPublicKey();
  const firstPublicKey = kept ?? signer.publicKey;
  if (lastKeyOf(firstPublicKey, handovers) !== signer.publicKey) {
    const detail = `it does not lead to the key that signs; bring it, or the handovers beside it, back from a copy`;
    throw unfit(files.pathOf(PUBLIC_KEY_NAME), detail);
  }
  if (kept === undefined) await files.putPublicKey(firstPublicKey);
  return { signer, firstPublicKey, handovers };
}

function lastKeyOf(firstPublicKey: string, handovers: readonly string[]): string | undefined {
  try {
    const first = parsePublicKey(firstPublicKey);
    return first && (followHandovers(handovers, first).handovers.at(-1)?.publicKey ?? firstPublicKey);
  } catch (error) {
    if (error instanceof ProofRefused) return undefined;
    throw error;
  }
}

function unfit(place: string, detail: string): Failure {
  return new Failure('LOG_DAMAGED', place, detail);
}

function mustParse(publicKey: string): NoteVerifier {
  const verifier = parsePublicKey(publicKey);
  if (verifier === undefined) throw new Error('a key that was just read is none');
  return verifier;
}
