/** The standard streams of a program that is used in pipes. */

/** A reader that went away (`| head`) wanted no more: that is no error. */
export function quietWhenClosed(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
