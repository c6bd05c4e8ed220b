/** The HTTP server on a free port, over a host whose worlds are on a fresh folder. It asks nobody for a token unless it is told to. */
import { Host } from '@jitos/daemon/engine/host.ts';
import type { Imports } from '@jitos/daemon/servers/http/api-routes.ts';
import { createServer, type Server } from '@jitos/daemon/servers/http/server.ts';
import { makeTempFolder } from '../temp-folder.ts';

export interface ServedHost extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly port: number;
  readonly host: Host;
  readonly server: Server;
}

/** An import manager that has nothing and takes nothing. */
export const NO_IMPORTS: Imports = {
  start: () => Promise.reject(new Error('no import is expected')),
  get: () => undefined,
  list: () => [],
};

export async function serveHost(
  options: Omit<Partial<Parameters<typeof createServer>[0]>, 'host'> = {},
): Promise<ServedHost> {
  const folder = makeTempFolder();
  const host = await Host.open({ dataDir: folder.path });
  const server = await createServer({
    host,
    imports: NO_IMPORTS,
    authentication: { by: 'nobody' },
    port: 0,
    ...options,
  });
  const close = async (): Promise<void> => {
    await server.close();
    await host.close();
    folder.remove();
  };
  const { url, port } = await server.listen().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return { url, port, host, server, [Symbol.asyncDispose]: close };
}

/** Another server over worlds that are open, which outlive it; `port` 0 is a free one. */
export async function serveAgain(
  { host }: Pick<ServedHost, 'host'>,
  port = 0,
): Promise<Server & { readonly url: string; readonly port: number }> {
  const server = await createServer({ host, imports: NO_IMPORTS, authentication: { by: 'nobody' }, port });
  return Object.assign(server, await server.listen());
}
