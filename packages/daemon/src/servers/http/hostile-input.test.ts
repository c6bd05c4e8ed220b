/** What is sent to break in: names that reach prototypes, JSON that says two things, numbers and nesting out of bounds, and requests in requests. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, afterEach, test } from 'node:test';
import { mustSend, refusalOf, sendCommand } from '@jitos/testkit/servers/command-client.ts';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { ask, reasonOf, talk } from '@jitos/testkit/servers/raw-http.ts';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';

const served = await serveHost();
after(() => served[Symbol.asyncDispose]());
const { url, port, host } = served;
const eventCount = (): number => host.mustGetWorld('main').loop.world.history.size;
const client = GraphqlClient.overHttp(`${url}/graphql`);

const OBJECT_NAMES = Object.getOwnPropertyNames(Object.prototype).toSorted();
afterEach(() => {
  assert.deepEqual(Object.getOwnPropertyNames(Object.prototype).toSorted(), OBJECT_NAMES);
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});

const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__'];

test('no name reaches a prototype: it is not known, or it is data', async () => {
  const { sws } = await mustSend(url, { command: 'createSws' });
  const view = `{"kind":"SWS","swsId":"${(sws as { id: string }).id}"}`;
  const size = eventCount();
  const inside = '{"polluted":true,"prototype":{"polluted":true}}';
  for (const name of NAMES) {
    const member = `"${name}":${inside}`;
    assert.equal(await refusalOf(url, `{"command":"createSws",${member}}`), `422 FIELD_UNKNOWN ${name}`);
    assert.equal(await refusalOf(url, `{${member}}`), '422 FORMAT_INVALID command');
    assert.equal(await refusalOf(url, `{"command":"${name}"}`), '501 COMMAND_UNKNOWN command');
    for (const [ops, place] of [
      [`[{"op":"AddNode","data":{"kind":"a"},${member}}]`, `ops[0].${name}`],
      [`[{"op":"AddNode","data":{"kind":"a",${member}}}]`, `ops[0].data.${name}`],
      [`[{"op":"AddNode","data":{"kind":"a","expect":{${member}}}}]`, `ops[0].data.expect.${name}`],
    ]) {
      const command = `{"command":"applyRewrite","view":${view},"ops":${ops}}`;
      assert.equal(await refusalOf(url, command), `422 FIELD_UNKNOWN ${place}`);
    }
    const named = `{"command":"applyRewrite","view":${view},"ops":[{"op":"${name}","data":{}}]}`;
    assert.equal(await refusalOf(url, named), '501 OP_UNKNOWN ops[0].op');
    assert.equal((await ask({ port, path: `/v1/worlds/${name}` })).status, 404);
    assert.equal((await ask({ port, path: `/v1/overview?world=${name}&__proto__[polluted]=1` })).status, 404);
  }
  assert.equal(eventCount(), size);
});

test('a name that every object has is an own name in data, and comes back as one', async () => {
  const { sws } = await mustSend(url, { command: 'createSws' });
  const swsId = (sws as { id: string }).id;
  const text = `{${NAMES.map((name, i) => `"${name}":{"polluted":${i}}`).join(',')}}`;
  const ops = `[{"op":"PutNode","data":{"kind":"hostile","key":"__proto__","set":${text}}}]`;
  const body = `{"command":"applyRewrite","view":{"kind":"SWS","swsId":"${swsId}"},"ops":${ops},"meta":${text}}`;
  const { status, told } = await sendCommand(url, body);
  assert.equal(status, 200, JSON.stringify(told));
  const query = `{ graph(view: {kind: SWS, swsId: "${swsId}"}) { nodes { nodes { data } } } rewrites(view: {kind: SWS, swsId: "${swsId}"}) { meta ops } }`;
  const answer = await ask({
    port,
    method: 'POST',
    path: '/graphql',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  // Parsed, an own `__proto__` is easily lost: the text shows it. Canonical names are in order of length.
  for (const [i, name] of NAMES.entries()) {
    assert.equal(answer.body.split(`"${name}":{"polluted":${i}}`).length - 1, 3, answer.body);
  }
});

test('of a name that stands twice the last one counts, wherever it is read', async () => {
  const size = eventCount();
  assert.equal(await refusalOf(url, '{"command":"createSws","command":"none"}'), '501 COMMAND_UNKNOWN command');
  assert.equal(await refusalOf(url, '{"command":"discardSws","swsId":0,"swsId":"x"}'), '422 ID_INVALID swsId');
  assert.equal(eventCount(), size);
  const { status, told } = await sendCommand(
    url,
    '{"command":"none","command":"createSws","meta":1,"meta":{"a":1,"a":2}}',
  );
  assert.equal(status, 200);
  assert.deepEqual((told.result['sws'] as { meta: unknown }).meta, { a: 2 });
});

test('what nests without end is refused at once', async () => {
  const size = eventCount();
  const lists = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  const objects = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
  const { told: unparsed } = await sendCommand(url, lists(8_000_000));
  assert.equal(unparsed.error.detail, 'the body nests deeper than 512 levels', 'it was not parsed');
  for (const nested of [lists(50_000), objects(20_000), lists(20_000), objects(10_000), lists(200), objects(200)]) {
    const view = '{"kind":"SWS","swsId":0}';
    for (const body of [
      nested,
      `{"command":${nested}}`,
      `{"command":"createSws","meta":${nested}}`,
      `{"command":"createSws","from":${nested}}`,
      `{"command":"applyRewrite","view":${nested},"ops":[]}`,
      `{"command":"applyRewrite","view":${view},"ops":${nested}}`,
      `{"command":"applyRewrite","view":${view},"ops":[{"op":"PutNode","data":{"kind":"a","key":"b","set":{"f":${nested}}}}]}`,
      `{"command":"collapseSws","swsId":0,"footprint":${nested}}`,
    ]) {
      const { status, told } = await sendCommand(url, body);
      assert.ok(status >= 400 && status < 500, `${status} ${body.slice(0, 80)}`);
      assert.ok(JSON.stringify(told).length < 4096, 'what is told does not grow with it');
    }
    const { status } = await sendCommand(url, `{"query":"{ kernelInfo { tick } }","variables":{"a":${nested}}}`, {
      path: '/graphql',
    });
    assert.ok(status === 200 || status === 400);
  }
  assert.equal(eventCount(), size);
});

test('numbers out of bounds name nothing, and are told as what they are', async () => {
  const size = eventCount();
  const discard = (swsId: string): Promise<string> => refusalOf(url, `{"command":"discardSws","swsId":${swsId}}`);
  for (const number of ['1e400', '-1e400', '9007199254740993', '1e21', '0.1', '-0.5', '1e-7']) {
    assert.equal(await discard(number), '422 FORMAT_INVALID swsId', number);
  }
  for (const digits of ['-1', '01', '+1', '0x1', '1e3', '', ' 1', '१']) {
    assert.equal(await discard(JSON.stringify(digits)), '422 ID_INVALID swsId', digits);
  }
  for (const digits of ['9'.repeat(400), '18446744073709551616', '9007199254740993']) {
    assert.equal(await discard(`"${digits}"`), '404 WORKSPACE_NOT_FOUND swsId', digits);
  }
  const collapse = (policyId: string): Promise<string> =>
    refusalOf(url, `{"command":"collapseSws","swsId":0,"policyId":${policyId}}`);
  for (const number of ['4294967296', '-1', '1.5', '1e400', '"1"']) {
    assert.equal(await collapse(number), '422 FORMAT_INVALID policyId', number);
  }
  assert.equal(await collapse('4294967295'), '422 POLICY_UNKNOWN policyId');
  for (const number of ['1e400', '9007199254740993', '-1', '"99999999999999999"']) {
    assert.equal(
      await refusalOf(url, `{"command":"createSws","validUntil":${number}}`),
      '422 VALID_UNTIL_INVALID validUntil',
    );
  }
  for (const number of ['1e400', '9007199254740993', '1e300']) {
    assert.equal(
      await refusalOf(url, `{"command":"createSws","meta":{"a":[${number}]}}`),
      '422 FORMAT_INVALID meta.a[0]',
      number,
    );
  }
  for (const digits of ['18446744073709551616', '-9223372036854775809', '01', '1.0', '']) {
    assert.equal(
      await refusalOf(url, `{"command":"createSws","meta":{"$int":"${digits}"}}`),
      '422 FORMAT_INVALID meta.$int',
    );
  }
  assert.equal((await client.refused('{ sws(id: 99999999999999999999999999) { id } }')).reason, 'WORKSPACE_NOT_FOUND');
  assert.equal(eventCount(), size);
});

test('bodies of commands are bounded, however they are sent', async () => {
  const large = `{"command":"createSws","meta":"${'x'.repeat(16_777_216)}"}`;
  for (const framing of [{}, { 'transfer-encoding': 'chunked' }]) {
    const headers: Record<string, string> = { 'content-type': 'application/json', ...framing };
    const answer = await ask({ port, method: 'POST', path: '/v1/worlds/main/commands', headers, body: large });
    assert.deepEqual([answer.status, reasonOf(answer)], [413, 'REQUEST_TOO_LARGE body']);
  }
});

/** What a proxy might take for the body of a request, and the daemon for the next one. */
const INNER = `POST /v1/commands HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\ncontent-length: 23\r\n\r\n{"command":"createSws"}`;
const OUTER = '{"query":"{__typename}"}';

