/** `why`: of an event, a workspace, a request, an element and a grant, through a daemon and in the folder itself. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runCtl, type CtlRun } from '@jitos/testkit/daemon/run-ctl.ts';
import { serveFolder, type ServedFolder } from '@jitos/testkit/daemon/serve-folder.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';

const put = (key: string, n: number): string => {
  return JSON.stringify({ op: 'PutNode', data: { kind: 'task', key, set: { n } } });
};

for (const mode of ['with a daemon on the folder', 'without a daemon'] as const) {
  describe(`jitosctl why ${mode}`, () => {
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
      const environment = { JITOS_WORLD: 'lab' };
      return runCtl([...words.split(' '), ...rest], { workingDir: folder.path, environment });
    }

    async function ok(words: string, ...rest: readonly string[]): Promise<Record<string, unknown>> {
      const { status, stdout, stderr } = await ctl(words, ...rest, '--json');
      assert.deepEqual([status, stderr], [0, ''], words);
      return JSON.parse(stdout) as Record<string, unknown>; // an object, as every answer is
    }

    async function open(...ops: readonly string[]): Promise<string> {
      const id = String((await ok('sws create'))['id']);
      if (ops.length > 0) await ok(`rewrite --view sws:${id} --ops`, `[${ops.join(',')}]`);
      return id;
    }

    async function lastEvent(id: string): Promise<string> {
      const { rewrites } = (await ok(`rewrites --view sws:${id}`)) as { rewrites: readonly { id: string }[] };
      return rewrites.at(-1)!.id;
    }

    test('an event tells who brought it about, and a request leads to it', async () => {
      await ok('sws create --request-id nightly --meta', '{"who": "ada"}');
      const { event, aborted } = await ok('why nightly');
      const { idx, kind, principal, requestId, grantId, meta } = event as Record<string, unknown>;
      assert.deepEqual(
        [kind, principal, requestId, grantId, meta, aborted],
        ['SWS_CREATED', 'local', 'nightly', null, { who: 'ada', requestId: 'nightly' }, []],
      );
      assert.deepEqual((await ok(`why ${String(idx)}`))['event'], event);
      assert.deepEqual((await ok('why request:nightly'))['event'], event);
      const unknown = await ctl('why never-sent');
      assert.match(unknown.stderr, /EVENT_NOT_FOUND: no request 'never-sent' is remembered/);
      assert.equal(unknown.status, 4);
      assert.equal((await ctl('why 99999')).status, 4);
    });

    test('a batch tells what each workspace met that it did not carry, with the sides and who wrote them', async () => {
      const stale = [await open(put('a', 1)), await open(put('b', 1))];
      const fresh = await open(put('c', 1));
      await ok(`collapse ${await open(put('a', 2), put('b', 2))}`);
      assert.equal((await ctl(`collapse --batch ${[...stale, fresh].join(' ')}`)).status, 1);
      const { aborted } = (await ok(`why ${await lastEvent(fresh)}`)) as {
        aborted: readonly {
          swsId: string;
          elements: readonly { ours: unknown; theirs: { data: unknown }; oursBy: { principal: string } }[];
        }[];
      };
      assert.deepEqual(
        aborted.map(({ swsId, elements }) => [swsId, elements.map(({ theirs }) => theirs.data)]),
        stale.map((id) => [id, [{ n: 2 }]]),
      );
      assert.equal(aborted[0]?.elements[0]?.oursBy.principal, 'local');
      const { stdout } = await ctl(`why ${await lastEvent(fresh)}`);
      assert.match(stdout, /aborted count\t2\n[^]*both-changed node task "a"[^]*both-changed node task "b"/);
    });

    test('a workspace tells what keeps it from collapsing', async () => {
      const conflicting = await open(put('w', 1));
      const free = await open(put('v', 1));
      await ok(`collapse ${await open(put('w', 2))}`);
      const blocks = async (id: string): Promise<readonly unknown[]> => {
        const told = (await ok(`why sws:${id}`)) as { blocks: readonly { reason: string }[] };
        return told.blocks.map(({ reason }) => reason);
      };
      assert.deepEqual(await blocks(free), []);
      assert.deepEqual(await blocks(conflicting), ['CONFLICTS']);
      await ok('settings set --aborts-max 1');
      assert.equal((await ctl(`collapse ${conflicting}`)).status, 1);
      assert.deepEqual(await blocks(conflicting), ['WORKSPACE_NEEDS_ATTENTION']);
      await ok('settings set --base-age-system-changes-max 1 --aborts-max 8');
      for (const n of [3, 4]) await ok(`collapse ${await open(put('w', n))}`);
      assert.deepEqual(await blocks(free), ['REBASE_NEEDED']);
      await ok('settings set --base-age-system-changes-max 1000000');
      const { stdout } = await ctl(`why sws:${conflicting}`);
      assert.match(stdout, /^last\tevent \d+, COLLAPSE by local$[^]*^blocked by\t[^]*^ {4}ours {4}n: 1/m);
      await ok(`sws discard ${free} --reason done`);
      assert.match(
        (await ctl(`why sws:${free}`)).stdout,
        /state\tDISCARDED\nlast\tevent \d+, DISCARD by local\nreason\tdone\n/,
      );
    });

    test('an element is told of as before, with --element or by its id', async () => {
      const sws = await open(put('e', 1));
      const { nodes } = (await ok(`graph --view sws:${sws} --nodes 10`)) as {
        nodes: { nodes: readonly { id: string; data: { n: number } }[] };
      };
      const { id } = nodes.nodes[0]!;
      const told = await ok(`why --element ${id} --view sws:${sws}`);
      assert.equal(told['element'], id);
      assert.deepEqual(await ok(`why ${id} --view sws:${sws}`), told);
      assert.deepEqual(await ok(`why element:${id} --view sws:${sws}`), told);
    });

    test('what names nothing, or two things, is refused', async () => {
      for (const words of ['why', 'why 1 --element aa', 'why 1 --at 2'])
        assert.equal((await ctl(words)).status, 2, words);
    });

    test('a grant tells whether it holds, and which of its chain does not', async () => {
      if (daemon === undefined) return assert.equal((await ctl(`why grant:${'0'.repeat(64)}`)).status, 4);
      const terms = { holder: 'ab'.repeat(32), verbs: ['read', 'write'], until: 1_000_000 };
      const url = `${daemon.address}/v1/worlds/lab/grants`;
      const headers = { 'content-type': 'application/json' };
      const given = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ terms }) });
      const { grants } = (await given.json()) as { grants: readonly { id: string }[] }; // as docs/spec/http.md has it
      const { id } = grants[0]!;
      assert.deepEqual([(await ok(`why ${id}`))['holds'], (await ok(`why grant:${id}`))['holds']], [true, true]);
      await fetch(`${url}/${id}/revoke`, { method: 'POST', headers, body: '{}' });
      const told = (await ok(`why ${id}`)) as { holds: boolean; chain: readonly { why: string }[] };
      assert.equal(told.holds, false);
      assert.match(told.chain[0]!.why, /^revoked by event \d+$/);
    });
  });
}
