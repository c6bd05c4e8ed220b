/**
 * Proving to somebody else what is in a world: they need the world's public key, got once in a way that they trust, and
 * nothing else. No daemon, no files, no trust in whoever hands them the proof.
 */
import { connect, ProofRefused, putNode, verifyProof } from '@jitos/client';

const { JITOS_URL: url = 'http://127.0.0.1:8080', JITOS_TOKEN: token } = process.env;
const world = connect({ url, token });

await using workspace = await world.fork();
const deed = putNode('deed', 'plot 12', { owner: 'Ada', acres: 3 });
await workspace.rewrite([deed]);
const outcome = await workspace.collapse();
if (!outcome.committed) throw new Error('somebody else holds the plot');

const { publicKey } = await world.proofs.keys();
const proof = await world.proofs.node(deed);

// From here on everything happens at the other side, offline.
const proven = verifyProof(proof, publicKey);
if (proven.kind !== 'node') throw new Error('a proof of something else');
console.log(`after event ${proven.eventIdx} ${proven.view} held a ${proven.found?.kind} with the id ${proven.id}`);
console.log(`its value has the digest ${proven.found?.valueDigest}`);
console.log(`signed over ${proven.treeHead.eventCount} events by ${proven.treeHead.origin}`);

try {
  verifyProof(proof.replace('"idx":', '"idx":1'), publicKey);
} catch (error) {
  if (!(error instanceof ProofRefused)) throw error;
  console.log(`a changed proof is refused: ${error.message}`);
}
