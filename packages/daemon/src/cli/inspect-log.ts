/** Shows what stands in a log's files, without a lock and without a daemon. */
import { CanonicalError, digestToHex, type CollapseSide, type Event } from '@jitos/kernel';
import { decodeStored } from '../engine/history-reader.ts';
import { Failure } from '../errors/failure.ts';
import type { CheckpointHeader } from '../logs/file/checkpoint-format.ts';
import {
  inspectEvent,
  inspectHeaders,
  inspectSegment,
  type EventLook,
  type FileHeader,
  type FolderHeaders,
  type LogFolder,
  type SegmentLook,
} from '../logs/file/inspect-log.ts';
import type { Damage } from '../logs/file/log-failures.ts';
import { nodeDisk } from '../logs/file/node-disk.ts';
import type { SegmentHeader } from '../logs/file/segment-format.ts';
import { bytesToBase64, encodedToJson, type JsonValue } from '../servers/graphql/json-value.ts';
import { worldOf, type Answer, type Context } from './command.ts';
import { pairsText, tableText, type Paper, type TableColumn } from './terminal/paper.ts';
import { plainText } from './terminal/plain-text.ts';
import { chooseWorldFolders } from './world-folders.ts';

/** What is to be shown. */
export interface Wanted {
  /** Of an event; undefined: the headers. */
  readonly idx: number | undefined;
  /** Whether the event's segment is meant, and not the event. */
  readonly isSegment: boolean;
}

/** The work of `jitosctl log inspect`. */
export async function inspectLog({ flags }: Context, { idx, isSegment }: Wanted): Promise<Answer> {
  const world = worldOf(flags);
  const [{ folder } = { folder: '' }] = chooseWorldFolders({ ...flags, world });
  const log: LogFolder = { disk: nodeDisk(), folder };
  if (idx !== undefined) {
    return isSegment
      ? segmentAnswer(world, await inspectSegment(log, idx))
      : eventAnswer(world, idx, await inspectEvent(log, idx));
  }
  if (isSegment)
    throw new Failure('USAGE', '<idx>', 'name an event that is in the segment, as in `log inspect 42 --segment`');
  return headersAnswer(world, folder, await inspectHeaders(log));
}

function headersAnswer(world: string, folder: string, { segments, checkpoints }: FolderHeaders): Answer {
  return {
    json: { world, folder, segments: segments.map(segmentHeaderJson), checkpoints: checkpoints.map(checkpointJson) },
    text: (paper) =>
      tableText(
        paper,
        columns(
          ['SEGMENT', 'left'],
          ['BYTES', 'right'],
          ['ORDINAL', 'right'],
          ['FIRST', 'right'],
          ['WORLD ID', 'left'],
        ),
        segments.map(({ name, sizeBytes, header, fault }) => [
          name,
          String(sizeBytes),
          header === undefined ? '' : String(header.ordinal),
          header === undefined ? '' : String(header.firstIdx),
          header === undefined ? (fault ?? '') : toHex(header.worldId),
        ]),
      ) + checkpointsText(paper, checkpoints),
    status: 0,
  };
}

function checkpointsText(paper: Paper, checkpoints: FolderHeaders['checkpoints']): string {
  if (checkpoints.length === 0) return '';
  const table = tableText(
    paper,
    columns(['CHECKPOINT', 'left'], ['BYTES', 'right'], ['EVENT', 'right'], ['WORLD DIGEST', 'left']),
    checkpoints.map(({ name, sizeBytes, header, fault }) => [
      name,
      String(sizeBytes),
      header === undefined ? '' : String(header.idx),
      header === undefined ? (fault ?? '') : digestToHex(header.worldDigest),
    ]),
  );
  return `\n${table}`;
}

function segmentAnswer(world: string, look: SegmentLook): Answer {
  const { name, sizeBytes, header, batches, damage, tornTail } = look;
  return {
    json: {
      world,
      ...segmentHeaderJson({ name, sizeBytes, header, fault: undefined }),
      batches,
      damage,
      tornTail: tornTail ?? null,
    },
    text: (paper) => {
      const pairs = pairsText(paper, [
        ['segment', name],
        ['bytes', String(sizeBytes)],
        ['ordinal', String(header.ordinal)],
        ['first', String(header.firstIdx)],
        ['world id', toHex(header.worldId)],
      ]);
      const table = tableText(
        paper,
        columns(['OFFSET', 'right'], ['BYTES', 'right'], ['FIRST', 'right'], ['EVENTS', 'right']),
        batches.map((batch) => [batch.offset, batch.sizeBytes, batch.firstIdx, batch.count].map(String)),
      );
      const found = damage.map((each) => damageLine(each));
      if (tornTail !== undefined) {
        found.push(`${name}@${tornTail.offset}: ${tornTail.sizeBytes} bytes of an unfinished write\n`);
      }
      return `${pairs}\n${table}${found.join('')}`;
    },
    status: damage.length === 0 ? 0 : 1,
  };
}

function damageLine({ reason, segment, offset, detail }: Damage): string {
  return `${reason} ${segment}@${offset}: ${plainText(detail)}\n`;
}

