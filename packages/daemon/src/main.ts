/**
 * `jitosd`: the only composition root. It opens the worlds, serves them, imports a history, and drains when told to.
 *
 * - J1 What was asked for is checked before anything is opened or written.
 * - J2 It serves before it imports: whoever waits for an import can watch it.
 * - J3 Standard output is for the person who started it; standard error is the log, or the error that kept it from
 *      serving.
 * - J4 SIGINT, SIGTERM and SIGHUP drain, however often they come: nothing new is taken, what was begun is answered, the
 *      import stops after a whole commit, the logs close. A log that failed ends it the same way, with status 5.
 */
import { join } from 'node:path';
import { clientUrl } from './cli/daemon/address.ts';
import { daemonFilePath, removeDaemonFile, writeDaemonFile, type DaemonFile } from './cli/daemon/daemon-file.ts';
import { findDaemon } from './cli/daemon/find-daemon.ts';
import { chooseFirstImport, type FirstImport } from './cli/daemon/first-import.ts';
import { makeLogger } from './cli/daemon/logger.ts';
import { parseDaemonOptions, USAGE, type AuthChoice, type DaemonOptions } from './cli/daemon/options.ts';
import { Stop } from './cli/daemon/stop.ts';
import { mustMakeToken, TOKEN_NAME } from './cli/daemon/token-file.ts';
import { runWatchedImport } from './cli/daemon/watch-import.ts';
import { welcomeText } from './cli/daemon/welcome.ts';
import { toFailure } from './cli/remote-failure.ts';
import { asFailure, exitStatusOf, failureText } from './cli/terminal/failure-text.ts';
import { paperOf } from './cli/terminal/paper.ts';
import { progressOn } from './cli/terminal/progress.ts';
import { quietWhenClosed } from './cli/terminal/streams.ts';
import { Host, MAIN_WORLD } from './engine/host.ts';
import { LOCAL_PRINCIPAL } from './engine/principal.ts';
import { Failure } from './errors/failure.ts';
import { REGISTRY } from './errors/registry.ts';
import { diskFaultToFailure } from './logs/file/log-failures.ts';
import { systemClock } from './ports/clock.ts';
import { ImportJobs, type ImportStatus } from './planes/git/import-jobs.ts';
import type { Authentication } from './servers/auth/authenticator.ts';
import { lineAnswerer, type LineAnswererParts } from './servers/lines/answer-line.ts';
import { LineServer } from './servers/lines/line-server.ts';
import { isLoopback, PORT_DEFAULT } from './servers/http/listen.ts';
import { createServer } from './servers/http/server.ts';
import { worldStatus } from './servers/http/world-status.ts';
import type { Telemetry } from './servers/telemetry/request-tracer.ts';
import { VERSION } from './servers/version.ts';

/** In the data folder. */
const SOCKET_NAME = 'jitos.sock';

const { stdout, stderr, env: environment } = process;
for (const stream of [stdout, stderr]) quietWhenClosed(stream);
const progress = progressOn(stdout);
const log = makeLogger({
  write: (line) => progress.aside(() => stderr.write(line)),
  paper: paperOf(stderr, environment),
});

/** Tells the person who started the daemon. */
function say(text: string): void {
  progress.aside(() => stdout.write(text));
}

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const options = parseDaemonOptions({ args, environment, workingDir: process.cwd(), version: VERSION });
  if ('text' in options) {
    say(options.text);
    return 0;
  }
  const stop = new Stop();
  try {
    await serve(options, stop);
  } catch (error) {
    // Whoever stops a daemon that is still starting gets what they wanted.
    if (stop.cause === undefined) throw error;
  }
  const failure = stop.cause?.failure;
  if (failure === undefined) return 0;
  logFailure('fatal', failure);
  return exitStatusOf(failure);
}

/** Serves until it is time to stop; then closes everything, what was made last first. */
async function serve(options: DaemonOptions, stop: Stop): Promise<void> {
  const { dataDir, userDir, host: hostname, port, auth, limits } = options;
  const first = await chooseFirstImport(options.import, environment, stop.requested);
  await using parts = new AsyncDisposableStack();
  parts.defer(() => removeDaemonFile(dataDir));
  const telemetry = await openTelemetryFor(options);
  if (telemetry !== undefined) parts.defer(() => telemetry.close());
  const host = parts.adopt(await openHost(options, stop, telemetry), (each) => each.close());
  const authentication = authenticationOf(options);
  const imports = parts.adopt(new ImportJobs(host), (each) => each.close());
  const serverParts = { host, imports, authentication, limits, telemetry, hostname, port, logger: log };
  const server = parts.adopt(await createServer(serverParts), (each) => each.close());
  const address = await server.listen();
  const url = clientUrl(address);
  const lines = await listenForLines(options, { host, executor: server.executor });
  if (lines !== undefined) parts.defer(() => lines.close());
  leaveAddress(dataDir, { address: url, pid: process.pid, tokenFile: auth === 'none' ? null : TOKEN_NAME });

  if (port === null && address.port !== PORT_DEFAULT) say(`Port ${PORT_DEFAULT} is taken: it is ${address.port}.\n`);
  say(`jitosd ${VERSION} answers at ${url}\n`);
  if (!isLoopback(hostname)) log.warn({ hostname }, BEYOND_LOOPBACK[auth]);
  // The import ends early then, after a whole commit.
  void stop.requested.then(() => imports.close());
  const { world, imported } = await importFirst(first, imports, options.world);
  const shown = host.worlds().find(({ name }) => name === world);
  // One that is set aside was told of already.
  if (shown !== undefined && stop.cause === undefined) {
    const status = worldStatus(shown, 0);
    say(welcomeText(paperOf(stdout, environment), { address: url, dataDir, userDir, world: status, imported }));
  }
  log.info({ cause: (await stop.requested).what }, 'stopping');
}

