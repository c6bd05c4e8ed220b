/**
 * Loaded into a daemon before its own code (`node --import`): kills the process with `SIGKILL` at a named point of what it
 * does to its files, the n-th time that it comes there. The environment says which (`failpointEnvironment`).
 */
import fs from 'node:fs';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A call that changes files. */
interface Call {
  readonly verb: 'write' | 'rename' | 'syncFolder';
  /** Of what is written or synced, or the new name. */
  readonly name: string;
  readonly isDurable: boolean;
  readonly offset: number;
  readonly isZero: boolean;
}

interface Failpoint {
  readonly when: 'before' | 'half' | 'after';
  readonly isAt: (call: Call) => boolean;
}

const isBatch = (call: Call): boolean =>
  call.verb === 'write' && call.isDurable && !call.isZero && call.name.endsWith('.log');
const isZeros = (call: Call): boolean => call.verb === 'write' && call.isZero && /\.(log|tmp)$/.test(call.name);
const isSegmentName = ({ verb, name }: Call): boolean => verb === 'rename' && name.endsWith('.log');
const isMark = ({ verb, name, offset }: Call): boolean => verb === 'write' && name === 'tree-0.hashes' && offset === 0;

export const FAILPOINT_NAMES = [
  'before a batch is written',
  'in the middle of a batch',
  'after a batch, before its replies',
  'in the middle of zeros',
  'before a segment has its name',
  'after a segment has its name',
  "before a folder's names are synced",
  "before the tree's hashes are marked",
  "after the tree's hashes are marked",
] as const;

export type FailpointName = (typeof FAILPOINT_NAMES)[number];

const FAILPOINTS: Readonly<Record<FailpointName, Failpoint>> = {
  'before a batch is written': { when: 'before', isAt: isBatch },
  'in the middle of a batch': { when: 'half', isAt: isBatch },
  'after a batch, before its replies': { when: 'after', isAt: isBatch },
  'in the middle of zeros': { when: 'half', isAt: isZeros },
  'before a segment has its name': { when: 'before', isAt: isSegmentName },
  'after a segment has its name': { when: 'after', isAt: isSegmentName },
  "before a folder's names are synced": { when: 'before', isAt: ({ verb }) => verb === 'syncFolder' },
  "before the tree's hashes are marked": { when: 'before', isAt: isMark },
  "after the tree's hashes are marked": { when: 'after', isAt: isMark },
};

/** Not a point to die at, but a bug: batches are said to be on the disk some time before they are written. */
export const WRITE_BEHIND = 'write behind';
const WRITE_BEHIND_MS = 100;

const VARIABLE = 'JITOS_TEST_FAILPOINT';

/** What a daemon's environment needs in addition. `count` is the how manieth time is the last one, from 1. */
export function failpointEnvironment(name: FailpointName | typeof WRITE_BEHIND, count = 1): NodeJS.ProcessEnv {
  return {
    NODE_OPTIONS: `--import=${pathToFileURL(import.meta.filename).href}`,
    [VARIABLE]: JSON.stringify({ name, count }),
  };
}

/** What a daemon that came to its failpoint has said last. */
export function failpointMessage(name: FailpointName): string {
  return `killed ${name}\n`;
}

interface OpenFile {
  readonly name: string;
  readonly isDurable: boolean;
}

function install(name: FailpointName, count: number): void {
  const { when, isAt } = FAILPOINTS[name];
  let left = count;
  const reaches = (call: Call): boolean => isAt(call) && --left === 0;
  const die = (): never => {
    fs.writeSync(2, failpointMessage(name));
    process.kill(process.pid, 'SIGKILL');
    throw new Error('the process is dead');
  };
  const files = trackFiles();
  const { writeSync, renameSync, fsyncSync } = fs;
  interceptWrites(({ fd, bytes, offset }) => {
    const file = files.get(fd);
    const isZero = bytes.every((byte) => byte === 0);
    if (file === undefined || !reaches({ verb: 'write', ...file, offset, isZero })) return false;
    const doneBytes = when === 'before' ? 0 : when === 'half' ? bytes.length >> 1 : bytes.length;
    if (doneBytes > 0) writeSync(fd, bytes, 0, doneBytes, offset);
    return die();
  });
  fs.renameSync = (from, to) => {
    const isThere = reaches({ ...SILENT, verb: 'rename', name: basename(String(to)) });
    if (isThere && when === 'before') die();
    renameSync(from, to);
    if (isThere) die();
  };
  fs.fsyncSync = (fd) => {
    if (reaches({ ...SILENT, verb: 'syncFolder', name: files.get(fd)?.name ?? '' })) die();
    fsyncSync(fd);
  };
}

const SILENT = { isDurable: false, offset: 0, isZero: false };

function trackFiles(): ReadonlyMap<number, OpenFile> {
  const files = new Map<number, OpenFile>();
  const { openSync } = fs;
  fs.openSync = (path, flags, mode) => {
    const fd = openSync(path, flags, mode);
    const isDurable = typeof flags === 'number' && (flags & fs.constants.O_DSYNC) !== 0;
    files.set(fd, { name: basename(String(path)), isDurable });
    return fd;
  };
  return files;
}

interface Write {
  readonly fd: number;
  readonly bytes: Uint8Array;
  readonly offset: number;
}

/**
 * The daemon writes to its files by two calls alone, always with all of their arguments (`node-disk.ts`). `take` says
 * whether it has dealt with a write, which is then told as done.
 */
function interceptWrites(take: (write: Write) => boolean): void {
  const { writeSync, write } = fs;
  const isTaken = (call: readonly unknown[]): boolean => {
    const [fd, bytes, start, sizeBytes, offset] = call;
    if (typeof fd !== 'number' || !(bytes instanceof Uint8Array) || typeof offset !== 'number') return false;
    return take({ fd, bytes: bytes.subarray(Number(start), Number(start) + Number(sizeBytes)), offset });
  };
  type AnyCall = (...call: readonly unknown[]) => unknown;
  const forward = { writeSync: writeSync as AnyCall, write: write as AnyCall }; // with what they were called with
  Object.assign(fs, {
    writeSync: (...call: readonly unknown[]) => (isTaken(call) ? call[3] : forward.writeSync(...call)),
    write: (...call: readonly unknown[]) => {
      if (!isTaken(call)) return forward.write(...call);
      const done = call[5] as AnyCall; // a write with a callback has it there
      setImmediate(() => done(null, call[3]));
      return undefined;
    },
  });
}

/** Each write to a segment is acknowledged at once, and made later; at the latest before its file closes. */
function installWriteBehind(): void {
  const files = trackFiles();
  const { writeSync, closeSync } = fs;
  const lateWrites = new Set<Write>();
  const make = (write: Write): void => {
    if (lateWrites.delete(write)) writeSync(write.fd, write.bytes, 0, write.bytes.length, write.offset);
  };
  interceptWrites(({ fd, bytes, offset }) => {
    const file = files.get(fd);
    if (file === undefined || !file.isDurable || !file.name.endsWith('.log')) return false;
    const write = { fd, bytes: Uint8Array.from(bytes), offset };
    lateWrites.add(write);
    setTimeout(() => make(write), WRITE_BEHIND_MS);
    return true;
  });
  fs.closeSync = (fd) => {
    for (const write of lateWrites) if (write.fd === fd) make(write);
    closeSync(fd);
  };
}

const wanted = process.env[VARIABLE];
if (wanted !== undefined) {
  const { name, count } = JSON.parse(wanted) as { name: FailpointName | typeof WRITE_BEHIND; count: number }; // as above
  if (name === WRITE_BEHIND) installWriteBehind();
  else install(name, count);
}
