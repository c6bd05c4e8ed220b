/** `rules propose`, `rules show`, `rules status`, `rules withdraw`: through a daemon on its socket, and in the folder itself. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runCtl, type CtlRun } from '@jitos/testkit/daemon/run-ctl.ts';
import { serveFolder, type ServedFolder } from '@jitos/testkit/daemon/serve-folder.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';

const put = (key: string, set: object): object => ({ op: 'PutNode', data: { kind: 'task', key, set } });

const STRICT = 'type task @node(key: "id") {\n  id: ID!\n  title: String! @unique\n}\n';

for (const mode of ['with a daemon on the folder', 'without a daemon'] as const) {
  describe(`jitosctl rules ${mode}`, () => {
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

    async function write(...ops: readonly object[]): Promise<CtlRun> {
      const view = `sws:${String((await ok('sws', 'create'))['id'])}`;
      const written = await ctl('rewrite', '--view', view, '--ops', JSON.stringify(ops), '--json');
      if (written.status === 0) await ok('collapse', '--view', view);
      return written;
    }

    function file(name: string, text: string): string {
      writeFileSync(join(folder.path, name), text);
      return name;
    }

    test('a pack is refused with those who break it, then put in force with a migration, and held to', async () => {
      assert.equal((await ok('rules', 'status'))['status'], null);
      assert.equal((await ok('rules', 'show'))['sdl'], '');
      await write(put('a', { name: 'A' }), put('b', {}));

      const refused = await ctl('rules', 'propose', file('strict.graphql', STRICT), '--wait');
      assert.equal(refused.status, 1);
      assert.match(refused.stdout, /offenders\t2\n/);
      assert.match(refused.stdout, /field-missing\tnode [0-9a-f]{64} lacks the field title\n/);
      const status = await ctl('rules', 'status', '--json');
      assert.equal(status.status, 1);

      const migration = 'extend type task @rename(field: "name", to: "title") @fill(field: "title", value: "untitled")';
      const active = await ok('rules', 'propose', file('moved.graphql', STRICT + migration), '--wait');
      assert.equal(active['state'], 'ACTIVE');
      const shown = await ok('rules', 'show');
      assert.equal(shown['rulePackId'], active['rulePackId']);
      assert.equal(shown['sdl'], STRICT);

      const lax = await ok(
        'rules',
        'propose',
        file('lax.graphql', 'type task @node(key: "id", open: true) { id: ID! }'),
        '--wait',
      );
      const strictAgain = await ok('rules', 'propose', file('again.graphql', STRICT), '--wait');
      assert.equal(strictAgain['rulePackId'], active['rulePackId']);
      const earlier = await ok('rules', 'show', '--id', String(lax['rulePackId']));
      assert.match(String(earlier['sdl']), /open: true/);

      const broken = await write(put('c', { title: 'A' }));
      assert.equal(broken.status, 1);
      assert.match(broken.stderr, /RULE_BROKEN.*ops\[0\]/);
      assert.equal((await write(put('c', { title: 'C' }))).status, 0);
    });

    test('a check that has ended can not be withdrawn', async () => {
      const { proposedAt } = (await ok('rules', 'status'))['status'] as { readonly proposedAt: string }; // its answer
      const ended = await ctl('rules', 'withdraw');
      assert.deepEqual([ended.status, /RULES_NOT_CHECKING[^]*at: lab/.test(ended.stderr)], [2, true]);
      const named = await ctl('rules', 'withdraw', proposedAt);
      assert.match(named.stderr, /RULES_NOT_CHECKING[^]*at: <proposed-at>/);
      assert.match((await ctl('rules', 'withdraw', 'x')).stderr, /USAGE[^]*at: <proposed-at>/);
    });

    if (mode === 'with a daemon on the folder') {
      test('a check that is not at its end is withdrawn', async () => {
        // Nothing takes the next step: it would be the last.
        await daemon?.host.mustGetWorld('lab').rules.close();
        const open = file('open.graphql', 'type task @node(key: "id", open: true) { id: ID! }');
        const proposed = await ok('rules', 'propose', open);
        const withdrawn = await ok('rules', 'withdraw', '--meta', '{"why":"a mistake"}');
        for (const name of ['proposedAt', 'rulePackId']) {
          assert.equal(typeof proposed[name], 'string');
          assert.equal(withdrawn[name], proposed[name]);
        }
        const status = await ctl('rules', 'status');
        assert.deepEqual([status.status, /^state\tWITHDRAWN$/m.test(status.stdout)], [1, true]);
      });
    }

    test('what can not be a pack is told with its line and column, and exit status 2', async () => {
      const bad = await ctl('rules', 'propose', file('bad.graphql', 'type task @node\ntype task @node'), '--json');
      assert.equal(bad.status, 2);
      assert.match(bad.stderr, /"RULES_INVALID".*bad\.graphql:2:6/);
      const odd = 'type T @node(key: "id") { id: ID!, a: String @merge(rule: COUNTER) }';
      const contradictory = await ctl('rules', 'propose', file('odd.graphql', odd), '--json');
      assert.equal(contradictory.status, 2);
      assert.match(contradictory.stderr, /"RULES_CONTRADICTORY".*odd\.graphql: nodes\.T\.fields\.a\.merge/);
      assert.equal((await ctl('rules', 'propose', 'none.graphql')).status, 2);
      assert.equal((await ctl('rules', 'show', '--id', '0'.repeat(64))).status, 4);
    });
  });
}
