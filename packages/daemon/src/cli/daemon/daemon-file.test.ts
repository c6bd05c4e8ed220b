import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { spawnSync } from 'node:child_process';
import { test, type TestContext } from 'node:test';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { daemonFilePath, readDaemonFile, removeDaemonFile, writeDaemonFile, type DaemonFile } from './daemon-file.ts';
import { findDaemon } from './find-daemon.ts';

function withFolder(
  work: (dataDir: string, t: TestContext) => Promise<void> | void,
): (t: TestContext) => Promise<void> {
  return async (t) => {
    const folder = makeTempFolder();
    try {
      await work(folder.path, t);
    } finally {
      folder.remove();
    }
  };
}

const OWN: DaemonFile = { address: 'http://127.0.0.1:8080', pid: process.pid, tokenFile: null };

test(
  'the file is written whole, for its owner alone, and replaces another',
  withFolder((dataDir) => {
    writeDaemonFile(dataDir, { ...OWN, pid: 1 });
    writeDaemonFile(dataDir, OWN);
    assert.deepEqual(JSON.parse(readFileSync(daemonFilePath(dataDir), 'utf8')), OWN);
    assert.equal(statSync(daemonFilePath(dataDir)).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(dataDir), ['daemon.json']);
  }),
);

test(
  'a file that others could have written, or a link, is not believed',
  withFolder((dataDir) => {
    writeDaemonFile(dataDir, OWN);
    chmodSync(daemonFilePath(dataDir), 0o644);
    assert.equal(readDaemonFile(dataDir), undefined);
    chmodSync(daemonFilePath(dataDir), 0o600);
    assert.deepEqual(readDaemonFile(dataDir), OWN);
    renameSync(daemonFilePath(dataDir), `${dataDir}/elsewhere`);
    symlinkSync(`${dataDir}/elsewhere`, daemonFilePath(dataDir));
    assert.equal(readDaemonFile(dataDir), undefined);
  }),
);

test(
  'a daemon removes its own file and no other',
  withFolder((dataDir) => {
    writeDaemonFile(dataDir, { ...OWN, pid: process.pid + 1 });
    removeDaemonFile(dataDir);
    assert.deepEqual(readdirSync(dataDir), ['daemon.json']);
    writeDaemonFile(dataDir, OWN);
    removeDaemonFile(dataDir);
    assert.deepEqual(readdirSync(dataDir), []);
    removeDaemonFile(dataDir);
  }),
);

test(
  'what is no such file is read as none',
  withFolder((dataDir) => {
    assert.equal(readDaemonFile(dataDir), undefined);
    for (const text of [
      '',
      '{',
      'null',
      '{"address":"file:///x","pid":1,"tokenFile":null}',
      '{"address":"http://h:1","pid":0}',
    ]) {
      writeFileSync(daemonFilePath(dataDir), text, { mode: 0o600 });
      assert.equal(readDaemonFile(dataDir), undefined, text);
    }
  }),
);

test(
  'a daemon is found where its process lives and is the one that answers',
  withFolder(async (dataDir, t) => {
    let status = 200;
    const well = JSON.stringify({ status: 'ok', pid: process.pid });
    let body = well;
    const server = createServer((_request, response) => response.writeHead(status).end(body)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const file = { ...OWN, address: `http://127.0.0.1:${port}` };
    try {
      assert.equal(await findDaemon(dataDir), undefined, 'no file');
      writeDaemonFile(dataDir, file);
      assert.deepEqual(await findDaemon(dataDir), file);
      [status, body] = [503, JSON.stringify({ error: { reason: 'LOG_FAILED' }, pid: process.pid })];
      assert.deepEqual(await findDaemon(dataDir), file, 'an ill daemon is one, too');
      [status, body] = [200, '<html>'];
      assert.equal(await findDaemon(dataDir), undefined, 'something else took the port');
      [status, body] = [200, JSON.stringify({ status: 'ok', pid: process.pid + 1 })];
      assert.equal(await findDaemon(dataDir), undefined, 'the daemon of another folder took the port');
      [status, body] = [200, well];
      const { mock } = t.mock.method(process, 'kill', () => {
        throw Object.assign(new Error('not permitted'), { code: 'EPERM' });
      });
      assert.equal(await findDaemon(dataDir), undefined, 'another user has the port and the number');
      mock.restore();
      writeDaemonFile(dataDir, { ...file, pid: spawnSync('true').pid });
      assert.equal(await findDaemon(dataDir), undefined, 'the process is gone');
    } finally {
      server.close();
      server.closeAllConnections();
    }
    writeDaemonFile(dataDir, file);
    assert.equal(await findDaemon(dataDir), undefined, 'nobody listens');
  }),
);
