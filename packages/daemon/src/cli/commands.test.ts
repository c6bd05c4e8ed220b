import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runCtl, type CtlRun, type CtlSurroundings } from '@jitos/testkit/daemon/run-ctl.ts';
import { addSampleCommits, makeSampleRepository } from '@jitos/testkit/daemon/sample-repository.ts';
import { serveFolder, type ServedFolder } from '@jitos/testkit/daemon/serve-folder.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { MAIN_WORLD } from '../engine/host.ts';
import { WORLD_DEFAULT } from './flags.ts';

const HEX = /^[0-9a-f]{64}$/;
const ADD_HELLO = '{"op":"AddNode","data":{"kind":"note","payload_b64":"aGVsbG8="}}';
const putName = (name: string): string =>
  JSON.stringify({ op: 'PutNode', data: { kind: 'user', key: 'u1', set: { name } } });

test("the commands' own name for the main world is the host's", () => {
  assert.equal(WORLD_DEFAULT, MAIN_WORLD);
});

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

    /** Runs a command in the folder that holds `data`, about the world `lab` unless it names one. */
    function ctl(args: readonly string[], surroundings: Partial<CtlSurroundings> = {}): Promise<CtlRun> {
      return runCtl(args, { workingDir: folder.path, environment: { JITOS_WORLD: 'lab' }, ...surroundings });
    }

    /** The JSON that a command answers, which must succeed and say nothing else. */
    async function ok(...args: readonly string[]): Promise<Record<string, unknown>> {
      const { status, stdout, stderr } = await ctl([...args, '--json']);
      assert.deepEqual([status, stderr], [0, ''], args.join(' '));
      assert.equal(stdout.split('\n').length, 2, 'one line');
      return JSON.parse(stdout) as Record<string, unknown>; // an object, as every answer is
    }

    async function newSws(): Promise<string> {
      return String((await ok('sws', 'create'))['id']);
    }

    async function digestOf(view: string): Promise<string> {
      return String((await ok('graph', '--view', view, '--digest'))['digest']);
    }

    test('a workspace is made, written, shown, listed and collapsed', async () => {
      const system = await digestOf('system');
      await newSws();
      const created = await ok('sws', 'create', '--meta', '{"who":"ada"}');
      const id = String(created['id']);
      const view = `sws:${id}`;
      assert.match(String(created['parentSnapshotId']), HEX);
      assert.deepEqual(created, {
        world: 'lab',
        id,
        state: 'ACTIVE',
        parentSnapshotId: created['parentSnapshotId'],
        meta: { who: 'ada' },
        parent: null,
        children: [],
        opCount: 0,
        abortCount: 0,
        needsAttention: false,
      });

      const applied = await ok('rewrite', '--view', view, '--ops', ADD_HELLO);
      const receipt = applied['receipt'] as Record<string, string>; // two texts
      assert.deepEqual(applied, { world: 'lab', view, accepted: true, receipt });
      assert.deepEqual(Object.keys(receipt), ['rewriteIdx', 'viewDigest']);
      assert.equal(await digestOf(view), receipt['viewDigest']);
      assert.equal(await digestOf('system'), system, 'System has not moved');

      const shown = await ok('sws', 'show', id);
      const written = { ...created, world: 'lab', opCount: 1 };
      const base = { kind: 'SYSTEM', swsId: null, snapshotId: created['parentSnapshotId'] };
      assert.deepEqual(shown, { ...written, digest: receipt['viewDigest'], snapshotId: shown['snapshotId'], base });
      const listed = await ok('sws', 'list', '--first', '1', '--after', String(Number(id) - 1));
      const { world, ...entry } = written;
      assert.deepEqual(listed, { world, sws: [entry] });

      const collapsed = await ok('collapse', id);
      assert.deepEqual(Object.keys(collapsed), [
        'world',
        'view',
        'preview',
        'committed',
        'systemSnapshotId',
        'receipt',
        'conflicts',
        'report',
        'elements',
      ]);
      assert.deepEqual([collapsed['view'], collapsed['committed'], collapsed['conflicts']], [view, true, []]);
      assert.equal(await digestOf('system'), receipt['viewDigest'], 'System is what the workspace was');
      const ended = await ok('sws', 'show', view);
      assert.deepEqual([ended['state'], ended['digest']], ['COLLAPSED', null]);
      const { rewrites } = (await ok('rewrites', '--view', view)) as {
        rewrites: readonly { ops: readonly { op: string }[] }[];
      };
      assert.deepEqual(
        rewrites.map(({ ops }) => ops.map(({ op }) => op)),
        [['AddNode'], ['COLLAPSE']],
      );
    });

    test('what is too large to be sent is told of by the file that it stands in', async () => {
      const id = await newSws();
      const payload = 'a'.repeat(16_777_216);
      writeFileSync(
        join(folder.path, 'large.json'),
        `{"op":"AddNode","data":{"kind":"note","payload_b64":"${payload}"}}`,
      );
      const { status, stdout, stderr } = await ctl([
        'rewrite',
        '--view',
        `sws:${id}`,
        '--file',
        'large.json',
        '--json',
      ]);
      const { error } = JSON.parse(stderr) as { error: { reason: string; place: string } };
      // Without a daemon there is no body: the kernel refuses the payload.
      const expected =
        daemon === undefined
          ? ['PAYLOAD_TOO_LARGE', 'large.json[0].data.payload_b64']
          : ['REQUEST_TOO_LARGE', 'large.json'];
      assert.deepEqual([status, stdout, error.reason, error.place], [2, '', ...expected]);
    });

    test('a collapse that conflicts is told apart by its status, and says on what', async () => {
      const [first, second] = [await newSws(), await newSws()];
      await ok('rewrite', '--view', `sws:${first}`, '--ops', putName('Ada'));
      await ok('rewrite', '--view', `sws:${second}`, '--ops', putName('Grace'));
      await ok('collapse', first);
      const { status, stdout, stderr } = await ctl(['collapse', '--view', `sws:${second}`, '--json']);
      const { committed, conflicts } = JSON.parse(stdout) as {
        committed: boolean;
        conflicts: readonly { class: string }[];
      };
      assert.deepEqual([status, stderr, committed, conflicts.length], [1, '', false, 1]);
      const told = await ctl(['collapse', second], { isTerminal: true });
      assert.equal(told.status, 1);
      assert.match(told.stdout, /collapse +aborted\n[^]*\nboth-changed node /);
      await ok('sws', 'discard', second, '--reason', 'lost');
      assert.equal((await ok('sws', 'show', second))['state'], 'DISCARDED');
    });

    test('ops come from a flag, a file, a shorthand or standard input, one of them or many', async () => {
      const view = `sws:${await newSws()}`;
      writeFileSync(join(folder.path, 'ops.json'), `[${ADD_HELLO}]`);
      const ways: readonly (readonly [args: readonly string[], input?: string])[] = [
        [['--ops', `[${ADD_HELLO}]`]],
        [['--file', 'ops.json']],
        [['--add-node', 'note=hello']],
        [[], ADD_HELLO],
      ];
      const digests = new Set<string>();
      for (const [args, input] of ways) {
        const run = await ctl(['rewrite', '--view', view, ...args, '--json'], input === undefined ? {} : { input });
        assert.equal(run.status, 0, run.stderr);
        digests.add((JSON.parse(run.stdout) as { receipt: { viewDigest: string } }).receipt.viewDigest);
      }
      assert.equal(digests.size, 1, 'each adds the same node');
    });

    test('the same request id acts once', async () => {
      const create = ['sws', 'create', '--request-id', 'make-one', '--meta', '{"who":"ada"}'];
      const first = await ok(...create);
      assert.deepEqual(await ok(...create), first);
      const write = [
        'rewrite',
        '--view',
        `sws:${String(first['id'])}`,
        '--add-node',
        'note=once',
        '--request-id',
        'write-one',
      ];
      assert.deepEqual(await ok(...write), await ok(...write));
      const { rewrites } = (await ok('rewrites', '--view', `sws:${String(first['id'])}`)) as {
        rewrites: readonly unknown[];
      };
      assert.equal(rewrites.length, 1);
    });

    test('a graph is paged, each cursor leading to the rest', async () => {
      await ok('world', 'create', 'paged');
      await ok('sws', 'create', '--world', 'paged');
      const adds = ['a', 'b', 'c'].flatMap((text) => ['--add-node', `note=${text}`]);
      await ok('rewrite', '--world', 'paged', '--view', 'sws:0', ...adds);
      const page = async (...args: readonly string[]): Promise<readonly [readonly string[], string]> => {
        const { nodes } = (await ok('graph', '--world', 'paged', '--view', 'sws:0', ...args)) as {
          nodes: { nodes: readonly { id: string }[]; pageInfo: { endCursor: string } };
        };
        return [nodes.nodes.map(({ id }) => id), nodes.pageInfo.endCursor];
      };
      const [all] = await page('--nodes', '10');
      const [firstTwo, cursor] = await page('--nodes', '2');
      const [rest] = await page('--nodes-after', cursor);
      assert.equal(all.length, 3);
      assert.deepEqual([...firstTwo, ...rest], all);
      const text = await ctl(['graph', '--world', 'paged', '--view', 'sws:0', '--nodes', '2', '--edges', '1']);
      assert.match(
        text.stdout,
        new RegExp(
          `^world\\tpaged\nview\\tsws:0\ndigest\\t[0-9a-f]{64}\n[^]*\n${firstTwo[1]}\\tnote\\t.*\nmore: --nodes-after `,
        ),
      );
    });

    test('a git history is imported once, and afterwards only what is new', async () => {
      const repository = join(folder.path, 'some.project');
      makeSampleRepository(repository, 12);
      const first = await ok('import', 'git', repository, '--world', 'imported');
      assert.deepEqual([first['world'], first['state'], first['commitsImported']], ['imported', 'done', 12]);
      const digest = await ok('graph', '--world', 'imported', '--digest');
      assert.equal(first['digest'], digest['digest']);
      const second = await ctl(['import', 'git', 'some.project', '--world', 'imported']);
      assert.match(
        second.stdout,
        new RegExp(`^world\\timported\ndigest\\t${String(digest['digest'])}\ncommits imported\\t0, nothing new\n$`),
      );
      addSampleCommits(repository, 12, 3);
      assert.equal((await ok('import', 'git', 'some.project', '--world', 'imported'))['commitsImported'], 3);
      const named = await ctl(['import', 'git', repository, '--json'], { environment: {} });
      assert.equal((JSON.parse(named.stdout) as { world: string }).world, 'some-project', 'named after its folder');
    });

    test('worlds are listed with where they stand', async () => {
      const { worlds } = (await ok('world', 'list')) as {
        worlds: readonly { name: string; digest: string; idx: number }[];
      };
      const names = worlds.map(({ name }) => name);
      assert.deepEqual(names, names.toSorted());
      assert.deepEqual(
        ['lab', 'main'].filter((name) => !names.includes(name)),
        [],
      );
      const main = worlds.find(({ name }) => name === 'main');
      assert.equal(main?.idx, 0, 'nothing was written to main');
      const { stdout } = await ctl(['world', 'list']);
      assert.match(stdout, new RegExp(`^WORLD\\tEVENTS\\tDIGEST\\n[^]*^main\\t1\\t${main?.digest}$`, 'm'));
      const table = await ctl(['world', 'list'], { isTerminal: true });
      assert.match(table.stdout, /^WORLD +EVENTS +DIGEST\n/);
    });

    const failures: readonly (readonly [words: string, reason: string, place: string, status: number])[] = [
      ['graph --world nowhere', 'WORLD_NOT_FOUND', '--world', 4],
      ['sws show 999', 'WORKSPACE_NOT_FOUND', '<sws>', 4],
      ['sws show --view sws:999', 'WORKSPACE_NOT_FOUND', '--view', 4],
      ['sws show nonsense', 'USAGE', '<sws>', 2],
      ['sws show system', 'USAGE', '<sws>', 2],
      ['session fork 999', 'WORKSPACE_NOT_FOUND', '<sws>', 4],
      ['session fork --view sws:999', 'WORKSPACE_NOT_FOUND', '--view', 4],
      ['session start --from 999', 'WORKSPACE_NOT_FOUND', '--from', 4],
      ['sws discard 999', 'WORKSPACE_NOT_FOUND', '<sws>', 4],
      [`sws discard 0 --reason ${'x'.repeat(5000)}`, 'META_INVALID', '--reason', 2],
      ['sws discard 0 --request-id ', 'REQUEST_ID_INVALID', '--request-id', 2],
      ['sws create --meta {"requestId":7}', 'REQUEST_ID_INVALID', '--meta.requestId', 2],
      ['sws list --first 0', 'PAGE_INVALID', '--first', 2],
      ['graph --view sws:999', 'WORKSPACE_NOT_FOUND', '--view', 4],
      ['graph --view sws:999 --digest', 'WORKSPACE_NOT_FOUND', '--view', 4],
      ['rewrites --view sws:999', 'WORKSPACE_NOT_FOUND', '--view', 4],
      ['rewrites --after nonsense', 'CURSOR_INVALID', '--after', 2],
      ['world create lab', 'WORLD_EXISTS', '<name>', 2],
      ['world create No_Name', 'WORLD_NAME_INVALID', '<name>', 2],
      ['graph --nodes 0', 'PAGE_INVALID', '--nodes', 2],
      ['graph --nodes-after nonsense', 'CURSOR_INVALID', '--nodes-after', 2],
      ['graph --edges 1001', 'PAGE_INVALID', '--edges', 2],
      ['graph --edges-after nonsense', 'CURSOR_INVALID', '--edges-after', 2],
      ['rewrite --view system --add-node a=b', 'SYSTEM_IS_READ_ONLY', '--view', 2],
      ['rewrite --view sws:0 --ops {"op":"Nop","data":{}}', 'OP_UNKNOWN', '--ops[0].op', 2],
      ['rewrite --view sws:0 --ops []', 'OPS_EMPTY', '--ops', 2],
      ['rewrite --view sws:0 --add-node !=b', 'KIND_INVALID', '--add-node[0].data.kind', 2],
      ['collapse 0 --policy 7', 'POLICY_UNKNOWN', '--policy', 2],
      ['collapse 999', 'WORKSPACE_NOT_FOUND', '<sws>', 4],
    ];
    test('a failure has a reason, the place that was typed, advice and a status, in words and as JSON', async () => {
      await newSws();
      for (const [words, reason, place, status] of failures) {
        const run = await ctl([...words.split(' '), '--json']);
        const { error } = JSON.parse(run.stderr) as { error: Record<string, unknown> };
        const found = [run.status, error['reason'], error['place'], run.stdout];
        assert.deepEqual(found, [status, reason, place, ''], words);
        assert.deepEqual(Object.keys(error), ['reason', 'family', 'place', 'detail', 'advice', 'retry']);
      }
      const missing = await ctl(['import', 'git', 'no-such-folder', '--json']);
      assert.deepEqual([missing.status, missing.stdout], [2, '']);
      assert.match(missing.stderr, /"REPOSITORY_INVALID".*"place":"[^"]*\/no-such-folder"/);
      const repository = join(folder.path, 'a-project');
      makeSampleRepository(repository, 1);
      const misnamed = await ctl(['import', 'git', repository, '--world', 'No_Name', '--json']);
      assert.match(misnamed.stderr, /"WORLD_NAME_INVALID".*"place":"--world"/);
      const { stderr } = await ctl(['graph', '--world', 'nowhere']);
      assert.match(stderr, /^error WORLD_NOT_FOUND: there is no world 'nowhere'\n {2}at: \S+\n {2}do: .+\n$/);
    });

    test('an expectation that fails has the status of a check that failed', async () => {
      const view = `sws:${await newSws()}`;
      const data = { kind: 'user', key: 'nobody', set: {}, expect: { digest: '0'.repeat(64) } };
      const expecting = JSON.stringify({ op: 'PutNode', data });
      const { status, stderr } = await ctl(['rewrite', '--view', view, '--ops', expecting]);
      assert.equal(status, 1);
      assert.match(stderr, /^error EXPECTATION_FAILED/);
    });
  });
}
