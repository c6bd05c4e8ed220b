/**
 * Who may ask: what a browser carries in from elsewhere is refused before a route is looked at.
 *
 * - H1 `Host` names loopback or the address that the connection came in on, and the bound port. A name that an attacker
 *      points at loopback (DNS rebinding) is neither.
 * - H2 `Origin` is absent or our own; `null` is another.
 * - H3 A browser that says that the request comes from another site is believed, but for following a link to the page.
 *
 * No CORS header is ever sent, so no other origin may read an answer or send a body of JSON.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { Failure } from '../../errors/failure.ts';

export interface GuardedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly method: string;
  readonly url: string;
  readonly socket: Pick<Socket, 'localAddress' | 'localPort'>;
}

const LOOPBACK_NAMES = ['127.0.0.1', '[::1]', 'localhost'];
const PORT_OF_HTTP = 80;

/** The failure that the request is to be answered with, or undefined. */
export function originProblem({ headers, method, url, socket }: GuardedRequest): Failure | undefined {
  const host = headers.host?.toLowerCase() ?? '';
  if (!isOurHost(host, socket))
    return new Failure('HOST_REFUSED', 'host', `'${host.slice(0, 128)}' is not this daemon's address`);
  const { origin } = headers;
  if (origin !== undefined && origin.toLowerCase() !== `http://${host}`) {
    return new Failure('ORIGIN_REFUSED', 'origin', `'${origin.slice(0, 128)}' is another origin`);
  }
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return undefined;
  const isLink = method === 'GET' && url === '/' && headers['sec-fetch-mode'] === 'navigate';
  return isLink
    ? undefined
    : new Failure('ORIGIN_REFUSED', 'sec-fetch-site', "the request comes from another site's page");
}

function isOurHost(host: string, { localAddress = '', localPort = 0 }: GuardedRequest['socket']): boolean {
  const colon = host.lastIndexOf(':');
  const hasPort = colon > host.lastIndexOf(']');
  const name = hasPort ? host.slice(0, colon) : host;
  const port = hasPort ? host.slice(colon + 1) : String(PORT_OF_HTTP);
  return port === String(localPort) && (LOOPBACK_NAMES.includes(name) || name === addressName(localAddress));
}

/** An address as it stands in a URL. */
export function addressName(address: string): string {
  const bare = address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address;
  return bare.includes(':') ? `[${bare}]` : bare;
}
