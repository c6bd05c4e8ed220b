import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { chromium, type Page } from 'playwright-core';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { ask } from '@jitos/testkit/servers/raw-http.ts';
import { serveHost, type ServedHost } from '@jitos/testkit/servers/serve-host.ts';
import { Failure } from '../../errors/failure.ts';

/** Where Debian puts it; `npm test` installs it. Its sandbox refuses root, and needs nothing here but our own page. */
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
after(() => browser.close());

interface Watched {
  readonly page: Page;
  /** What the browser complained of. */
  readonly complaints: string[];
}

async function openPage(url: string): Promise<Watched> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) complaints.push(`it asks for ${request.url()}`);
  });
  await page.goto(url);
  return { page, complaints };
}

/** Another test may have been given the port meanwhile: it will let go of it. */
async function serveAgain(port: number): Promise<ServedHost> {
  for (;;) {
    try {
      return await serveHost({ port });
    } catch (error) {
      if (!(error instanceof Failure) || error.reason !== 'ADDRESS_IN_USE') throw error;
    }
  }
}

function rewriteRows(page: Page): Promise<string[]> {
  return page.locator('#rewrites tbody tr').allInnerTexts();
}

test('a rewrite appears on the page while it is open', async () => {
  await using served = await serveHost();
  const client = GraphqlClient.overHttp(`${served.url}/graphql`);
  const { page, complaints } = await openPage(`${served.url}/`);
  await page.getByText('Nothing has been written here yet.').waitFor();
  assert.equal(await page.locator('#connection').innerText(), 'live');
  await client.data('mutation { createSws { sws { id } } }');
  await client.data(
    'mutation { applyRewrite(view: {kind: SWS, swsId: 0}, rewrite: {ops: [{op: "AddNode", data: {kind: "a"}}, {op: "AddNode", data: {kind: "b"}}]}) { accepted } }',
  );
  await page.locator('#rewrites tbody tr', { hasText: 'AddNode × 2' }).waitFor();
  await client.data('mutation { collapseSws(input: {swsId: 0}) { committed } }');
  await page.locator('#rewrites tbody tr', { hasText: 'collapse committed' }).waitFor();
  const rows = await rewriteRows(page);
  assert.deepEqual(
    rows.map((row) => row.split('\t').slice(0, 4)),
    [
      ['1', '3', 'sws:0', 'collapse committed'],
      ['0', '2', 'sws:0', 'rewrite'],
    ],
  );
  const { graph } = await client.data<{ graph: { digest: string } }>('{ graph(view: {kind: SYSTEM}) { digest } }');
  const cells = await page.locator('#worlds tbody tr').first().locator('th, td').allInnerTexts();
  assert.deepEqual(cells.toSpliced(3, 1), ['main', graph.digest, '3', '2', '0', '0']);
  assert.deepEqual(complaints, []);
  await page.close();
});

