/** The address that clients are told, which isn't always the one that is listened on. */
import type { Address } from '../../servers/http/listen.ts';

/** Listening on every interface, the daemon is reached over loopback too. */
const LOOPBACK_BY_WILDCARD: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '[::1]'],
]);

export function clientUrl({ hostname, port, url }: Address): string {
  const loopback = LOOPBACK_BY_WILDCARD.get(hostname);
  return loopback === undefined ? url : `http://${loopback}:${port}`;
}