/** Undefined where none was asked for, or where the data folder can have none: that keeps nobody from the rest. */
async function listenForLines(
  { dataDir, socket }: DaemonOptions,
  served: Pick<LineAnswererParts, 'host' | 'executor'>,
): Promise<LineServer | undefined> {
  if (socket.at === 'nowhere') return undefined;
  const path = socket.at === 'path' ? socket.path : join(dataDir, SOCKET_NAME);
  const answer = lineAnswerer({ ...served, principal: LOCAL_PRINCIPAL });
  try {
    return await LineServer.listen({ path, answer, onBug: (error) => log.error({ err: error }, 'a bug') });
  } catch (error) {
    if (socket.at === 'path' || !(error instanceof Failure)) throw error;
    log.warn({ path, detail: error.message }, 'there is no Unix socket; choose a place for one with --socket <file>');
    return undefined;
  }
}

const BEYOND_LOOPBACK: Readonly<Record<AuthChoice, string>> = {
  none: 'whoever reaches this address may read and change every world',
  token: 'tokens and answers are not encrypted on their way to this address: put a proxy with TLS before it',
};

function authenticationOf({ auth, dataDir }: DaemonOptions): Authentication {
  return auth === 'none' ? { by: 'nobody' } : { by: 'token', localToken: mustMakeToken(dataDir) };
}

/** Its packages are loaded where they are wanted, and only there. */
async function openTelemetryFor({ otlp: endpoint }: DaemonOptions): Promise<Telemetry | undefined> {
  if (endpoint === null) return undefined;
  const { openTelemetry } = await import('./servers/telemetry/open-telemetry.ts');
  log.info({ endpoint }, 'traces and metrics are sent');
  return openTelemetry({ endpoint });
}

/** For `jitosctl`. On a full disk it is missing, and what is stored can be read all the same. */
function leaveAddress(dataDir: string, file: DaemonFile): void {
  try {
    writeDaemonFile(dataDir, file);
  } catch (fault) {
    logFailure('error', diskFaultToFailure(fault, daemonFilePath(dataDir), 'leaving the address for jitosctl'));
  }
}

/** Throws `ALREADY_RUNNING` with the address where another daemon serves the folder. */
async function openHost(
  { dataDir, quantumMs }: DaemonOptions,
  stop: Stop,
  telemetry: Telemetry | undefined,
): Promise<Host> {
  try {
    return await Host.open({
      dataDir,
      clock: systemClock,
      tracer: telemetry?.tracer,
      quantumMs,
      onTornTail: (world, { segment, offset, sizeBytes, detail }) => {
        log.warn({ world, segment, offset, sizeBytes, detail }, 'removed an unfinished write, never acknowledged');
      },
      onCheckpointSkipped: (world, idx, why) => {
        log.warn({ world, idx, why }, 'a checkpoint is of no use; what comes before it is folded instead');
      },
      onCheckpointFailed: (world, error) => {
        log.warn({ world, error: String(error) }, 'a checkpoint could not be written; nothing depends on it');
      },
      onSetAside: (world, { reason, place, message }) => {
        log.error({ world, reason, place, detail: message }, 'a world is not served; the others are');
      },
      onProgress: (world, done) => {
        stop.throwIfRequested();
        progress.update({ label: `opening ${world}`, done, total: null, unit: 'events', perSecond: null });
      },
      onDeath: stop.worldDied,
    });
  } catch (error) {
    if (!(error instanceof Failure) || error.reason !== 'LOG_LOCKED') throw error;
    const daemon = await findDaemon(dataDir);
    if (daemon === undefined) throw error;
    const detail = `jitosd answers at ${daemon.address} (process ${daemon.pid})`;
    throw new Failure('ALREADY_RUNNING', dataDir, detail, { cause: error });
  } finally {
    progress.end();
  }
}

interface Outcome {
  /** The world that there is something to see in. */
  readonly world: string;
  /** Null where nothing was imported, or not all of it: then the reason was told. */
  readonly imported: ImportStatus | null;
}

async function importFirst(first: FirstImport, imports: ImportJobs, world: string | null): Promise<Outcome> {
  const { repository } = first;
  if (repository === null) {
    if (first.why !== null) say(`Nothing is imported. ${first.why}\n`);
    return { world: MAIN_WORLD, imported: null };
  }
  try {
    const status = await runWatchedImport(imports, { repository, world }, progress);
    if (status.error === null) return { world: status.world, imported: status };
    tellImportFailure(toFailure(status.error));
    return { world: status.world, imported: null };
  } catch (error) {
    // It could not even begin, with a full disk for instance: the worlds that there are can be read all the same.
    if (!(error instanceof Failure)) throw error;
    tellImportFailure(error);
    return { world: MAIN_WORLD, imported: null };
  }
}

function tellImportFailure(failure: Failure): void {
  if (failure.reason === 'SHUTTING_DOWN') log.info(failure.message);
  else logFailure('error', failure);
}

function logFailure(level: 'error' | 'fatal', { reason, place, message }: Failure): void {
  log[level]({ reason, place, advice: REGISTRY[reason].advice }, message);
}

try {
  process.exitCode = await main();
} catch (error) {
  const failure = asFailure(error);
  stderr.write(failureText(paperOf(stderr, environment), failure));
  if (failure.reason === 'USAGE') stderr.write(`${USAGE}\n`);
  process.exitCode = exitStatusOf(failure);
}
