/** Which view is meant. */
import type { ViewRefInput } from '../wire/generated.ts';

/** `system`, or a workspace's number. */
export type ViewName = 'system' | number;

export function viewRef(name: ViewName): ViewRefInput {
  return name === 'system' ? { kind: 'SYSTEM' } : { kind: 'SWS', swsId: `${name}` };
}

export function nameOfView({ kind, swsId }: { readonly kind: string; readonly swsId: string | null }): ViewName {
  return kind === 'SYSTEM' || swsId === null ? 'system' : Number(swsId);
}
