import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { pino } from 'pino';
import { ask, reasonOf, talk, type RawRequest } from '@jitos/testkit/servers/raw-http.ts';
import { NO_IMPORTS, serveHost, type ServedHost } from '@jitos/testkit/servers/serve-host.ts';
import type { ImportStatus } from '../../planes/git/import-jobs.ts';
import { Failure } from '../../errors/failure.ts';
import type { WorldStatus } from './world-status.ts';

const shared = await serveHost();
after(() => shared[Symbol.asyncDispose]());
const { port } = shared;

const JSON_BODY = { 'content-type': 'application/json' };
const CREATE_SWS = JSON.stringify({ query: 'mutation { createSws { sws { id } } }' });
const QUERY = JSON.stringify({ query: '{ kernelInfo { version } }' });

async function refused(request: Omit<RawRequest, 'port'>): Promise<[status: number, reason: string]> {
  const answer = await ask({ port, ...request });
  assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8');
  return [answer.status, reasonOf(answer)];
}

test('every answer forbids guessing its type, keeping it, and reading it from elsewhere', async () => {
  for (const path of ['/', '/healthz', '/v1/worlds', '/nowhere', '/graphql']) {
    const { headers } = await ask({ port, path });
    assert.equal(headers['x-content-type-options'], 'nosniff', path);
    assert.equal(headers['cache-control'], 'no-store', path);
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin', path);
    assert.equal(headers['access-control-allow-origin'], undefined, path);
  }
});

test('another Host or Origin is refused on every route, before anything is done', async () => {
  const { size } = shared.host.mustGetWorld('main').loop.world.history;
  const body = JSON.stringify({ query: 'mutation { createSws { sws { id } } }' });
  for (const path of ['/graphql', '/w/main/graphql', '/v1/worlds', '/v1/imports', '/nowhere']) {
    const request = { method: 'POST', path, body };
    assert.deepEqual(await refused({ ...request, headers: { ...JSON_BODY, host: `evil.example:${port}` } }), [
      403,
      'HOST_REFUSED host',
    ]);
    assert.deepEqual(await refused({ ...request, headers: { ...JSON_BODY, origin: 'http://evil.example' } }), [
      403,
      'ORIGIN_REFUSED origin',
    ]);
    assert.deepEqual(await refused({ ...request, headers: { ...JSON_BODY, origin: 'null' } }), [
      403,
      'ORIGIN_REFUSED origin',
    ]);
    assert.deepEqual(await refused({ ...request, headers: { ...JSON_BODY, 'sec-fetch-site': 'cross-site' } }), [
      403,
      'ORIGIN_REFUSED sec-fetch-site',
    ]);
  }
  assert.equal(shared.host.mustGetWorld('main').loop.world.history.size, size);
  assert.equal(
    (
      await ask({
        port,
        method: 'POST',
        path: '/graphql',
        headers: { ...JSON_BODY, origin: `http://127.0.0.1:${port}` },
        body: QUERY,
      })
    ).status,
    200,
  );
});

test('what a page of another site can send without asking is not taken', async () => {
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/graphql',
    'application/json; charset=latin1',
    '',
  ]) {
    const headers = type === '' ? {} : { 'content-type': type };
    const answer = await ask({ port, method: 'POST', path: '/graphql', headers, body: QUERY });
    assert.equal(answer.status, 415, type);
    assert.equal(reasonOf(answer), 'MEDIA_TYPE_REFUSED content-type', type);
  }
  for (const type of ['application/json', 'application/json; charset=utf-8', 'application/json;charset="UTF-8"']) {
    assert.equal(
      (await ask({ port, method: 'POST', path: '/graphql', headers: { 'content-type': type }, body: QUERY })).status,
      200,
      type,
    );
  }
  assert.deepEqual(
    await refused({
      method: 'OPTIONS',
      path: '/graphql',
      headers: { origin: `http://127.0.0.1:${port}`, 'access-control-request-method': 'POST' },
    }),
    [405, 'METHOD_REFUSED method'],
  );
});

