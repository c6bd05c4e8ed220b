/** `docs/spec/openapi.json`, as a server of this checkout tells it. */
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';
import { openApiDocument } from '@jitos/daemon/servers/openapi/document.ts';

export const OPENAPI_PATH = 'docs/spec/openapi.json';

export async function openApiText(root: string): Promise<string> {
  await using served = await serveHost();
  const options = await resolveConfig(join(root, OPENAPI_PATH));
  return await format(JSON.stringify(openApiDocument(served.server.routes)), { ...options, parser: 'json' });
}
