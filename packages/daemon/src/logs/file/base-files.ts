/**
 * The base of a world whose early segments are archived: what its start, its proofs and its replay rest on from then on.
 *
 *     <world>/base/<idx>.checkpoint    a checkpoint, whose event is in a segment that stays
 *     <world>/base/base.json           what is archived, and what the rest is held to
 *     <world>/base-copy/               the same once more
 *
 * - B1 Truth, not derived: with the hash files of the archived events nothing else in the folder tells of these events. Damage
 *      is told, and never made good by writing over it.
 * - B2 The checkpoint is bound to the history by a proof of its event under a signed tree head, the hash files by digests.
 * - B3 A base is whole in one of the two folders at any time: the second is written when the first one lasts.
 */
import { join } from 'node:path';
import { Failure } from '../../errors/failure.ts';
import type { Disk } from '../../ports/disk.ts';
import { errnoOf } from '../../ports/disk.ts';
import { isCount, isNamedDigest, isWorldId, manifestText, parseManifest, type NamedDigest } from './canonical-json.ts';
import { checkpointName } from './checkpoint-format.ts';
import { listCheckpoints } from './checkpoint-reader.ts';
import { copyInto, digestOf, withFile } from './copy-file.ts';

const BASE_FOLDER_NAMES = ['base', 'base-copy'] as const;
const MANIFEST_NAME = 'base.json';
const FORMAT = 'jitos-base/1';
const TREE_FILE = /^tree-\d+\.hashes$/;
/** Far more than a proof and a line for each of seven files take. */
const MANIFEST_SIZE_BYTES_MAX = 1_048_576;

/** A world's folder, for reading. */
export interface ReadableFolder {
  readonly disk: Pick<Disk, 'list' | 'open'>;
  readonly folder: string;
}

/** Bytes of a file that never change again. */
export interface FixedBytes {
  readonly file: string;
  readonly offset: number;
  readonly sizeBytes: number;
  readonly digest: NamedDigest;
}

export interface BaseManifest {
  readonly worldId: string;
  /** Events that are archived: the first that is not begins a segment. */
  readonly archivedEvents: number;
  readonly archivedSegments: number;
  /** Where they were put; they may have been moved on since. */
  readonly archive: string;
  /** The checkpoint's file. */
  readonly checkpoint: FixedBytes;
  /** Of which event it is. */
  readonly checkpointIdx: number;
  /** The inclusion proof of that event, as a file holds it. */
  readonly proof: string;
  /** The key that its tree head is signed with. */
  readonly publicKey: string;
  /** The hashes of the archived events, and of the subtrees that they complete. */
  readonly treeHashes: readonly FixedBytes[];
}

/** The two folders, whether or not they are there. */
export function baseFolders(folder: string): readonly string[] {
  return BASE_FOLDER_NAMES.map((name) => join(folder, name));
}

/**
 * Of the two, the one that can be read and goes further; undefined where nothing was archived. Throws `LOG_DAMAGED` where
 * neither can be read, and the disk's faults.
 */
export function readBase({ disk, folder }: ReadableFolder): BaseManifest | undefined {
  let base: BaseManifest | undefined;
  let unreadable: string | undefined;
  for (const each of baseFolders(folder)) {
    const found = readManifest(disk, each);
    if (found === 'unreadable') unreadable = join(each, MANIFEST_NAME);
    else if (found !== undefined && found.archivedEvents > (base?.archivedEvents ?? -1)) base = found;
  }
  if (base === undefined && unreadable !== undefined) {
    const detail = 'what is archived of this world can not be read here; bring the file back from a copy';
    throw new Failure('LOG_DAMAGED', unreadable, detail);
  }
  return base;
}

/** What one of the folders says. */
function readManifest(disk: Pick<Disk, 'list' | 'open'>, folder: string): BaseManifest | 'unreadable' | undefined {
  if (!namesIn(disk, folder).includes(MANIFEST_NAME)) return undefined;
  const file = disk.open(join(folder, MANIFEST_NAME), 'read');
  try {
    const bytes = Buffer.alloc(MANIFEST_SIZE_BYTES_MAX);
    return parseBase(bytes.toString('utf8', 0, file.readSync(bytes, 0))) ?? 'unreadable';
  } finally {
    file.close();
  }
}

function parseBase(text: string): BaseManifest | undefined {
  const said = parseManifest(text);
  return isBaseManifest(said) ? said : undefined;
}

/** A base may come with somebody's backup: no name in it leads out of the folder. */
function isBaseManifest(said: unknown): said is BaseManifest {
  const { format, worldId, archivedEvents, archivedSegments, archive, ...held } = fieldsOf(said);
  const { checkpoint, checkpointIdx, proof, publicKey, treeHashes } = held;
  if (format !== FORMAT || !isWorldId(worldId) || !isCount(archivedEvents) || !isCount(archivedSegments)) return false;
  if (typeof archive !== 'string' || typeof proof !== 'string' || typeof publicKey !== 'string') return false;
  if (!isCount(checkpointIdx) || !isFixedBytes(checkpoint)) return false;
  if (checkpoint.file !== checkpointName(checkpointIdx)) return false;
  return Array.isArray(treeHashes) && treeHashes.every((each) => isFixedBytes(each) && TREE_FILE.test(each.file));
}

