import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentNode } from '@jitos/kernel';
import { sha256 } from '../../engine/sha256.ts';
import { PeopleNodes, PERSON_KIND } from './import-people.ts';

test('a person seen lately is the same node, not one made again', () => {
  const people = new PeopleNodes();
  const ada = people.nodeOf({ name: 'Ada', mail: 'ada@jitos.example' });
  assert.equal(people.nodeOf({ name: 'Ada', mail: 'ada@jitos.example' }), ada);
  assert.equal(ada.id, contentNode(PERSON_KIND, ada.payload, sha256).id);
});

test('people are told apart by where the name ends', () => {
  const people = new PeopleNodes();
  const ids = [
    { name: 'a', mail: 'b<c' },
    { name: '', mail: 'a<b<c' },
    { name: 'a', mail: 'bc' },
    { name: 'ab', mail: 'c' },
  ].map((person) => people.nodeOf(person).id);
  assert.equal(new Set(ids).size, 4);
});

test('what is remembered is bounded, in number and in size', () => {
  const people = new PeopleNodes();
  const long = { name: 'a'.repeat(1_000), mail: 'b'.repeat(24) };
  const longNode = people.nodeOf(long);
  assert.notEqual(people.nodeOf(long), longNode);
  assert.equal(people.nodeOf(long).id, longNode.id);
  const first = people.nodeOf({ name: 'first', mail: '' });
  for (let number = 0; number < 1_023; number += 1) people.nodeOf({ name: String(number), mail: '' });
  assert.equal(people.nodeOf({ name: 'first', mail: '' }), first);
  people.nodeOf({ name: 'one more', mail: '' });
  assert.notEqual(people.nodeOf({ name: 'first', mail: '' }), first);
});
