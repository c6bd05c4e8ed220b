/**
 * A first program: a workspace, a few changes, and the moment in which they become true.
 *
 *     npm start                                              # a daemon; then, in another terminal
 *     JITOS_TOKEN=$(cat data/token) node examples/hello.ts
 */
import { addEdge, addNode, connect, putNode } from '@jitos/client';

const { JITOS_URL: url = 'http://127.0.0.1:8080', JITOS_TOKEN: token } = process.env;
const world = connect({ url, token });

// Discarded where the block ends, unless it was collapsed.
await using workspace = await world.fork({ meta: { why: 'saying hello' } });

const ada = putNode('person', 'ada', { name: 'Ada Lovelace', born: 1815 });
const note = addNode('note', 'The engine weaves algebraical patterns.');
await workspace.rewrite([ada, note, addEdge(note, 'by', ada)]);
await workspace.put('person', 'ada', { died: 1852 });

// The workspace sees what it wrote; System, the view that is true, does not.
const mine = await workspace.node(ada);
const theirs = await world.system.node(ada);
console.log('in the workspace:', mine?.type === 'keyed' ? mine.fields : 'nobody');
console.log(`in System: ${theirs === undefined ? 'nobody yet' : 'somebody already'}`);

const outcome = await workspace.collapse();
if (outcome.committed) {
  console.log(`collapsed by event ${outcome.report.eventIdx}`);
  for await (const edge of world.system.edges({ kinds: ['by'], to: ada })) {
    const said = await world.system.node(edge.from);
    if (said?.type === 'content') console.log(`she wrote: ${new TextDecoder().decode(said.payload ?? undefined)}`);
  }
} else {
  for (const { class: why, id } of outcome.conflicts) console.log(`in the way: ${why} of ${id}`);
}
