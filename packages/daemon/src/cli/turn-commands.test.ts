/** `diff` between views, `undo`, `sws create --at`, `patch`: through a daemon on its socket, and in the folder itself. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runCtl, type CtlRun } from '@jitos/testkit/daemon/run-ctl.ts';
import { serveFolder, type ServedFolder } from '@jitos/testkit/daemon/serve-folder.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { patchText, type PatchSide } from './patch-file.ts';

const put = (key: string, set: object): object => ({ op: 'PutNode', data: { kind: 'task', key, set } });

for (const mode of ['with a daemon on the folder', 'without a daemon'] as const) {
  describe(`jitosctl ${mode}`, () => {
    const folder = makeTempFolder();
    let daemon: ServedFolder | undefined;

    before(async () => {
      if (mode === 'with a daemon on the folder') daemon = await serveFolder(join(folder.path, 'data'));
      await ok('world', 'create', 'lab');
    });
    after(async () => {
      await daemon?.close();
      folder.remove();
    });

    function ctl(...args: readonly string[]): Promise<CtlRun> {
      return runCtl(args, { workingDir: folder.path, environment: { JITOS_WORLD: 'lab' } });
    }

    async function ok(...args: readonly string[]): Promise<Record<string, unknown>> {
      const { status, stdout, stderr } = await ctl(...args, '--json');
      assert.deepEqual([status, stderr], [0, ''], args.join(' '));
      return JSON.parse(stdout) as Record<string, unknown>; // an object, as every answer is
    }

    async function write(...ops: readonly object[]): Promise<string> {
      const view = `sws:${String((await ok('sws', 'create'))['id'])}`;
      await ok('rewrite', '--view', view, '--ops', JSON.stringify(ops));
      return view;
    }

    /** The idx of the collapse. */
    async function commit(...ops: readonly object[]): Promise<number> {
      await ok('collapse', '--view', await write(...ops));
      const rewrites = (await ok('rewrites', '--first', '1000'))['rewrites'] as readonly { readonly id: string }[]; // its answer
      return Number(rewrites.at(-1)?.id);
    }

    async function digestOf(view: string): Promise<string> {
      return String((await ok('graph', '--view', view, '--digest'))['digest']);
    }

    test('a difference between views is told field by field', async () => {
      await commit(put('a', { state: 'new', by: 'ada' }), put('b', {}));
      const view = await write(
        put('a', { state: 'done' }),
        { op: 'PutNode', data: { kind: 'task', key: 'a', unset: ['by'] } },
        { op: 'AddNode', data: { kind: 'note', payload_b64: Buffer.from('hello').toString('base64') } },
      );
      const told = (await ctl('diff', '--view', view)).stdout;
      const lines = told
        .replaceAll(/[0-9a-f]{64}/g, 'ID')
        .split('\n')
        .toSorted();
      assert.deepEqual(lines, [
        '',
        '    by: "ada" → absent',
        '    payload: "hello"',
        '    state: "new" → "done"',
        '+ node note ID',
        '~ node task "a" ID',
      ]);
      const back = (await ctl('diff', '--view', 'system', '--against', view, '--kind', 'note')).stdout;
      assert.match(back, /^- node note [0-9a-f]{64}\n {4}payload: "hello" → absent\n$/);
      assert.equal((await ctl('diff', '--view', view, '--kind', 'file')).stdout, 'no difference\n');
    });

    test('a collapse is undone in a workspace that collapses', async () => {
      const digest = await digestOf('system');
      const idx = await commit(put('a', { state: 'undo me' }), put('c', {}));
      const undone = (await ok('undo', String(idx), '--request-id', 'u'))['sws'] as { readonly id: string }; // its answer
      assert.deepEqual((await ok('undo', String(idx), '--request-id', 'u'))['sws'], undone);
      assert.equal(await digestOf(`sws:${undone.id}`), digest);
      await ok('collapse', '--view', `sws:${undone.id}`);
      assert.equal(await digestOf('system'), digest);
    });

    test('what has changed since is told, with status 1, and no workspace is made', async () => {
      const idx = await commit(put('a', { state: 'old' }));
      await commit(put('a', { state: 'newer' }));
      const list = await ok('sws', 'list');
      const { status, stdout } = await ctl('undo', String(idx));
      assert.equal(status, 1);
      assert.match(stdout, /^not undone: .*\nCHANGED\tWAS\tIS\tID\nnode(?:\t[0-9a-f]{64}){3}\n$/);
      assert.deepEqual(await ok('sws', 'list'), list);
      const none = await ctl('undo', '0');
      assert.deepEqual([none.status, /COLLAPSE_NOT_FOUND[^]*at: <idx>/.test(none.stderr)], [4, true]);
    });

    test('a workspace is forked from System as it was', async () => {
      const digest = await digestOf('system');
      const idx = await commit(put('a', { state: 'later' }));
      const { id } = await ok('sws', 'create', '--at', String(idx - 1));
      assert.equal(await digestOf(`sws:${String(id)}`), digest);
      const late = await ctl('sws', 'create', '--at', '99999');
      assert.deepEqual([late.status, /EVENT_NOT_FOUND[^]*at: --at/.test(late.stderr)], [4, true]);
    });

    test('it is told who wrote an element, and each side of a conflict', async () => {
      const ops = JSON.stringify([put('w', { v: 1 })]);
      const view = `sws:${String((await ok('sws', 'create'))['id'])}`;
      await ok('rewrite', '--view', view, '--ops', ops, '--meta', '{"who":"ada"}');
      await ok('collapse', '--view', view, '--meta', '{"who":"bob"}');
      const late = await write(put('w', { v: 2 }));
      const theirs = await write(put('w', { v: 3 }));
      await ok('collapse', '--view', theirs);
      const aborted = await ctl('collapse', '--view', late, '--json');
      assert.equal(aborted.status, 1);
      const { conflicts } = JSON.parse(aborted.stdout) as { conflicts: readonly { readonly id: string }[] }; // its answer
      const element = conflicts[0]!.id;
      const writers = (await ok('rewrites', '--view', late))['rewrites'] as readonly { readonly id: string }[]; // its answer
      const idx = writers.at(-1)!.id;
      const sides = (await ctl('why', '--element', element, '--conflict', idx)).stdout;
      const views = [...sides.matchAll(/^view\t(.*)$/gm)].map(([, each]) => each);
      assert.deepEqual(views, [view, late, theirs]);
      const values = [...sides.matchAll(/^(base|ours|theirs) {2}(.*)$/gm)].map(([, side, value]) => [side, value]);
      assert.deepEqual(values, [
        ['base', 'v: 1'],
        ['ours', 'v: 2'],
        ['theirs', 'v: 3'],
      ]);
      const told = (await ctl('why', '--element', element, '--at', String(Number(idx) - 4))).stdout;
      assert.match(
        told,
        /^principal\tlocal\nmeta\t\{"who":"ada"\}\nop\tPutNode\ncarried by\t\d+ into system local \{"who":"bob"\}$/m,
      );
      assert.equal((await ctl('why', '--element', '0'.repeat(64))).stdout, 'nobody has written it\n');
      const refused = await ctl('why', '--element', element, '--conflict', '0');
      assert.deepEqual([refused.status, /COLLAPSE_NOT_FOUND[^]*at: --conflict/.test(refused.stderr)], [4, true]);
      const mistyped = await ctl('why', '--element', element, '--after', 'x');
      assert.deepEqual([mistyped.status, /CURSOR_INVALID[^]*at: --after/.test(mistyped.stderr)], [2, true]);
    });

    test('a patch is carried into another world, all of it or nothing', async () => {
      await ok('world', 'create', 'other');
      const digest = await digestOf('system');
      const { stdout } = await ctl('patch', 'export', '--from', '0');
      writeFileSync(join(folder.path, 'all.json'), stdout);
      const applied = await ok('patch', 'apply', 'all.json', '--world', 'other');
      assert.deepEqual([applied['rewrites'], applied['digest']], [1, digest]);
      const view = String(applied['view']);
      const again = await ctl('patch', 'apply', 'all.json', '--view', view, '--world', 'other');
      assert.deepEqual([again.status, again.stdout], [1, '']);
      assert.match(again.stderr, /^error EXPECTATION_FAILED[^]*at: all.json: ops\[0\]\.data\.expect\n/);
      const forced = await ok('patch', 'apply', 'all.json', '--view', view, '--world', 'other', '--force');
      assert.equal(forced['digest'], digest);
      await ok('collapse', '--view', view, '--world', 'other');
      assert.equal((await ok('graph', '--digest', '--world', 'other'))['digest'], digest);
    });

    test('a patch goes by way of a file, and back again', async () => {
      const digest = await digestOf('system');
      const view = await write(put('a', { state: 'patched' }), { op: 'AddNode', data: { kind: 'leaf' } });
      await ok('patch', 'export', '--view', view, '--out', 'there.json');
      await ok('patch', 'export', '--view', 'system', '--against', view, '--out', 'back.json');
      const there = await ok('patch', 'apply', 'there.json', '--request-id', 'p');
      assert.equal(there['digest'], await digestOf(view));
      assert.deepEqual(await ok('patch', 'apply', 'there.json', '--request-id', 'p'), there);
      const back = await ok('patch', 'apply', 'back.json', '--view', String(there['view']));
      assert.equal(back['digest'], digest);
    });

    test('more than one rewrite goes into a new workspace, and leaves none where one is refused', async () => {
      const side: PatchSide = { view: 'system', at: 0, digest: '0'.repeat(64), snapshotId: '0'.repeat(64) };
      const leaves = Array.from({ length: 10_001 }, (_, i) => ({
        op: 'AddNode',
        data: { kind: 'leaf', payload_b64: Buffer.from(`${i}`).toString('base64') },
      }));
      const bad = { op: 'AddNode', data: { kind: 'leaf', payload_b64: 'MA==', expect: { absent: true } } };
      const text = (ops: readonly object[]): string =>
        patchText({ world: 'elsewhere', from: side, to: side, ops: JSON.parse(JSON.stringify(ops)) as [] }); // JSON is JSON
      writeFileSync(join(folder.path, 'large.json'), text(leaves));
      writeFileSync(join(folder.path, 'bad.json'), text([...leaves, bad]));
      const { id } = await ok('sws', 'create');
      const named = await ctl('patch', 'apply', 'large.json', '--view', `sws:${String(id)}`);
      assert.deepEqual([named.status, /USAGE: .*2 rewrites[^]*at: --view/.test(named.stderr)], [2, true]);
      const large = await ok('patch', 'apply', 'large.json');
      assert.equal(large['rewrites'], 2);
      const list = await ok('sws', 'list');
      const refused = await ctl('patch', 'apply', 'bad.json');
      assert.match(refused.stderr, /^error EXPECTATION_FAILED[^]*at: bad.json: ops\[10001\]\.data\.expect\n/);
      assert.deepEqual(await ok('sws', 'list'), list);
      assert.equal((await ok('patch', 'apply', 'bad.json', '--force'))['digest'], large['digest']);
    });
  });
}
