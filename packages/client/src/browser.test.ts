import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { chromium, type Page } from 'playwright-core';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));

interface Bundle {
  readonly text: string;
  /** Compressed, as a server sends it. */
  readonly sizeBytes: number;
  /** What is in it, by path. */
  readonly files: readonly string[];
}

/** What a page would load for this program. */
async function bundle(program: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: program, resolveDir: HERE, loader: 'js' },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
  });
  const [output] = Object.values(metafile.outputs);
  const files = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const text = outputFiles[0]!.text;
  return { text, sizeBytes: gzipSync(text).length, files: files.map(([path]) => path) };
}

test('a page loads what it uses', async () => {
  const named = (names: string): Promise<Bundle> =>
    bundle(`import { ${names} } from '@jitos/client'; globalThis.used = [${names}];`);
  const [core, ids, sockets, proofs, all] = await Promise.all([
    named('connect'),
    named('putNode'),
    named('webSockets'),
    named('verifyProof'),
    bundle("import * as all from '@jitos/client'; globalThis.used = all;"),
  ]);
  const sizes = [core, ids, sockets, proofs, all].map(({ sizeBytes }) => sizeBytes);
  const boundsBytes = [16_000, 6_500, 6_000, 23_000, 36_000];
  assert.ok(
    sizes.every((size, i) => size <= boundsBytes[i]!),
    `${sizes.join(', ')} bytes`,
  );
  assert.ok(!core.files.some((path) => /ed25519|\/proof\/|socket\.ts/.test(path)), core.files.join('\n'));
  assert.ok(!ids.files.some((path) => /\/(?:transport|world)\//.test(path)), ids.files.join('\n'));
  assert.ok(!proofs.files.some((path) => /\/transport\//.test(path)), proofs.files.join('\n'));
});

const TOKEN = 'dGhlLXRva2VuLW9mLWEtdGVzdC1pbi1hLWJyb3dzZXI';
/**
 * Where Debian puts it; `npm test` installs it. Its sandbox refuses root, and needs nothing here but our own page. That page is
 * put in on the way, so the browser can't know that it came from loopback and may go there.
 */
const ARGS = ['--no-sandbox', '--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets'];
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
const served = await serveHost({ authentication: { by: 'token', localToken: TOKEN } });
after(async () => {
  await browser.close();
  await served[Symbol.asyncDispose]();
});

/** From a fork to a proof, and a subscription in either way beside it. */
const PROGRAM = `
import { addEdge, addNode, connect, putNode, Refusal, serverSentEvents, verifyProof, webSockets } from '@jitos/client';
export async function run(url, token) {
  const told = [];
  for (const live of [serverSentEvents, webSockets]) {
    const world = connect({ url, token, live });
    const rewrites = world.followRewrites({ after: -1 });
    const workspace = await world.fork({ meta: { from: 'a page' } });
    const page = putNode('page', live.name, { bytes: Uint8Array.of(1, 2, 3), big: 2n ** 63n });
    const note = addNode('note', live.name);
    await workspace.rewrite([page, note, addEdge(note, 'on', page)]);
    const outcome = await workspace.collapse();
    const { value } = await rewrites.next();
    await rewrites.return();
    const { publicKey } = await world.proofs.keys();
    const proven = verifyProof(await world.proofs.node(page), publicKey);
    const stored = await world.system.node(page);
    told.push([outcome.committed, proven.found.kind, stored.fields.big === 2n ** 63n, value.ops[0].op]);
  }
  const stranger = connect({ url }).info().catch((error) => [error instanceof Refusal, error.reason]);
  return [...told, await stranger];
}
`;
const EXPECTED = [
  [true, 'page', true, 'COLLAPSE'],
  [true, 'page', true, 'COLLAPSE'],
  [true, 'UNAUTHENTICATED'],
];

/** A page of the daemon's own origin, that loads the program. */
async function openPage(): Promise<Page> {
  const client = (await bundle(PROGRAM)).text;
  const worker = `import { run } from '/test/client.js'; onmessage = async ({ data }) => postMessage(await run(...data));`;
  const page = await browser.newPage();
  const serve = async (path: string, contentType: string, body: string): Promise<void> => {
    await page.route(`${served.url}/test/${path}`, (route) => route.fulfill({ contentType, body }));
  };
  await serve('client.js', 'text/javascript', client);
  await serve('worker.js', 'text/javascript', worker);
  await serve('page.html', 'text/html', '<!doctype html><title>a page</title>');
  await page.goto(`${served.url}/test/page.html`);
  return page;
}

test('a page forks, writes, collapses, follows, and checks a proof', async () => {
  const page = await openPage();
  const script = `import('/test/client.js').then(({ run }) => run(location.origin, '${TOKEN}'))`;
  assert.deepEqual(await page.evaluate(script), EXPECTED);
  await page.close();
});

test('so does a worker', async () => {
  const page = await openPage();
  const script = `new Promise((resolve, reject) => {
    const worker = new Worker('/test/worker.js', { type: 'module' });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage([location.origin, '${TOKEN}']);
  })`;
  assert.deepEqual(await page.evaluate(script), EXPECTED);
  await page.close();
});
