/** `collapse --policy --preview`, `sws --from`, `settings`, `session`: through a daemon on its socket, and in the folder itself. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runCtl, type CtlRun, type CtlSurroundings } from '@jitos/testkit/daemon/run-ctl.ts';
import { serveFolder, type ServedFolder } from '@jitos/testkit/daemon/serve-folder.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';

const put = (key: string, set: object): object => ({ op: 'PutNode', data: { kind: 'task', key, set } });

for (const mode of ['with a daemon on the folder', 'without a daemon'] as const) {
  describe(`jitosctl sessions ${mode}`, () => {
    const folder = makeTempFolder();
    let daemon: ServedFolder | undefined;

    before(async () => {
      if (mode === 'with a daemon on the folder') daemon = await serveFolder(join(folder.path, 'data'));
      await ok('world create lab');
    });
    after(async () => {
      await daemon?.close();
      folder.remove();
    });

    function ctl(words: string, ...rest: readonly string[]): Promise<CtlRun> {
      return runCtl([...words.split(' '), ...rest], surroundings());
    }

    function surroundings(): CtlSurroundings {
      return { workingDir: folder.path, environment: { JITOS_WORLD: 'lab' } };
    }

    async function ok(words: string, ...rest: readonly string[]): Promise<Record<string, unknown>> {
      const { status, stdout, stderr } = await ctl(words, ...rest, '--json');
      assert.deepEqual([status, stderr], [0, ''], words);
      return JSON.parse(stdout) as Record<string, unknown>; // an object, as every answer is
    }

    async function start(words: string, ...ops: readonly object[]): Promise<string> {
      const view = `sws:${String((await ok(words))['id'])}`;
      if (ops.length > 0) await write(view, ...ops);
      return view;
    }

    async function write(view: string, ...ops: readonly object[]): Promise<void> {
      await ok(`rewrite --view ${view} --ops`, JSON.stringify(ops));
    }

    test('a batch is carried as one event, and tells which of it was aborted', async () => {
      const stale = await start('sws create', put('batch', { n: 1 }));
      const others = [await start('sws create', put('b1', {})), await start('sws create', put('b2', {}))];
      await ok(`collapse ${await start('sws create', put('batch', { n: 2 }))}`);
      const { status, stdout, stderr } = await ctl(`collapse --batch ${[...others, stale].join(' ')} --json`);
      assert.deepEqual([status, stderr], [1, '']);
      type Told = {
        readonly id: string;
        readonly entries: readonly { readonly swsId: string; readonly committed: boolean }[];
      };
      const { id, entries } = JSON.parse(stdout) as Told; // its answer
      assert.deepEqual(
        entries.map(({ swsId, committed }) => [`sws:${swsId}`, committed]),
        [[stale, false], ...others.map((view) => [view, true])],
      );
      const told = await ctl(`collapse --batch ${stale} --policy three-way`);
      assert.match(told.stdout, /^collapse\t0 committed, 1 aborted$[^]*^both-changed node task "batch" [0-9a-f]{64}$/m);
      assert.match(told.stdout, /^ {4}ours {4}n: 1 {2}\(.*\)\n {4}theirs {2}n: 2 {2}\(.*\)\n\nSettle it with /m);
      const listed = await ctl(`rewrites --view ${stale}`);
      assert.match(listed.stdout, /\tCOLLAPSE_BATCH 2 committed, 1 aborted\t/);
      const element = /node task "batch" ([0-9a-f]{64})/.exec(told.stdout)?.[1];
      const sides = await ctl(`why --element ${element} --conflict ${id} --view ${stale}`);
      assert.match(sides.stdout, /^ours {2}n: 1$[^]*^theirs {2}n: 2$/m);
      const unnamed = await ctl(`why --element ${element} --conflict ${id}`);
      assert.match(unnamed.stderr, /COLLAPSE_NOT_FOUND[^]*at: --view/);
      assert.equal((await ok(`collapse --batch ${stale} --policy ours`))['committedCount'], 1);
    });

    test('a queue is carried in the order in which it is named', async () => {
      const [one, other] = [
        await start('sws create', put('queue', { n: 1 })),
        await start('sws create', put('queue', { n: 2 })),
      ];
      const { status, stdout } = await ctl(`collapse --batch ${other} ${one} --in-order`);
      assert.equal(status, 1);
      assert.match(
        stdout,
        new RegExp(`^views\\t${other} ${one}$[^]*^collapse\\t1 committed, 1 aborted$[^]*^${one}$`, 'm'),
      );
      const refused = await ctl(`collapse ${one} --in-order`);
      assert.match(refused.stderr, /USAGE[^]*at: --in-order/);
    });

    test('what a batch can not take is refused by its flag', async () => {
      const view = await start('sws create', put('refused', {}));
      for (const [words, place] of [
        ['--preview', '--preview'],
        ['--footprint -', '--footprint'],
        ['--view sws:0', '--view'],
        ['--policy serializable', '--policy'],
        [view, '--batch\\[1\\]'],
      ]) {
        const { status, stderr } = await ctl(`collapse --batch ${view} ${words}`);
        assert.notEqual(status, 0);
        assert.match(stderr, new RegExp(`at: ${place}$`, 'm'));
      }
    });

    test('a preview tells what would come of it, and a conflict its sides and who wrote them', async () => {
      await ok(`session publish ${await start('session start', put('a', { state: 'new', by: 'ada' }))}`);
      const ours = await start('session start', put('a', { state: 'ours' }));
      const theirs = await start('session start', put('a', { state: 'theirs' }));
      await ok(`collapse ${theirs}`);
      const earlier = await ok('session checkpoint', ours);
      const preview = await ctl(`collapse ${ours} --policy three-way --preview`);
      assert.deepEqual([preview.status, preview.stderr], [1, '']);
      assert.match(preview.stdout, /^collapse\twould abort$/m);
      assert.equal((await ok('session checkpoint', ours))['checkpoint'], earlier['checkpoint']);
      const aborted = await ctl(`collapse ${ours} --policy three-way`);
      assert.equal(aborted.status, 1);
      const lines = aborted.stdout.slice(aborted.stdout.indexOf('\n\n') + 2).replaceAll(/[0-9a-f]{64}/g, 'ID');
      assert.match(
        lines,
        new RegExp(
          [
            '^both-changed node task "a" ID',
            ' {4}base {4}state: "new"',
            ` {4}ours {4}state: "ours" {2}\\(event \\d+ in ${ours} by local\\)`,
            ` {4}theirs {2}state: "theirs" {2}\\(event \\d+ in ${theirs} by local, carried by \\d+\\)\n`,
            `Settle it with \`npx jitosctl resolve ${ours.slice('sws:'.length)}\`: .*\n$`,
          ].join('\n'),
        ),
      );
      const shown = await ok(`sws show ${ours}`);
      assert.deepEqual([shown['abortCount'], shown['needsAttention'], shown['parent']], [1, false, null]);
      assert.equal((await ok(`collapse ${ours} --policy ours`))['committed'], true);
      const listed = (await ctl(`rewrites --view ${ours}`)).stdout;
      assert.deepEqual(listed.match(/COLLAPSE (aborted|committed)/g), ['COLLAPSE aborted', 'COLLAPSE committed']);
      const ended = (await ctl(`sws show ${ours}`)).stdout;
      assert.match(ended, /^state\tCOLLAPSED$[^]*It has ended; `npx jitosctl rewrites --view sws:\d+` lists/m);
      assert.doesNotMatch(ended, /\t$/m);
    });

    test('a session is forked, led back, merged and published', async () => {
      const parent = await start('session start', put('b', { n: 1 }));
      const child = await start(`session fork ${parent}`, put('b', { n: 2 }));
      const { checkpoint, digest } = await ok(`session checkpoint ${child}`);
      await write(child, put('b', { n: 3 }), put('c', {}));
      await write(child, put('d', {}));
      assert.equal((await ok(`session undo ${child}`))['ops'], 1);
      assert.equal((await ok(`session undo ${child} --to ${String(checkpoint)}`))['viewDigest'], digest);
      assert.equal((await ok(`session undo ${child} --to ${String(checkpoint)}`))['ops'], 0);
      const wrong = await ctl(`session publish ${child}`);
      assert.deepEqual([wrong.status, /USAGE: .*merge it there first/.test(wrong.stderr)], [2, true]);
      const merged = await ok(`session merge ${child}`);
      assert.equal((merged['receipt'] as { readonly viewDigest: string }).viewDigest, digest);
      assert.match((await ctl(`session merge ${parent}`)).stderr, /USAGE: .*publish it/);
      assert.equal((await ok(`session publish ${parent}`))['committed'], true);
    });

    test('a workspace is rebased, and what conflicts is settled by sides and by ops', async () => {
      const ours = await start('sws create', put('s', { n: 1 }), put('mine', {}));
      await ok(`collapse ${await start('sws create', put('s', { n: 2 }))}`);
      const left = await ctl(`rebase ${ours}`);
      assert.deepEqual([left.status, left.stderr], [1, '']);
      assert.match(left.stdout, /^rebase\tnothing done: conflicts are left\n\nboth-changed node task "s"/m);
      assert.match(left.stdout, /\n\nSettle it with `npx jitosctl resolve \d+`: /);
      const { conflicts } = JSON.parse((await ctl(`rebase ${ours} --json`)).stdout) as {
        readonly conflicts: readonly { readonly id: string }[];
      };
      const [conflict] = conflicts;
      const previewed = await ctl(`rebase ${ours} --preview`);
      assert.equal(previewed.status, 1);
      assert.match(previewed.stdout, /^rebase\tnothing would be done: conflicts are left$[^]*^both-changed node/m);
      const badPreview = await ctl(`resolve ${ours} --theirs x --preview`);
      assert.deepEqual([badPreview.status, /ID_INVALID[^]*at: --theirs/.test(badPreview.stderr)], [2, true]);
      const bad = await ctl(`resolve ${ours} --theirs x`);
      assert.deepEqual([bad.status, /ID_INVALID[^]*at: --theirs/.test(bad.stderr)], [2, true]);
      for (const flag of ['--ours', '--theirs']) {
        const strange = await ctl(`resolve ${ours} ${flag} ${'0'.repeat(64)}`);
        assert.deepEqual([strange.status, /CHOICES_INVALID[^]*at: (--\w+)/.exec(strange.stderr)?.[1]], [2, flag]);
      }
      const ops = JSON.stringify(put('s', { seen: true }));
      const { preview, ...foretold } = await ok(`resolve ${ours} --theirs ${conflict!.id} --preview --ops`, ops);
      const { preview: isPreview, ...done } = await ok(`resolve ${ours} --theirs ${conflict!.id} --ops`, ops);
      assert.deepEqual([preview, isPreview, done['rebased'], foretold], [true, false, true, done]);
      assert.equal((await ok(`collapse ${ours}`))['committed'], true);
      const { nodes } = (await ok('graph --nodes 100')) as {
        nodes: { nodes: readonly { id: string; data: object }[] };
      };
      assert.deepEqual(nodes.nodes.find(({ id }) => id === conflict!.id)?.data, { n: 2, seen: true });
    });

    test('what was read is declared, from a file or standard input', async () => {
      const ours = await start('sws create', put('mine', {}));
      const { parentSnapshotId: baseSnapshotId } = await ok(`sws show ${ours}`);
      const footprint = JSON.stringify({ baseSnapshotId, ranges: [{ range: 'NODES', kind: 'task' }] });
      const file = join(folder.path, 'reads.json');
      writeFileSync(file, footprint);
      const declared = `--policy serializable --footprint`;
      assert.equal((await ok(`collapse ${ours} ${declared} reads.json --preview`))['committed'], true);
      await ok(`collapse ${await start('sws create', put('theirs', {}))}`);
      for (const [words, input] of [
        [`collapse ${ours} ${declared} reads.json --preview`],
        [`rebase ${ours} ${declared} reads.json --preview`],
        [`rebase ${ours} ${declared} -`, footprint],
        [`collapse ${ours} ${declared} -`, footprint],
      ] as const) {
        const stale = await runCtl(words.split(' '), { ...surroundings(), ...(input === undefined ? {} : { input }) });
        assert.deepEqual([stale.status, stale.stderr], [1, ''], words);
        assert.match(stale.stdout, /^stale-read range NODES task$/m);
      }
      writeFileSync(file, JSON.stringify({ baseSnapshotId: 'x', ranges: [] }));
      const bad = await ctl(`collapse ${ours} ${declared} reads.json`);
      assert.deepEqual([bad.status, /ID_INVALID[^]*at: --footprint\.baseSnapshotId/.test(bad.stderr)], [2, true]);
      writeFileSync(file, '{');
      const broken = await ctl(`collapse ${ours} ${declared} reads.json`);
      assert.deepEqual([broken.status, /FORMAT_INVALID[^]*at: --footprint/.test(broken.stderr)], [2, true]);
      const missing = await ctl(`collapse ${ours} ${declared} nowhere.json`);
      assert.deepEqual([missing.status, /USAGE[^]*nowhere\.json can not be read/.test(missing.stderr)], [2, true]);
    });

    test('settings are shown and set, and a workspace that was aborted too often says so', async () => {
      await ok('settings set --aborts-max 1 --default-policy lattice');
      const { defaultPolicy, abortsMax } = await ok('settings show');
      assert.deepEqual([defaultPolicy, abortsMax], [{ id: 3, name: 'lattice' }, 1]);
      assert.match((await ctl('settings set')).stderr, /^error USAGE: nothing is set/);
      assert.match((await ctl('settings set --aborts-max 0')).stderr, /SETTING_INVALID[^]*at: --aborts-max/);
      assert.match((await ctl('settings set --default-policy x')).stderr, /POLICY_UNKNOWN[^]*at: --default-policy/);
      const ours = await start('sws create', put('e', { n: 1 }));
      await ok(`collapse ${await start('sws create', put('e', { n: 2 }))}`);
      assert.equal((await ctl(`collapse ${ours}`)).status, 1);
      assert.match((await ctl('sws list')).stdout, new RegExp(`^${ours}\tNEEDS-ATTENTION\tsystem\t1\t1\t`, 'm'));
      assert.match((await ctl(`collapse ${ours}`)).stderr, /WORKSPACE_NEEDS_ATTENTION/);
    });
  });
}