function eventAnswer(world: string, idx: number, look: EventLook): Answer {
  const { segment, place, batch, event } = look;
  const read = readEvent(look, idx);
  return {
    json: {
      world,
      idx,
      segment,
      batch: { ...place, treeRootBefore: digestToHex(batch.treeRootBefore) },
      ...read,
      header_b64: bytesToBase64(event.header),
      body_b64: bytesToBase64(event.body),
    },
    text: (paper) => {
      return pairsText(paper, [
        ['event', String(idx)],
        ['segment', `${segment}@${place.offset}`],
        ['batch', `${place.firstIdx} to ${place.firstIdx + place.count - 1}, ${place.sizeBytes} bytes`],
        ['tree before', digestToHex(batch.treeRootBefore)],
        ['header', `${event.header.length} bytes`],
        ['body', `${event.body.length} bytes`],
        ...(read.problem === null ? [] : [['problem', read.problem] as const]),
        ...(read.leaf === null ? [] : [['leaf', read.leaf] as const]),
        ...Object.entries(read.event ?? {}).map(([name, value]) => [name, wordOf(value)] as const),
        ...(read.body === null ? [] : [['says', shorten(JSON.stringify(read.body))] as const]),
      ]);
    },
    status: read.problem === null ? 0 : 1,
  };
}

interface EventReading {
  /** Why the bytes are no event; null if they are one. */
  readonly problem: string | null;
  /** Its leaf in the tree of the history, in hex. */
  readonly leaf: string | null;
  /** What its header says. */
  readonly event: Readonly<Record<string, JsonValue>> | null;
  /** What its body says, as canonical bytes of no particular shape. */
  readonly body: JsonValue;
}

/** An event that can't be read is what one inspects: its bytes are shown all the same. */
function readEvent({ event }: EventLook, idx: number): EventReading {
  try {
    const encoded = decodeStored(event, idx);
    return {
      problem: null,
      leaf: digestToHex(encoded.leaf),
      event: eventJson(encoded.event),
      body: bodyJson(encoded.body),
    };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { problem: error.message, leaf: null, event: null, body: null };
  }
}

/** Null for one that nests deeper than a value may: an op's field may reach the bound, and stands deeper here. */
function bodyJson(body: string): JsonValue {
  try {
    return encodedToJson(body as Parameters<typeof encodedToJson>[0]); // the body is canonical bytes of one array
  } catch (error) {
    if (error instanceof CanonicalError) return null;
    throw error;
  }
}

/** The number, and the fields of the body, which are shown by themselves. */
const SHOWN_APART: ReadonlySet<string> = new Set([
  'idx',
  'format',
  'quantumMs',
  'ops',
  'entries',
  'meta',
  'conflicts',
  'resolutions',
  'footprint',
  'reason',
]);
/** Fields that hold digests, of whatever kind of event. */
const DIGEST_FIELDS: ReadonlySet<string> = new Set([
  'baseSnapshotId',
  'viewDigest',
  'snapshotId',
  'conflictsDigest',
  'targetDigest',
  'targetSnapshotId',
  'worldDigest',
]);

function eventJson({ pins, cause, ...event }: Event): Readonly<Record<string, JsonValue>> {
  const own: readonly (readonly [string, JsonValue | CollapseSide])[] = Object.entries(event).filter(
    ([name]) => !SHOWN_APART.has(name),
  );
  const { commandDigest } = cause;
  return {
    ...Object.fromEntries(own.map(([name, value]) => [name, fieldJson(name, value)])),
    pins: { engine: pins.engine, policyId: pins.policyId, rulePackId: digestToHex(pins.rulePackId) },
    cause: { ...cause, commandDigest: commandDigest === null ? null : digestToHex(commandDigest) },
  };
}

/** A side of a collapse is an object with a digest of its own. */
function fieldJson(name: string, value: JsonValue | CollapseSide): JsonValue {
  if (DIGEST_FIELDS.has(name)) return hexOrNull(value);
  return typeof value === 'object' && value !== null && 'digest' in value
    ? { ...value, digest: hexOrNull(value.digest) }
    : value;
}

function hexOrNull(value: unknown): string | null {
  return typeof value === 'string' ? Buffer.from(value, 'latin1').toString('hex') : null;
}

function segmentHeaderJson({ name, sizeBytes, header, fault }: FileHeader<SegmentHeader>): object {
  return {
    segment: name,
    sizeBytes,
    header:
      header === undefined
        ? null
        : {
            ordinal: header.ordinal,
            firstIdx: header.firstIdx,
            worldId: toHex(header.worldId),
            batchMark: header.batchMark,
          },
    fault: fault ?? null,
  };
}

function checkpointJson({ name, sizeBytes, header, fault }: FileHeader<CheckpointHeader>): object {
  return {
    checkpoint: name,
    sizeBytes,
    header:
      header === undefined
        ? null
        : { idx: header.idx, worldId: toHex(header.worldId), worldDigest: digestToHex(header.worldDigest) },
    fault: fault ?? null,
  };
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function wordOf(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Characters of a body that are shown as text. */
const SHOWN_LENGTH_MAX = 2000;

function shorten(text: string): string {
  return text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_LENGTH_MAX)} … (all of it with --json)`;
}

function columns(...named: readonly (readonly [title: string, align: TableColumn['align']])[]): readonly TableColumn[] {
  return named.map(([title, align]) => ({ title, align }));
}
