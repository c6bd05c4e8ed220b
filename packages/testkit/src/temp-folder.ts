/** A folder that a test has to itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes one; `remove` it when done. */
export function makeTempFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'jitos-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
