import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { it } from 'node:test';
import { openSqliteEvents } from './sqlite-verified-events.ts';
import type { Entry } from '../workloads/verified-commit.ts';

const ROOT_AT = 100;

function entry(number: number, salt: string): Entry {
  const keyBytes = hash('sha256', `key ${number}`, 'buffer');
  const valueBytes = hash('sha256', `${salt} ${number}`, 'buffer');
  return { key: keyBytes.toString('latin1'), value: valueBytes.toString('latin1'), keyBytes, valueBytes };
}

/** The root by its definition, over the ids that begin with `prefix`, two levels of branches deep. */
function rootOf(valueById: ReadonlyMap<string, Uint8Array>, prefix = ''): Buffer {
  if (prefix.length < 2) {
    const digits = '0123456789abcdef'.split('');
    const hasAny = (below: string): boolean => [...valueById.keys()].some((id) => id.startsWith(below));
    const digests = digits.map((d) => (hasAny(prefix + d) ? rootOf(valueById, prefix + d) : Buffer.alloc(32)));
    return hash('sha256', Buffer.concat(digests), 'buffer');
  }
  const ids = [...valueById.keys()].filter((id) => id.startsWith(prefix)).toSorted();
  const entries = ids.flatMap((id) => [Buffer.from(id, 'hex'), hash('sha256', valueById.get(id)!, 'buffer')]);
  return hash('sha256', Buffer.concat(entries), 'buffer');
}

it('does the work that it claims: each event has the root over all nodes after it, and the rows are kept', async () => {
  const database = new DatabaseSync(':memory:');
  const tree = openSqliteEvents(database, 300);
  const valueById = new Map<string, Uint8Array>();
  const set = ({ keyBytes, valueBytes }: Entry): unknown =>
    valueById.set(Buffer.from(keyBytes).toString('hex'), valueBytes);
  const first = Array.from({ length: 300 }, (_, i) => entry(i, 'first'));
  await tree.load(first);
  first.forEach(set);
  const updates = [7, 8, 7, 299].map((number, at) => entry(number, `update ${at}`));
  await tree.commit(updates);
  const events = database.prepare('SELECT header, length(header) + length(body) AS size FROM event ORDER BY idx').all();
  assert.equal(events.length, updates.length);
  for (const [at, { header, size }] of events.entries()) {
    set(updates[at]!);
    assert.ok(header instanceof Uint8Array);
    assert.deepEqual(Buffer.from(header.subarray(ROOT_AT, ROOT_AT + 32)), rootOf(valueById));
    assert.equal(size, 204);
  }
  const kept = database.prepare('SELECT value FROM node WHERE id = ?').get(updates[2]!.keyBytes);
  assert.deepEqual(Buffer.from(kept!['value'] as Uint8Array), updates[2]!.valueBytes); // the column is a blob
  const { digests } = database.prepare('SELECT digests FROM branch WHERE level = 0').get() as { digests: Uint8Array };
  assert.deepEqual(hash('sha256', digests, 'buffer'), rootOf(valueById));
});