function isFixedBytes(said: unknown): said is FixedBytes {
  const { file, offset, sizeBytes, digest } = fieldsOf(said);
  return typeof file === 'string' && isCount(offset) && isCount(sizeBytes) && isNamedDigest(digest);
}

function fieldsOf(said: unknown): Readonly<Record<string, unknown>> {
  return (said ?? {}) as Readonly<Record<string, unknown>>; // of which nothing is believed yet
}

function namesIn(disk: Pick<Disk, 'list'>, folder: string): readonly string[] {
  try {
    return disk.list(folder);
  } catch (fault) {
    if (errnoOf(fault) === 'ENOENT') return [];
    throw fault;
  }
}

/** The checkpoints in the base's folders, each with where it stands. */
export function listBaseCheckpoints({ disk, folder }: ReadableFolder): readonly { idx: number; folder: string }[] {
  return baseFolders(folder).flatMap((each) => {
    return namesIn(disk, each).length === 0 ? [] : listCheckpoints(disk, each).map((idx) => ({ idx, folder: each }));
  });
}

/** Puts the base's checkpoint there, twice (B3); `from` is the folder that holds a good one. By itself it says nothing. */
export async function storeBaseCheckpoint(
  { disk, folder }: ReadableFolder & { readonly disk: Disk },
  from: string,
  { file: name, digest }: FixedBytes,
): Promise<void> {
  for (const into of baseFolders(folder)) {
    disk.makeFolder(into);
    const source = join(from, name);
    if (source === join(into, name)) continue;
    const draft = join(into, 'checkpoint.tmp');
    await withFile(disk.open(source, 'read'), (file) => copyInto(disk, draft, file));
    if ((await digestOf(disk, draft)) !== digest) {
      throw new Failure('LOG_DAMAGED', source, 'the checkpoint changed while it was copied; check the disk');
    }
    disk.rename(draft, join(into, name));
    disk.syncFolder(into);
  }
}

/** Says what the base is, twice (B3), once its checkpoint is stored. Takes the place of an older one. */
export async function writeBase(
  { disk, folder }: ReadableFolder & { readonly disk: Disk },
  base: BaseManifest,
): Promise<void> {
  for (const into of baseFolders(folder)) {
    const bytes = Buffer.from(manifestText({ format: FORMAT, ...base }));
    const draft = join(into, `${MANIFEST_NAME}.tmp`);
    await copyInto(disk, draft, { read: (block, offset) => Promise.resolve(bytes.copy(block, 0, offset)) });
    disk.rename(draft, join(into, MANIFEST_NAME));
    disk.syncFolder(into);
  }
  for (const into of baseFolders(folder)) {
    for (const idx of listCheckpoints(disk, into)) {
      if (idx !== base.checkpointIdx) disk.remove(join(into, checkpointName(idx)));
    }
  }
}

/** What is wrong with the two folders and the hash files, by file; nothing if they are what was written. */
export async function findBaseFaults(
  { disk, folder }: ReadableFolder,
  base: BaseManifest,
): Promise<readonly { file: string; fault: string }[]> {
  const faults: { file: string; fault: string }[] = [];
  for (const [i, each] of baseFolders(folder).entries()) {
    const name = BASE_FOLDER_NAMES[i]!; // as many
    const said = readManifest(disk, each);
    if (
      said === undefined ||
      said === 'unreadable' ||
      manifestText({ ...said }) !== manifestText({ format: FORMAT, ...base })
    ) {
      faults.push({ file: `${name}/${MANIFEST_NAME}`, fault: 'it is missing, or not what was written' });
    }
    const fault = await findFixedFault(disk, each, base.checkpoint);
    if (fault !== undefined) faults.push({ file: `${name}/${base.checkpoint.file}`, fault });
  }
  for (const hashes of base.treeHashes) {
    const fault = await findFixedFault(disk, folder, hashes);
    if (fault !== undefined) faults.push({ file: hashes.file, fault });
  }
  return faults;
}

async function findFixedFault(
  disk: Pick<Disk, 'list' | 'open'>,
  folder: string,
  fixed: FixedBytes,
): Promise<string | undefined> {
  const { file, offset, sizeBytes, digest } = fixed;
  if (!namesIn(disk, folder).includes(file)) return 'it is missing';
  const found = await digestOf(disk, join(folder, file), { offset, end: offset + sizeBytes });
  return found === digest
    ? undefined
    : `its bytes from ${offset} on are not what was written when its events were archived`;
}

/** For an event that is archived. */
export function archivedFailure(log: ReadableFolder, firstIdx: number, place: string): Failure {
  const archive = readBase(log)?.archive;
  const where = archive === undefined ? '' : `, in ${archive} when that was done`;
  const detail = `the events before ${firstIdx} are archived${where}; \`npx jitosctl log unarchive --from <folder>\` brings them back`;
  return new Failure('EVENT_ARCHIVED', place, detail);
}
