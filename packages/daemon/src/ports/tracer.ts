/**
 * The tracing port: where the time of a request goes. Without a tracer nothing is measured.
 *
 * Times are `performance.now()`: what is traced is measured as it happens, and told when it is over.
 */

/** Told of something that has happened for whoever asked: what, from when, until when. */
export type NoteSpan = (name: string, startMs: number, endMs: number) => void;

export interface Tracer {
  /** For the request that is being served right now; undefined where there is none, or it is not traced. */
  capture(): NoteSpan | undefined;
}
