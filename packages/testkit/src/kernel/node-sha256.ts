/** The SHA-256 that tests of the kernel pass in: the daemon's own, so there is one to trust. */
export { sha256 as nodeSha256 } from '@jitos/daemon/engine/sha256.ts';
