/** The page: worlds and the last rewrites of one, as the overview stream tells them. The world chosen is in the address. */
/** Two minutes of them. */
const RATES_KEPT = 120;
const RATE_EVERY_MS = 1000;
const RETRY_MS = 2000;
const TOKEN_NAME = 'token';

const element = (id) => document.getElementById(id);
const number = new Intl.NumberFormat();
/** Rates of the world that is shown, oldest first. */
let rates = [];
let rateNow = 0;
let shownWorld = null;
let following = new AbortController();

function cell(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/** Changes a cell only if it says something else, so that a selection in it survives. */
function say(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

function chosenWorld() {
  return decodeURIComponent(location.hash.slice(1));
}

/** `npx jitosctl console` prints an address with the token behind the #, which no request carries. It is kept for this tab alone. */
function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1));
  const token = given.get('token');
  if (token === null) return;
  sessionStorage.setItem(TOKEN_NAME, token);
  const world = given.get('world') ?? '';
  history.replaceState(null, '', `${location.pathname}${world === '' ? '' : `#${encodeURIComponent(world)}`}`);
}

function keptToken() {
  return sessionStorage.getItem(TOKEN_NAME);
}

function makeWorldRow({ name }) {
  const row = document.createElement('tr');
  row.dataset.name = name;
  const head = cell('th', '', '');
  head.scope = 'row';
  const link = cell('a', '', name);
  link.href = `#${encodeURIComponent(name)}`;
  head.append(link);
  row.append(head, cell('td', 'mono digest', ''));
  for (let i = 0; i < 5; i++) row.append(cell('td', 'number', ''));
  return row;
}

function showWorlds(worlds, shown) {
  const body = element('worlds').tBodies[0];
  const rows = new Map([...body.rows].map((row) => [row.dataset.name, row]));
  worlds.forEach((world, at) => {
    const row = rows.get(world.name) ?? makeWorldRow(world);
    rows.delete(world.name);
    if (body.rows[at] !== row) body.insertBefore(row, body.rows[at] ?? null);
    const { digest, idx, eventsPerSecond, nodeCount, edgeCount, openWorkspaces } = world;
    const [head, digestCell, ...numbers] = row.cells;
    say(digestCell, digest);
    digestCell.title = digest;
    [idx, eventsPerSecond, nodeCount, edgeCount, openWorkspaces].forEach((value, i) =>
      say(numbers[i], number.format(value)),
    );
    row.toggleAttribute('data-chosen', world.name === shown);
    if (world.name === shown) head.firstChild.setAttribute('aria-current', 'true');
    else head.firstChild.removeAttribute('aria-current');
  });
  for (const row of rows.values()) row.remove();
}

const WHAT = { REWRITE_APPLIED: 'rewrite', COLLAPSE: 'collapse', REBASE: 'rebase', DISCARD: 'discard' };
const OUTCOME = { forward: 'committed', merged: 'committed, merged', aborted: 'aborted', rebased: '', discarded: '' };

function makeRewriteRow({ rewriteIdx, idx, kind, view, ops, outcome }) {
  const row = document.createElement('tr');
  row.dataset.idx = rewriteIdx;
  const what = cell('td', '', WHAT[kind]);
  if (outcome !== null && OUTCOME[outcome] !== '')
    what.append(' ', cell('span', `outcome-${outcome}`, OUTCOME[outcome]));
  const counts = Object.entries(ops).map(([op, count]) => (count === 1 ? op : `${op} × ${number.format(count)}`));
  row.append(
    cell('td', 'number', number.format(rewriteIdx)),
    cell('td', 'number quiet event', number.format(idx)),
    cell('td', 'mono', view),
    what,
    cell('td', 'ops', counts.join(', ')),
  );
  return row;
}

