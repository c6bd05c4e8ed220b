/** A daemon inside this process: everything that `jitosd` is made of, on a free port, without a process of its own. */
import { removeDaemonFile, writeDaemonFile } from '@jitos/daemon/cli/daemon/daemon-file.ts';
import { Host } from '@jitos/daemon/engine/host.ts';
import { ImportJobs } from '@jitos/daemon/planes/git/import-jobs.ts';
import { createServer } from '@jitos/daemon/servers/http/server.ts';

export interface ServedFolder {
  /** `http://127.0.0.1:port` */
  readonly address: string;
  readonly host: Host;
  close(): Promise<void>;
}

export async function serveFolder(dataDir: string): Promise<ServedFolder> {
  const host = await Host.open({ dataDir });
  const imports = new ImportJobs(host);
  const server = await createServer({ host, imports, authentication: { by: 'nobody' }, port: 0 });
  const { url } = await server.listen();
  writeDaemonFile(dataDir, { address: url, pid: process.pid, tokenFile: null });
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