test('routes and methods that do not exist say so', async () => {
  assert.deepEqual(await refused({ path: '/nowhere' }), [404, 'ROUTE_NOT_FOUND path']);
  assert.deepEqual(await refused({ path: '/graphql/' }), [404, 'ROUTE_NOT_FOUND path']);
  assert.deepEqual(await refused({ path: '/w//graphql' }), [404, 'WORLD_NOT_FOUND world']);
  assert.deepEqual(await refused({ path: '/w/%2e%2e/graphql?query={a}' }), [404, 'WORLD_NOT_FOUND world']);
  assert.deepEqual(await refused({ path: '/w/%E0%A4%A/graphql' }), [404, 'ROUTE_NOT_FOUND path']);
  assert.deepEqual(await refused({ path: `/w/${'a'.repeat(5000)}/graphql` }), [404, 'ROUTE_NOT_FOUND path']);
  assert.deepEqual(await refused({ path: '/../../etc/passwd' }), [404, 'ROUTE_NOT_FOUND path']);
  for (const method of ['PUT', 'DELETE', 'PATCH']) {
    const answer = await ask({
      port,
      method,
      path: '/v1/worlds',
      headers: { 'content-type': 'text/plain' },
      body: 'x',
    });
    assert.deepEqual(
      [answer.status, reasonOf(answer), answer.headers.allow],
      [405, 'METHOD_REFUSED method', 'GET, POST'],
    );
  }
  assert.equal(
    (await ask({ port, method: 'POST', path: '/healthz', headers: JSON_BODY, body: '{}' })).headers.allow,
    'GET',
  );
});

test('bodies that are broken or too large are refused', async () => {
  const post = (path: string, body: string | Uint8Array): Promise<[number, string]> =>
    refused({ method: 'POST', path, headers: JSON_BODY, body });
  assert.deepEqual(await post('/v1/worlds', '{'), [400, 'BODY_MALFORMED']);
  assert.deepEqual(await post('/v1/worlds', ''), [400, 'BODY_MALFORMED']);
  assert.deepEqual(await post('/v1/worlds', '[]'), [400, 'BODY_MALFORMED']);
  assert.deepEqual(await post('/v1/worlds', Buffer.from('{"name":"\xff"}', 'latin1')), [400, 'BODY_MALFORMED']);
  assert.deepEqual(await post('/v1/worlds', JSON.stringify({ name: 'x'.repeat(65_536) })), [
    413,
    'REQUEST_TOO_LARGE body',
  ]);
  assert.deepEqual(await post('/graphql', JSON.stringify({ query: 'x'.repeat(16_777_216) })), [
    413,
    'REQUEST_TOO_LARGE body',
  ]);
  const chunked = { ...JSON_BODY, 'transfer-encoding': 'chunked' };
  assert.deepEqual(await refused({ method: 'POST', path: '/v1/worlds', headers: chunked, body: 'x'.repeat(70_000) }), [
    413,
    'REQUEST_TOO_LARGE body',
  ]);
});