test('a request that may be read in two ways is read in none, and what it hides is not done', async () => {
  const size = eventCount();
  const base = `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\n`;
  const length = `content-length: ${OUTER.length}\r\n`;
  const chunk = `${OUTER.length.toString(16)}\r\n${OUTER}\r\n0\r\n\r\n`;
  const hidden: Readonly<Record<string, string>> = {
    'both a length and chunks': `${base}content-length: ${INNER.length + 5}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${INNER}`,
    'chunks and then a length': `${base}transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n${INNER}`,
    'two lengths': `${base}${length}content-length: ${OUTER.length + INNER.length}\r\n\r\n${OUTER}${INNER}`,
    'a list of lengths': `${base}content-length: ${OUTER.length}, ${OUTER.length + INNER.length}\r\n\r\n${OUTER}${INNER}`,
    'a length with a sign': `${base}content-length: +${OUTER.length}\r\n\r\n${OUTER}${INNER}`,
    'a negative length': `${base}content-length: -1\r\n\r\n${OUTER}${INNER}`,
    'a length in hex': `${base}content-length: 0x18\r\n\r\n${OUTER}${INNER}`,
    'a length past 2⁶⁴': `${base}content-length: 18446744073709551640\r\n\r\n${OUTER}${INNER}`,
    'a space before the colon': `${base}transfer-encoding : chunked\r\n\r\n${chunk}${INNER}`,
    'a coding that is not known': `${base}transfer-encoding: xchunked\r\n\r\n${chunk}${INNER}`,
    'chunks that are not last': `${base}transfer-encoding: chunked, identity\r\n\r\n${chunk}${INNER}`,
    'a fold of a line': `${base}x: a\r\n transfer-encoding: chunked\r\n${length}\r\n${OUTER}${INNER}`,
    'a fold before the first header': `POST /graphql HTTP/1.1\r\n host: 127.0.0.1:${port}\r\n${length}\r\n${OUTER}${INNER}`,
    'lines that end in LF': `${base}${length}\r\n`.replaceAll('\r\n', '\n') + OUTER + INNER,
    'one line that ends in LF': `${base}x: y\n${length}\r\n${OUTER}${INNER}`,
    'a line that ends in CR': `${base}x: y\rtransfer-encoding: chunked\r\n${length}\r\n${OUTER}${INNER}`,
    'a NUL in a value': `${base}x: a\0b\r\n${length}\r\n${OUTER}${INNER}`,
    'a chunk whose size is no number': `${base}transfer-encoding: chunked\r\n\r\n0x18\r\n${OUTER}\r\n0\r\n\r\n${INNER}`,
    'a chunk whose size passes 2⁶⁴': `${base}transfer-encoding: chunked\r\n\r\n1${'0'.repeat(17)}\r\n${OUTER}\r\n0\r\n\r\n${INNER}`,
    'a chunk that is longer than it says': `${base}transfer-encoding: chunked\r\n\r\n2\r\n${OUTER}\r\n0\r\n\r\n${INNER}`,
    'a chunk that ends in LF': `${base}transfer-encoding: chunked\r\n\r\n${chunk.replaceAll('\r\n', '\n')}${INNER}`,
    'no version': `POST /graphql\r\n${length}\r\n${OUTER}${INNER}`,
    'another version': `${base.replace('1.1', '3.0')}${length}\r\n${OUTER}${INNER}`,
    'no Host': `POST /graphql HTTP/1.1\r\ncontent-type: application/json\r\n${length}connection: close\r\n\r\n${OUTER}`,
    'another Host': `${base.replace('127.0.0.1', 'evil.example')}${length}connection: close\r\n\r\n${OUTER}`,
    'the address of another': `${base.replace('/graphql', 'http://evil.example/nowhere')}${length}connection: close\r\n\r\n${OUTER}`,
  };
  for (const [what, bytes] of Object.entries(hidden)) {
    const heard = await talk(port, bytes);
    const statuses = [...heard.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
    assert.ok(
      statuses.length >= 1 && statuses.length <= 2 && statuses.at(-1)! >= 400,
      `${what}: ${heard.slice(0, 200)}`,
    );
    assert.doesNotMatch(heard, /"event"/, what);
    assert.equal(eventCount(), size, what);
  }
  assert.match(
    await talk(port, `${base}${length}connection: close\r\n\r\n${OUTER}`),
    /"__typename":"Query"/,
    'and the plain one is answered',
  );
});

test('two Hosts are no Host, and headers of proxies mean nothing', async () => {
  const two = `GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nhost: evil.example\r\nconnection: close\r\n\r\n`;
  assert.match(await talk(port, two), /^HTTP\/1\.1 (400|403) /);
  const headers = {
    'x-forwarded-host': 'evil.example',
    'x-forwarded-for': '10.0.0.1',
    'x-http-method-override': 'DELETE',
    'x-original-url': '/nowhere',
    'x-principal': 'world',
  };
  assert.equal((await ask({ port, path: '/healthz', headers })).status, 200);
});

test('headers that come byte by byte are given up, and keep nobody out while they last', async () => {
  await using slow = await serveHost({ timeouts: { headersMs: 400 } });
  const head = `GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:${slow.port}\r\nx: `;
  const lorises = Array.from({ length: 40 }, () => {
    const socket = connect({ host: '127.0.0.1', port: slow.port });
    const { promise: heard, resolve } = Promise.withResolvers<string>();
    let text = '';
    let at = 0;
    const drip = setInterval(() => socket.write(head[at++] ?? 'y'), 20);
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('error', () => undefined); // told by its end
    socket.on('close', () => {
      clearInterval(drip);
      resolve(text);
    });
    return heard;
  });
  assert.equal((await ask({ port: slow.port, path: '/healthz' })).status, 200);
  for (const heard of lorises) assert.match(await heard, /^(HTTP\/1\.1 408 [^]*REQUEST_TIMED_OUT|$)/);
});
