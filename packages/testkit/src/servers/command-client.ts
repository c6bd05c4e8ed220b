/** Commands in plain JSON over HTTP, as any client sends them. */

export interface ToldCommand {
  readonly ok: boolean;
  /** Of a good answer. */
  readonly result: Readonly<Record<string, unknown>>;
  /** Of any other. */
  readonly error: { readonly reason: string; readonly place: string; readonly detail: string };
}

export interface CommandAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly told: ToldCommand;
}

export type Command = Readonly<Record<string, unknown>>;

export async function sendCommand(
  url: string,
  command: Command | string,
  { path = '/v1/commands', headers = {} }: { readonly path?: string; readonly headers?: Record<string, string> } = {},
): Promise<CommandAnswer> {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof command === 'string' ? command : JSON.stringify(command),
  });
  return { status: answer.status, headers: answer.headers, told: (await answer.json()) as ToldCommand }; // docs/spec/http.md
}

/** The result of a command that must be carried out. */
export async function mustSend(url: string, command: Command, path?: string): Promise<ToldCommand['result']> {
  const { status, told } = await sendCommand(url, command, path === undefined ? {} : { path });
  if (status !== 200 || !told.ok) throw new Error(`${status} ${JSON.stringify(told)}`);
  return told.result;
}

/** Its status, reason and place, as one text. */
export async function refusalOf(url: string, command: Command | string): Promise<string> {
  const { status, told } = await sendCommand(url, command);
  return told.ok ? `${status} done` : `${status} ${told.error.reason} ${told.error.place}`.trim();
}
