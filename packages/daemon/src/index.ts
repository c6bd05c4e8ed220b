/** The daemon's public names, for programs that keep worlds in their own process. Never imported from inside. */
export { Failure } from './errors/failure.ts';
export type { ErrorEntry, ErrorFamily, Reason } from './errors/reason.ts';
export { REGISTRY } from './errors/registry.ts';
export { Host, MAIN_WORLD, type HostOptions } from './engine/host.ts';
export { openWorld, type OpenWorld, type OpenWorldOptions } from './engine/open-world.ts';
export { WorldLoop, type Committed, type CommitListener, type Reply, type Script } from './engine/world-loop.ts';
export { createFileLog, openFileLog, type FileLogOptions } from './logs/file/file-log.ts';
export { nodeDisk } from './logs/file/node-disk.ts';
export { MemoryLog } from './logs/memory/memory-log.ts';
export { MemoryRewriteIndex } from './logs/memory/memory-rewrite-index.ts';
export type { Batch, Log, StoredEvent } from './ports/log.ts';
export type { RewriteIndex } from './ports/rewrite-index.ts';