test('the keyboard chooses a world, and the address remembers it', async () => {
  await using served = await serveHost();
  await served.host.createWorld('other');
  await GraphqlClient.overHttp(`${served.url}/graphql`).data(
    'mutation { createSws { sws { id } } discardSws(input: {swsId: 0}) { discarded } }',
  );
  const { page, complaints } = await openPage(`${served.url}/`);
  await page.locator('#rewrites tbody tr', { hasText: 'discard' }).waitFor();
  assert.equal(await page.locator('[aria-current]').innerText(), 'main');
  // Tab goes to the scrolled table, then to its worlds in order: main, other.
  for (let i = 0; i < 3; i++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Last rewrites of other' }).waitFor();
  assert.equal(new URL(page.url()).hash, '#other');
  await page.getByText('Nothing has been written here yet.').waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Last rewrites of other' }).waitFor();
  assert.equal(await page.locator('#endpoint').innerText(), '/w/other/graphql');
  assert.deepEqual(complaints, []);
  await page.close();
});

test('the page says when the daemon is gone, and comes back with it', async () => {
  const served = await serveHost();
  const { page } = await openPage(`${served.url}/`);
  await page.locator('#connection[data-state=live]').waitFor();
  await served.server.close();
  await page.locator('#connection[data-state=lost]').waitFor();
  assert.equal(await page.locator('#connection').innerText(), 'not connected, trying again');
  await served[Symbol.asyncDispose]();
  await using again = await serveAgain(served.port);
  await page.locator('#connection[data-state=live]').waitFor();
  assert.equal(again.port, served.port);
  await page.close();
});

/** One after another what the stream tells: `rewrites` by their number, newest first. */
async function tellOverviews(page: Page, overviews: readonly (readonly number[])[]): Promise<void> {
  const row = {
    idx: 105_408,
    kind: 'COLLAPSE',
    view: 'sws:35135',
    ops: { AddNode: 3, AddEdge: 4 },
    outcome: 'forward',
  };
  const events = overviews.map((numbers) => {
    const rewrites = numbers.map((rewriteIdx) => ({ ...row, rewriteIdx }));
    const overview = { version: '0', worlds: [], world: 'main', rewrites };
    return `event: overview\ndata: ${JSON.stringify(overview)}\n\n`;
  });
  const answer = { contentType: 'text/event-stream', body: events.join('') };
  await page.route('**/v1/overview/stream', (route) => route.fulfill(answer));
}

test('a rewrite that comes in among others is marked; where all are new none is', async () => {
  await using served = await serveHost();
  for (const { overviews, marked } of [
    { overviews: [[2, 1]], marked: [] },
    {
      overviews: [
        [2, 1],
        [3, 2],
      ],
      marked: ['3'],
    },
    { overviews: [[], [1]], marked: ['1'] },
    {
      overviews: [
        [2, 1],
        [9, 8],
      ],
      marked: [],
    },
  ]) {
    const page = await browser.newPage();
    await tellOverviews(page, overviews);
    await page.goto(`${served.url}/`);
    await page.locator(`#rewrites tr[data-idx="${overviews.at(-1)?.[0]}"]`).waitFor();
    assert.deepEqual(await page.locator('#rewrites tr.fresh td:first-child').allInnerTexts(), marked);
    await page.close();
  }
});

test('on a narrow screen a row is one line, and says what was done without being scrolled', async () => {
  await using served = await serveHost();
  const page = await browser.newPage({ viewport: { width: 400, height: 800 } });
  await tellOverviews(page, [[70_271]]);
  await page.goto(`${served.url}/`);
  const what = await page.locator('#rewrites tbody td', { hasText: 'collapse committed' }).boundingBox();
  const head = await page.locator('#rewrites thead th', { hasText: 'What' }).boundingBox();
  assert.ok(what !== null && head !== null);
  assert.ok(what.x + what.width < 400, `it ends at ${what.x + what.width}`);
  assert.ok(what.height < 1.5 * head.height, `it is ${what.height} high`);
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 400);
  await page.close();
});

test('the page may load nothing from elsewhere, run nothing inline, and be framed by nobody', async () => {
  await using served = await serveHost();
  const { headers, body } = await ask({ port: served.port, path: '/' });
  assert.equal(
    headers['content-security-policy'],
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  assert.doesNotMatch(body, /https?:|<style|<script>|\son\w+=|\sstyle=/);
});

const TOKEN = 'dGhpcy1pcy1hLXRva2VuLW9mLWEtdGVzdC1ydW4tMDI';

test('where the daemon asks for a token the page says how to come by it, and keeps it out of addresses', async () => {
  await using served = await serveHost({ authentication: { by: 'token', localToken: TOKEN } });
  await served.host.createWorld('other');
  const { page, complaints } = await openPage(`${served.url}/`);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.getByText('Run npx jitosctl console').waitFor();
  assert.equal(await page.locator('#connection').innerText(), 'not allowed in');
  assert.equal(await page.locator('#worlds').isVisible(), false);
  assert.ok(complaints.length > 0, 'the browser tells of the 401');
  complaints.length = 0;

  // The same tab: only what is behind the # changes.
  await page.goto(`${served.url}/#token=${TOKEN}&world=other`);
  await page.locator('#connection[data-state=live]').waitFor();
  assert.equal(page.url(), `${served.url}/#other`);
  await page.getByRole('heading', { name: 'Last rewrites of other' }).waitFor();
  assert.equal(await page.getByText('Run npx jitosctl console').isVisible(), false);
  await page.reload();
  await page.locator('#connection[data-state=live]').waitFor();
  await page.goBack();
  assert.ok(!page.url().includes(TOKEN), 'going back does not bring it up');
  assert.deepEqual(
    asked.filter((url) => url.includes(TOKEN)),
    [],
  );
  assert.deepEqual(complaints, []);
  await page.close();

  const another = await openPage(`${served.url}/#token=${TOKEN.slice(1)}A`);
  await another.page.getByText('Run npx jitosctl console').waitFor();
  assert.equal(another.page.url(), `${served.url}/`);
  await another.page.close();
});
