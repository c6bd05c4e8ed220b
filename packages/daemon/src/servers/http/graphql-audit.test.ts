/** The audit of GraphQL over HTTP that others wrote, put to both surfaces. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { serveHost, type ServedHost } from '@jitos/testkit/servers/serve-host.ts';
import { serverAudits } from 'graphql-http';

/** As many as there are in the version that is pinned: none may go missing. */
const AUDIT_COUNT_MIN = 61;

describe('GraphQL over HTTP, as graphql-http audits it', () => {
  let served: ServedHost;
  before(async () => {
    served = await serveHost();
  });
  after(() => served[Symbol.asyncDispose]());

  for (const path of ['/graphql', '/w/main/graphql', '/v1/graphql', '/w/main/v1/graphql']) {
    test(`${path}: no error, no warning, no notice`, async () => {
      const audits = serverAudits({ url: () => `${served.url}${path}`, fetchFn: fetch });
      assert.ok(audits.length >= AUDIT_COUNT_MIN);
      const results = await Promise.all(audits.map((audit) => audit.fn()));
      const findings = results.flatMap((result) => {
        return result.status === 'ok' ? [] : [`${result.status}: ${result.name} (${result.reason})`];
      });
      assert.deepEqual(findings, []);
    });
  }
});