test('what is no HTTP is answered with an error all the same, and the connection ends', async () => {
  const head = await talk(port, `GET / HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`);
  assert.match(head, /^HTTP\/1\.1 413 REQUEST_TOO_LARGE\r\n/);
  assert.match(head, /"reason":"REQUEST_TOO_LARGE","code":"INVALID_INPUT","place":"headers"/);
  assert.match(await talk(port, 'nonsense\r\n\r\n'), /^HTTP\/1\.1 400 BODY_MALFORMED\r\n/);
  assert.match(await talk(port, 'GET / HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 403 Forbidden\r\n/);
  const smuggled = `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`;
  assert.match(await talk(port, smuggled), /^HTTP\/1\.1 400 BODY_MALFORMED\r\n/);
});

test('worlds are made, listed and told of', async () => {
  const make = (body: object): Promise<[number, string]> =>
    refused({ method: 'POST', path: '/v1/worlds', headers: JSON_BODY, body: JSON.stringify(body) });
  const made = await ask({ port, method: 'POST', path: '/v1/worlds', headers: JSON_BODY, body: '{"name":"made-1"}' });
  assert.equal(made.status, 201);
  const status = JSON.parse(made.body) as WorldStatus;
  const { digest, snapshotId } = status;
  assert.deepEqual(status, {
    name: 'made-1',
    digest,
    snapshotId,
    idx: 0,
    rewriteCount: 0,
    openWorkspaces: 0,
    nodeCount: 0,
    edgeCount: 0,
    eventsPerSecond: 0,
  });
  assert.match(digest + snapshotId, /^[0-9a-f]{128}$/);
  const listed = JSON.parse((await ask({ port, path: '/v1/worlds' })).body) as { worlds: WorldStatus[] };
  assert.deepEqual(
    listed.worlds.map(({ name }) => name),
    ['made-1', 'main'],
  );
  assert.equal((await ask({ port, path: '/v1/worlds/made-1' })).body, made.body);
  assert.deepEqual(await refused({ path: '/v1/worlds/none' }), [404, 'WORLD_NOT_FOUND world']);
  assert.deepEqual(await make({ name: 'made-1' }), [409, 'WORLD_EXISTS name']);
  assert.deepEqual(await make({ name: '../x' }), [422, 'WORLD_NAME_INVALID name']);
  assert.deepEqual(await make({ name: 'x'.repeat(64) }), [422, 'WORLD_NAME_INVALID name']);
  assert.deepEqual(await make({ name: 5 }), [422, 'FORMAT_INVALID name']);
  assert.deepEqual(await make({}), [422, 'FORMAT_INVALID name']);
  assert.deepEqual(await make({ name: 'x', other: 1 }), [422, 'FIELD_UNKNOWN other']);
});

test('a world’s numbers follow what is written', async () => {
  await using served = await serveHost();
  const graphql = (query: string): Promise<unknown> =>
    ask({ port: served.port, method: 'POST', path: '/graphql', headers: JSON_BODY, body: JSON.stringify({ query }) });
  await graphql('mutation { createSws { sws { id } } }');
  await graphql(
    'mutation { applyRewrite(view: {kind: SWS, swsId: 0}, rewrite: {ops: [{op: "AddNode", data: {kind: "k"}}]}) { accepted } }',
  );
  const before = JSON.parse((await ask({ port: served.port, path: '/v1/worlds/main' })).body) as WorldStatus;
  assert.deepEqual([before.idx, before.rewriteCount, before.openWorkspaces, before.nodeCount], [2, 1, 1, 0]);
  assert.ok(before.eventsPerSecond > 0);
  await graphql('mutation { collapseSws(input: {swsId: 0}) { committed } }');
  const later = JSON.parse((await ask({ port: served.port, path: '/v1/worlds/main' })).body) as WorldStatus;
  assert.deepEqual([later.idx, later.rewriteCount, later.openWorkspaces, later.nodeCount], [3, 2, 0, 1]);
  assert.notEqual(later.digest, before.digest);
});

test('imports are started, listed and told of by number', async () => {
  const status: ImportStatus = {
    id: 3,
    world: 'w',
    repository: '/repo',
    state: 'running',
    commitsDone: 0,
    commitsTotal: null,
    commitsImported: 0,
    commitsPerSecond: 0,
    eventsPerSecond: 0,
    digest: null,
    error: null,
  };
  const asked: unknown[] = [];
  await using served = await serveHost({
    imports: {
      start: (request) => {
        asked.push(request);
        if (request.repository === '/broken')
          return Promise.reject(new Failure('REPOSITORY_INVALID', 'repository', 'no commits'));
        return Promise.resolve(status);
      },
      get: (id) => (id === status.id ? status : undefined),
      list: () => [status],
    },
  });
  const post = async (body: object): Promise<[number, string]> => {
    const answer = await ask({
      port: served.port,
      method: 'POST',
      path: '/v1/imports',
      headers: JSON_BODY,
      body: JSON.stringify(body),
    });
    return [answer.status, answer.status < 400 ? answer.body : reasonOf(answer)];
  };
  const told = JSON.stringify(status);
  assert.deepEqual(await post({ repository: '/repo' }), [202, told]);
  assert.deepEqual(await post({ repository: '/repo', world: 'w' }), [202, told]);
  assert.deepEqual(asked, [
    { repository: '/repo', world: null },
    { repository: '/repo', world: 'w' },
  ]);
  assert.deepEqual(await post({ repository: '/broken' }), [422, 'REPOSITORY_INVALID repository']);
  assert.deepEqual(await post({}), [422, 'FORMAT_INVALID repository']);
  assert.deepEqual(await post({ repository: 5 }), [422, 'FORMAT_INVALID repository']);
  assert.deepEqual(await post({ repository: '/repo', branch: 'x' }), [422, 'FIELD_UNKNOWN branch']);
  const get = async (path: string): Promise<string> => {
    const answer = await ask({ port: served.port, path });
    return answer.status < 400 ? answer.body : `${answer.status} ${reasonOf(answer)}`;
  };
  assert.equal(await get('/v1/imports'), `{"imports":[${told}]}`);
  assert.equal(await get('/v1/imports/3'), told);
  for (const id of ['4', '-1', 'x', '3.0', '0x3'])
    assert.equal(await get(`/v1/imports/${id}`), '404 IMPORT_NOT_FOUND id');
});

test('health is bad when a world takes no commands any more, and says why', async () => {
  await using served = await serveHost();
  const { pid } = process;
  assert.deepEqual((await ask({ port: served.port, path: '/healthz' })).body, JSON.stringify({ status: 'ok', pid }));
  const { loop } = served.host.mustGetWorld('main');
  Object.defineProperty(loop, 'failure', { get: () => new Failure('LOG_FAILED', '', 'the disk is gone') });
  const answer = await ask({ port: served.port, path: '/healthz' });
  assert.deepEqual([answer.status, reasonOf(answer)], [503, 'LOG_FAILED world main']);
  assert.equal((JSON.parse(answer.body) as { pid: number }).pid, pid); // of the answer that was just checked
});

test('a server is ready while every world takes commands, and says all that keeps it from that', async () => {
  await using served = await serveHost();
  const { pid } = process;
  const ready = await ask({ port: served.port, path: '/readyz' });
  assert.deepEqual([ready.status, JSON.parse(ready.body)], [200, { status: 'ready', pid, worlds: 1 }]);
  await served.host.createWorld('lab');
  for (const name of ['main', 'lab']) {
    const { loop } = served.host.mustGetWorld(name);
    Object.defineProperty(loop, 'refusal', { get: () => new Failure('LOG_FULL', '', `no room for ${name}`) });
  }
  const answer = await ask({ port: served.port, path: '/readyz' });
  assert.deepEqual([answer.status, reasonOf(answer)], [503, 'LOG_FULL world lab']);
  const { unready } = JSON.parse(answer.body) as { readonly unready: unknown };
  assert.deepEqual(unready, [
    { reason: 'LOG_FULL', place: 'world lab', detail: 'no room for lab' },
    { reason: 'LOG_FULL', place: 'world main', detail: 'no room for main' },
  ]);
});

test('health is bad while a log is full, and good again once it takes a write', async () => {
  await using served = await serveHost();
  const { log } = served.host.mustGetWorld('main');
  const append = log.append.bind(log);
  const create = { method: 'POST', path: '/graphql', headers: JSON_BODY, body: CREATE_SWS, port: served.port };
  const health = async (): Promise<[number, string]> => {
    const answer = await ask({ port: served.port, path: '/healthz' });
    return [answer.status, answer.status === 200 ? 'ok' : reasonOf(answer)];
  };
  log.append = () => {
    throw new Failure('LOG_FULL', 'somewhere', 'no room');
  };
  assert.deepEqual(await health(), [200, 'ok']);
  assert.match((await ask(create)).body, /"reason":"LOG_FULL"/);
  assert.deepEqual(await health(), [503, 'LOG_FULL world main']);
  log.append = append;
  assert.match((await ask(create)).body, /"id":"0"/);
  assert.deepEqual(await health(), [200, 'ok']);
});

test('a bug is told as one, without what it says, and logged', async () => {
  const lines: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  await using served = await serveHost({
    logger,
    imports: {
      ...NO_IMPORTS,
      list: () => {
        throw new TypeError('secret thing');
      },
    },
  });
  const answer = await ask({ port: served.port, path: '/v1/imports' });
  assert.equal(answer.status, 500);
  assert.equal(reasonOf(answer), 'BUG');
  assert.equal(answer.body.includes('secret'), false);
  assert.ok(lines.some((line) => line.includes('secret thing')));
  assert.ok(lines.every((line) => typeof JSON.parse(line) === 'object'));
});

test('requests are logged when asked for, by route, without what they carry', async () => {
  const lines: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  {
    await using served = await serveHost({ logger });
    await ask({
      port: served.port,
      path: '/graphql?query=%7BsecretField%7D',
      headers: { authorization: 'Bearer secretToken' },
    });
  }
  const text = lines.join('');
  assert.match(text, /"route":"\/graphql","status":200/);
  assert.equal(text.includes('secret'), false);
});

/** A kept connection with a request whose body is still on its way. */
async function beginRequest(served: ServedHost): Promise<{ finish: (more: string) => void; ended: Promise<string> }> {
  const socket = connect({ host: '127.0.0.1', port: served.port });
  let heard = '';
  const ended = new Promise<string>((resolve) => socket.on('close', () => resolve(heard)));
  const answered = new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      heard += chunk.toString();
      if (heard.includes('"ok"')) resolve();
    });
  });
  const host = `host: 127.0.0.1:${served.port}`;
  socket.write(`GET /healthz HTTP/1.1\r\n${host}\r\n\r\n`);
  await answered;
  const head = `POST /graphql HTTP/1.1\r\n${host}\r\ncontent-type: application/json\r\ncontent-length: ${QUERY.length}`;
  socket.write(`${head}\r\n\r\n${QUERY.slice(0, 5)}`);
  return { finish: (more) => void socket.write(QUERY.slice(5) + more), ended };
}

test('closing answers what is under way, refuses what is new, and ends kept connections', async () => {
  const served = await serveHost();
  const one = await beginRequest(served);
  const other = await beginRequest(served);
  await ask({ port: served.port, path: '/healthz' });
  const start = performance.now();
  const closed = served.server.close();
  assert.equal(served.server.close(), closed);
  // What was begun is answered; what comes after it on the same connection is told to come again.
  one.finish(`GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:${served.port}\r\n\r\n`);
  other.finish('');
  assert.match(await one.ended, /"kernelInfo"[^]*503 Service Unavailable[^]*"SHUTTING_DOWN"/);
  assert.match(await other.ended, /"kernelInfo"/);
  await closed;
  assert.ok(performance.now() - start < 4000, 'no connection was waited for');
  await assert.rejects(ask({ port: served.port }));
  await served[Symbol.asyncDispose]();
});
