/** Errors of the HTTP interface: their status, and what Fastify and Node call their own. Their body is `../plain/envelope.ts`. */
import { Failure } from '../../errors/failure.ts';
import type { Reason } from '../../errors/reason.ts';
import { REGISTRY } from '../../errors/registry.ts';

export function failureStatus({ reason }: Failure): number {
  return REGISTRY[reason].httpStatus;
}

/** What the frameworks refuse by themselves, by their codes. */
const REASONS: Readonly<Record<string, { readonly reason: Reason; readonly place: string }>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { reason: 'REQUEST_TIMED_OUT', place: '' },
  FST_ERR_BAD_URL: { reason: 'ROUTE_NOT_FOUND', place: 'path' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { reason: 'MEDIA_TYPE_REFUSED', place: 'content-type' },
  FST_ERR_MAX_PARAM_LENGTH: { reason: 'ROUTE_NOT_FOUND', place: 'path' },
  HPE_HEADER_OVERFLOW: { reason: 'REQUEST_TOO_LARGE', place: 'headers' },
};

/** The failure that an error of Fastify or of Node's parser stands for; undefined if it is a bug of ours. */
export function frameworkFailure(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error;
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  const known = REASONS[error.code];
  if (known !== undefined) return new Failure(known.reason, known.place, error.message, { cause: error });
  // Everything that Node's parser calls an error is the sender's.
  return error.code.startsWith('HPE_') ? new Failure('BODY_MALFORMED', '', error.message, { cause: error }) : undefined;
}
