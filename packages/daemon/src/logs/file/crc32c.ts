/**
 * CRC-32C (Castagnoli; RFC 3720 appendix B.4), eight bytes a step ("slicing-by-8", Kounavis and Berry, 2005).
 *
 * Reflected polynomial 0x82f63b78, initial value and final xor all ones. The check value of "123456789" is e3069283.
 */

const POLYNOMIAL = 0x82f63b78;

/** Eight tables of 256, the one for a byte that is followed by k more at 256·k. */
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at++) {
    const crc = tables[at - 256]!;
    tables[at] = (crc >>> 8) ^ tables[crc & 255]!;
  }
  return tables;
}

/** The CRC of `bytes[start, end)`, an unsigned integer; `before` is the CRC of what comes before them. */
export function crc32c(bytes: Uint8Array, start: number, end: number, before = 0): number {
  const t = TABLES;
  let crc = ~before;
  let i = start;
  for (const last = end - 8; i <= last; i += 8) {
    const low = crc ^ (bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
    crc =
      t[1792 + (low & 255)]! ^
      t[1536 + ((low >>> 8) & 255)]! ^
      t[1280 + ((low >>> 16) & 255)]! ^
      t[1024 + (low >>> 24)]! ^
      t[768 + bytes[i + 4]!]! ^
      t[512 + bytes[i + 5]!]! ^
      t[256 + bytes[i + 6]!]! ^
      t[bytes[i + 7]!]!;
  }
  for (; i < end; i++) crc = (crc >>> 8) ^ t[(crc ^ bytes[i]!) & 255]!;
  return ~crc >>> 0;
}
