/** Choosing a port: the one that was asked for, or the first that is free. */
import type { Server } from 'node:http';
import { isIPv4, type AddressInfo } from 'node:net';
import { Failure } from '../../errors/failure.ts';
import { addressName } from './request-guard.ts';

export const PORT_DEFAULT = 8080;
/** Last port that is tried when none was asked for. */
export const PORT_LAST = 8099;

export interface Address {
  /** As it was asked for. */
  readonly hostname: string;
  readonly port: number;
  /** `http://host:port`, without a slash at the end. */
  readonly url: string;
}

/** Listens. Throws `ADDRESS_IN_USE`, or `ADDRESS_INVALID` for what can never be listened on. */
export async function listen(server: Server, hostname: string, port: number | null): Promise<Address> {
  const last = port ?? PORT_LAST;
  for (let candidate = port ?? PORT_DEFAULT; candidate <= last; candidate++) {
    const fault = await tryListen(server, hostname, candidate);
    if (fault === undefined) return addressOf(server, hostname);
    if (fault.code !== 'EADDRINUSE') {
      throw new Failure('ADDRESS_INVALID', `${hostname}:${candidate}`, fault.message, { cause: fault });
    }
  }
  const range = port === null ? `${PORT_DEFAULT} to ${PORT_LAST}` : String(port);
  throw new Failure('ADDRESS_IN_USE', `${hostname}:${range}`, 'another program listens there');
}

function tryListen(server: Server, hostname: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const settle = (fault?: NodeJS.ErrnoException): void => {
      server.off('error', settle).off('listening', settle);
      resolve(fault);
    };
    server.once('error', settle).once('listening', settle);
    server.listen({ host: hostname, port });
  });
}

function addressOf(server: Server, hostname: string): Address {
  const { port } = server.address() as AddressInfo; // a server that listens on TCP has one
  return { hostname, port, url: `http://${addressName(hostname)}:${port}` };
}

/** Whether only this machine can reach what listens there. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '::1' || (isIPv4(hostname) && hostname.startsWith('127.'));
}
