/**
 * Ops in canonical bytes: an array that begins with the op's number.
 *
 *     [1, kind, payload|null, expect]                        AddNode
 *     [2, kind, key, {name: value|null …}, expect]           PutNode
 *     [3, id, expect]                                        DeleteNode
 *     [4, from, to, kind, key|null, payload|null, expect]    AddEdge
 *     [5, id, payload|null, expect]                          SetEdge
 *     [6, id, expect]                                        DeleteEdge
 *
 * `expect` is null, false for "absent", or a digest.
 */
import { unreachable } from '../assert.ts';
import { CanonicalError, type CanonicalReader } from '../bytes/canonical-reader.ts';
import { MAJOR, type CanonicalWriter } from '../bytes/canonical-writer.ts';
import { bytesToDigest, DIGEST_SIZE, type Digest } from '../bytes/digest.ts';
import { compareKeys, readValue } from '../bytes/value.ts';
import type { Expectation, FieldPatch, Op } from './op.ts';

export function writeOp(writer: CanonicalWriter, op: Op): void {
  switch (op.op) {
    case 'AddNode':
      writer.array(4);
      writer.integer(1);
      writer.text(op.kind);
      writer.bytesOrNull(op.payload);
      break;
    case 'PutNode':
      writer.array(5);
      writer.integer(2);
      writer.text(op.kind);
      writer.bytes(op.key);
      writePatches(writer, op.patches);
      break;
    case 'DeleteNode':
    case 'DeleteEdge':
      writer.array(3);
      writer.integer(op.op === 'DeleteNode' ? 3 : 6);
      writer.bytes(op.id);
      break;
    case 'AddEdge':
      writer.array(7);
      writer.integer(4);
      writer.bytes(op.from);
      writer.bytes(op.to);
      writer.text(op.kind);
      writer.bytesOrNull(op.key);
      writer.bytesOrNull(op.payload);
      break;
    case 'SetEdge':
      writer.array(4);
      writer.integer(5);
      writer.bytes(op.id);
      writer.bytesOrNull(op.payload);
      break;
    default:
      unreachable(op);
  }
  writeExpectation(writer, op.expect);
}

export function writePatches(writer: CanonicalWriter, patches: readonly FieldPatch[]): void {
  writer.map(patches.length);
  for (const patch of patches) {
    writer.text(patch.name);
    if (patch.value === null) writer.null();
    else writer.raw(patch.value);
  }
}

function writeExpectation(writer: CanonicalWriter, expect: Expectation): void {
  if (expect === null) writer.null();
  else if (expect === 'absent') writer.boolean(false);
  else writer.bytes(expect);
}

/** Reads an op. Throws a `CanonicalError`; bounds other than the shape are `opProblem`'s. */
export function readOp(reader: CanonicalReader): Op {
  const start = reader.offset;
  const length = reader.array();
  const number = reader.count();
  if (length !== OP_LENGTHS[number]) throw new CanonicalError('wrong-type', start);
  switch (number) {
    case 1:
      return { op: 'AddNode', kind: reader.text(), payload: reader.bytesOrNull(), expect: readExpectation(reader) };
    case 2:
      return {
        op: 'PutNode',
        kind: reader.text(),
        key: reader.bytes(),
        patches: readPatches(reader),
        expect: readExpectation(reader),
      };
    case 3:
      return { op: 'DeleteNode', id: readDigest(reader), expect: readExpectation(reader) };
    case 4:
      return {
        op: 'AddEdge',
        from: readDigest(reader),
        to: readDigest(reader),
        kind: reader.text(),
        key: reader.bytesOrNull(),
        payload: reader.bytesOrNull(),
        expect: readExpectation(reader),
      };
    case 5:
      return { op: 'SetEdge', id: readDigest(reader), payload: reader.bytesOrNull(), expect: readExpectation(reader) };
    default:
      return { op: 'DeleteEdge', id: readDigest(reader), expect: readExpectation(reader) };
  }
}

/** Items in the array of each op, by its number. */
const OP_LENGTHS: readonly (number | undefined)[] = [undefined, 4, 5, 3, 7, 4, 3];

export function readPatches(reader: CanonicalReader): FieldPatch[] {
  const patches: FieldPatch[] = [];
  for (let left = reader.map(); left > 0; left--) {
    const start = reader.offset;
    const name = reader.text();
    const previous = patches.at(-1);
    const order = previous === undefined ? 1 : compareKeys(name, previous.name);
    if (order <= 0) throw new CanonicalError(order === 0 ? 'duplicate-key' : 'key-order', start);
    const valueStart = reader.offset;
    if (reader.isNull()) {
      reader.null();
      patches.push({ name, value: null });
    } else {
      readValue(reader, { nullAllowed: false });
      patches.push({ name, value: reader.rawSince(valueStart) });
    }
  }
  return patches;
}

function readExpectation(reader: CanonicalReader): Expectation {
  if (reader.isNull()) {
    reader.null();
    return null;
  }
  const start = reader.offset;
  if (reader.peekMajor() === MAJOR.bytes) return readDigest(reader);
  if (reader.boolean()) throw new CanonicalError('wrong-type', start);
  return 'absent';
}

export function readDigest(reader: CanonicalReader): Digest {
  const start = reader.offset;
  const bytes = reader.bytes();
  if (bytes.length !== DIGEST_SIZE) throw new CanonicalError('wrong-type', start);
  return bytesToDigest(bytes);
}

export function readDigestOrNull(reader: CanonicalReader): Digest | null {
  if (!reader.isNull()) return readDigest(reader);
  reader.null();
  return null;
}
