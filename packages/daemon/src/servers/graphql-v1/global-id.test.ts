import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestToHex } from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import { parseGlobalId, viewNameText, type GlobalId } from './global-id.ts';

const HEX = 'ab'.repeat(32);
const OTHER = '01'.repeat(32);

function textOf(id: GlobalId): string {
  switch (id.type) {
    case 'world':
      return 'world';
    case 'view':
      return `view:${viewNameText(id.name)}`;
    case 'node':
    case 'edge':
      return `${id.type}:${viewNameText(id.name)}:${digestToHex(id.element)}`;
    case 'workspace':
    case 'event':
      return `${id.type}:${id.number}`;
    case 'rules':
      return `rules:${digestToHex(id.pack)}`;
  }
}

test('an id means one thing, and is written in one way', () => {
  const ids = [
    'world',
    'view:system',
    'view:0',
    'view:17@3',
    `view:system#${OTHER}`,
    `node:system:${HEX}`,
    `node:3@41:${HEX}`,
    `edge:system#${OTHER}:${HEX}`,
    'workspace:12',
    'event:0',
    `rules:${HEX}`,
  ];
  for (const id of ids) assert.equal(textOf(parseGlobalId(id, 'id')), id);
});

test('what is no id is refused', () => {
  const texts = [
    '',
    'view',
    'view:',
    'view:-1',
    'view:01',
    'view:system@',
    'view:system@01',
    `view:system:${HEX}`,
    'node:system',
  ];
  const more = [
    `node:system:${HEX.toUpperCase()}`,
    `node:system:${HEX}0`,
    'workspace:1.5',
    'event:',
    'world ',
    `rules:${HEX.slice(1)}`,
  ];
  for (const text of [...texts, ...more, `view:${'9'.repeat(16)}`, 'constructor', '__proto__']) {
    assert.throws(
      () => parseGlobalId(text, 'id'),
      (error) => error instanceof Failure && error.reason === 'ID_INVALID' && error.place === 'id',
      text,
    );
  }
});
