/** Which test files may share a process. */

/** As `node --test` takes it: `process` is a process for each file, `none` one for all. */
export type Isolation = 'process' | 'none';

/** The kernel has no ambient state that files could share, so they may share a process: twenty times faster. */
export function isolationOf(file: string): Isolation {
  return file.startsWith('packages/kernel/') ? 'none' : 'process';
}
