/** The daemon, asked at its GraphQL v1. */
import type { OpenServer } from '../workloads/graphql-load.ts';
import { openServer as openJitosd } from './jitosd.ts';

export const openServer: OpenServer = async (dir) => {
  const server = await openJitosd(dir);
  return { ...server, url: new URL('/v1/graphql', server.url) };
};
