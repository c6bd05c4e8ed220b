/** `jsonl`: through a daemon on its socket, and in the folder itself. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runCtl } from '@jitos/testkit/daemon/run-ctl.ts';
import { serveFolder, type ServedFolder } from '@jitos/testkit/daemon/serve-folder.ts';
import type { LineAnswer } from '@jitos/testkit/servers/line-client.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';

for (const mode of ['with a daemon on the folder', 'without a daemon'] as const) {
  describe(`jitosctl ${mode}`, () => {
    const folder = makeTempFolder();
    let daemon: ServedFolder | undefined;
    before(async () => {
      if (mode === 'with a daemon on the folder') daemon = await serveFolder(join(folder.path, 'data'));
      assert.equal((await runCtl(['world', 'create', 'lab'], { workingDir: folder.path })).status, 0);
    });
    after(async () => {
      await daemon?.close();
      folder.remove();
    });

    async function answers(
      lines: readonly (object | string)[],
      ...flags: readonly string[]
    ): Promise<readonly LineAnswer[]> {
      const input = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
      const { status, stdout, stderr } = await runCtl(['jsonl', ...flags], { workingDir: folder.path, input });
      assert.deepEqual([status, stderr], [0, '']);
      const told = stdout.split('\n').slice(0, -1);
      const parsed = told.map((line) => JSON.parse(line) as LineAnswer); // docs/spec/commands.md
      return parsed.toSorted((a, b) => Number(a.id) - Number(b.id));
    }

    test('each line is answered, in the world that it names or that the flag does', async () => {
      const create = { command: 'createSws', meta: { n: 1 } };
      const told = await answers(
        [
          { id: 1, command: create },
          { id: 2, world: 'main', command: create },
          { id: 3, command: { command: 'applyRewrite', view: { kind: 'SYSTEM' }, ops: [] } },
          { id: 4, graphql: { query: '{ listSws { id meta } }' } },
          { id: 5, graphql: { query: '{ nothing }' } },
          { id: 6, world: 'none', command: create },
          'nonsense',
        ],
        '--world',
        'lab',
      );
      const [bad, lab, main, written, , unknown, missing] = told;
      assert.deepEqual([bad?.id, bad?.error?.reason], [null, 'BODY_MALFORMED']);
      for (const made of [lab, main]) {
        assert.deepEqual([made?.ok, made?.result?.['event']], [true, { id: '1', kind: 'SWS_CREATED' }]);
      }
      assert.deepEqual([written?.ok, written?.error?.reason], [false, 'OPS_EMPTY']);
      assert.deepEqual([unknown?.error?.reason, missing?.error?.reason], ['GRAPHQL_INVALID', 'WORLD_NOT_FOUND']);
      const [listed] = await answers([{ id: 1, world: 'lab', graphql: { query: '{ listSws { id meta } }' } }]);
      assert.deepEqual(listed?.result, { data: { listSws: [{ id: '0', meta: { n: 1 } }] } });
      assert.deepEqual(await answers([]), []);
    });
  });
}
