/** The page: four files, read once, that need nothing from elsewhere. */
import { readFileSync } from 'node:fs';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { addRoute } from './routes.ts';

/** Nothing but our own files; nobody may frame it. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const FILES = [
  { url: '/', name: 'index.html', type: 'text/html; charset=utf-8' },
  { url: '/console.mjs', name: 'console.mjs', type: 'text/javascript; charset=utf-8' },
  { url: '/console.css', name: 'console.css', type: 'text/css; charset=utf-8' },
  { url: '/icon.svg', name: 'icon.svg', type: 'image/svg+xml' },
] as const;

export function addConsoleFiles(app: FastifyInstance): void {
  for (const { url, name, type } of FILES) {
    const text = readFileSync(new URL(`../console/${name}`, import.meta.url), 'utf8');
    const handlers = {
      GET: (_: FastifyRequest, reply: FastifyReply) =>
        reply.header('content-type', type).header('content-security-policy', PAGE_POLICY).send(text),
    };
    addRoute(app, url, handlers, { access: 'anyone' });
  }
}
