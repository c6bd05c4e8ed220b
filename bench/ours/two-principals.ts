/**
 * The daemon's server on a host of its own, with two principals: whoever says so is `greedy`, all others are `local`. Without limits: what
 * is measured is how turns are taken.
 */
import { join } from 'node:path';
import { Host } from '@jitos/daemon/engine/host.ts';
import { LOCAL_PRINCIPAL, type Principal } from '@jitos/daemon/engine/principal.ts';
import { systemClock } from '@jitos/daemon/ports/clock.ts';
import { Authenticator } from '@jitos/daemon/servers/auth/authenticator.ts';
import { createServer } from '@jitos/daemon/servers/http/server.ts';
import { NO_IMPORTS } from '@jitos/testkit/servers/serve-host.ts';

// No daemon believes such a thing; keys and their grants would be measured, too.
Authenticator.prototype.authenticate = (authorization) => {
  return authorization === 'greedy' ? ('greedy' as Principal) : LOCAL_PRINCIPAL; // as if an edge had vouched for it
};
const host = await Host.open({ dataDir: join(process.argv[2]!, 'data'), clock: systemClock });
const parts = { host, imports: NO_IMPORTS, authentication: { by: 'nobody' }, port: 0 } as const;
const server = await createServer(parts);
const { url } = await server.listen();
process.stdout.write(`${url}\n`);
process.once('SIGTERM', () => {
  void server.close().then(() => host.close());
});
