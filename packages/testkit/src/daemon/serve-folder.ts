/** A daemon inside this process: everything that `jitosd` is made of, on a free port, without a process of its own. */
import { removeDaemonFile, writeDaemonFile } from '@jitos/daemon/cli/daemon/daemon-file.ts';
import type { AuthChoice } from '@jitos/daemon/cli/daemon/options.ts';
import { mustMakeToken, TOKEN_NAME } from '@jitos/daemon/cli/daemon/token-file.ts';
import { Host } from '@jitos/daemon/engine/host.ts';
import { ImportJobs } from '@jitos/daemon/planes/git/import-jobs.ts';
import type { Authentication } from '@jitos/daemon/servers/auth/authenticator.ts';
import { createServer } from '@jitos/daemon/servers/http/server.ts';

export interface ServedFolder {
  /** `http://127.0.0.1:port` */
  readonly address: string;
  readonly host: Host;
  close(): Promise<void>;
}

/** Asks nobody for a token unless it is told to. */
export async function serveFolder(dataDir: string, auth: AuthChoice = 'none'): Promise<ServedFolder> {
  const host = await Host.open({ dataDir });
  const imports = new ImportJobs(host);
  const authentication: Authentication =
    auth === 'none' ? { by: 'nobody' } : { by: 'token', localToken: mustMakeToken(dataDir) };
  const server = await createServer({ host, imports, authentication, port: 0 });
  const { url } = await server.listen();
  writeDaemonFile(dataDir, { address: url, pid: process.pid, tokenFile: auth === 'none' ? null : TOKEN_NAME });
  return {
    address: url,
    host,
    async close() {
      await server.close();
      await imports.close();
      await host.close();
      removeDaemonFile(dataDir);
    },
  };
}
