/** JSON as it comes in: UTF-8, and bounded in what parsing it may cost. */
import { isUtf8 } from 'node:buffer';
import { Failure } from '../../errors/failure.ts';

/** Deeper than any request has to nest: values nest 128 levels at most, wherever they stand. */
const NESTING_MAX = 512;
/** In fewer bytes nothing nests so deep that parsing it takes long. */
const HARMLESS_SIZE_BYTES_MAX = 65_536;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENERS = [0x5b, 0x7b] as const;
const CLOSERS = [0x5d, 0x7d] as const;

/** `what` names the bytes in the error. Of a name that stands twice the last one counts. Throws `BODY_MALFORMED`. */
export function parseJson(bytes: Buffer, what: string): unknown {
  if (!isUtf8(bytes)) throw new Failure('BODY_MALFORMED', '', `${what} is not UTF-8`);
  // Parsing takes seven times as long for 16 MiB that nest as for 16 MiB that don't.
  if (bytes.length > HARMLESS_SIZE_BYTES_MAX && nestsTooDeep(bytes)) {
    throw new Failure('BODY_MALFORMED', '', `${what} nests deeper than ${NESTING_MAX} levels`);
  }
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new Failure('BODY_MALFORMED', '', `${what} is not JSON`);
  }
}

/** Of what is no JSON it may say either. */
function nestsTooDeep(bytes: Buffer): boolean {
  let depth = 0;
  let isInText = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (isInText) {
      if (byte === BACKSLASH) i += 1;
      else if (byte === QUOTE) isInText = false;
    } else if (byte === QUOTE) isInText = true;
    else if (byte === OPENERS[0] || byte === OPENERS[1]) {
      depth += 1;
      if (depth > NESTING_MAX) return true;
    } else if (byte === CLOSERS[0] || byte === CLOSERS[1]) depth -= 1;
  }
  return false;
}