/** Rows never change; new ones come in on top. */
function showRewrites(rewrites, isFirst) {
  const body = element('rewrites').tBodies[0];
  const known = new Map([...body.rows].map((row) => [row.dataset.idx, row]));
  // Where all of them are new, as in an import, marking each would only colour the table.
  const isMarking = !isFirst && (known.size === 0 || rewrites.some(({ rewriteIdx }) => known.has(String(rewriteIdx))));
  body.replaceChildren(
    ...rewrites.map((rewrite) => {
      const there = known.get(String(rewrite.rewriteIdx));
      if (there !== undefined) return there;
      const row = makeRewriteRow(rewrite);
      row.classList.toggle('fresh', isMarking);
      return row;
    }),
  );
  element('empty').hidden = rewrites.length > 0;
  element('rewrites').parentElement.hidden = rewrites.length === 0;
}

/** The stream is silent while nothing changes, so the line moves by the page's own clock. */
function moveRate() {
  if (shownWorld === null) return;
  rates = [...rates, rateNow].slice(-RATES_KEPT);
  const top = Math.max(1, ...rates);
  const x = (i) => ((i + RATES_KEPT - rates.length) * 240) / (RATES_KEPT - 1);
  const line = rates.map((rate, i) => `${x(i)},${34 - (rate / top) * 32}`).join('L');
  element('rate').querySelector('.line').setAttribute('d', `M${line}`);
  element('rate')
    .querySelector('.area')
    .setAttribute('d', `M${x(0)},36L${line}L240,36Z`);
}

function show({ version, worlds, world, rewrites }) {
  const isFirst = world !== shownWorld;
  if (isFirst) {
    rates = [];
    element('rewrites').tBodies[0].replaceChildren();
  }
  shownWorld = world;
  say(element('version'), version);
  say(element('world'), world);
  say(element('endpoint'), world === 'main' ? '/graphql' : `/w/${world}/graphql`);
  showWorlds(worlds, world);
  showRewrites(rewrites, isFirst);
  rateNow = worlds.find(({ name }) => name === world)?.eventsPerSecond ?? 0;
  say(element('rate-now'), number.format(rateNow));
  if (isFirst) moveRate();
}

function tellConnection(state, text) {
  element('connection').dataset.state = state;
  say(element('connection'), text);
}

/** Tells what to do where the daemon does not know who asks. */
function tellLocked(isLocked) {
  element('locked').hidden = !isLocked;
  for (const section of document.querySelectorAll('section')) section.hidden = isLocked;
}

/** The daemon of this page's own origin alone gets the token, in a header: an address would be kept in logs and histories. */
function openStream(signal) {
  const name = chosenWorld();
  const token = keptToken();
  const headers = { accept: 'text/event-stream', ...(token === null ? {} : { authorization: `Bearer ${token}` }) };
  return fetch(`/v1/overview/stream${name === '' ? '' : `?world=${encodeURIComponent(name)}`}`, { headers, signal });
}

/** The data of each `overview` that comes, until the connection ends. */
async function* readOverviews(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const blocks = (text + piece.value).split('\n\n');
    text = blocks.pop();
    for (const block of blocks) {
      const [, data] = /^event: overview\ndata: (.*)$/.exec(block) ?? [];
      if (data !== undefined) yield JSON.parse(data);
    }
  }
}

/** Asks again and again, until another world is chosen. */
async function follow(signal) {
  while (!signal.aborted) {
    try {
      const answer = await openStream(signal);
      tellLocked(answer.status === 401);
      if (answer.status === 401) return tellConnection('lost', 'not allowed in');
      if (!answer.ok) throw new Error(`the daemon answers ${answer.status}`);
      for await (const overview of readOverviews(answer.body)) {
        tellConnection('live', 'live');
        show(overview);
      }
    } catch {
      // Whatever it was, it is asked again: the daemon may be stopping, or the world not be there yet.
    }
    if (signal.aborted) return;
    tellConnection('lost', 'not connected, trying again');
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

function connect() {
  takeToken();
  following.abort();
  following = new AbortController();
  void follow(following.signal);
}

addEventListener('hashchange', connect);
setInterval(moveRate, RATE_EVERY_MS);
connect();
