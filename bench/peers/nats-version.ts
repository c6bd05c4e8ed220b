/** Whether the NATS that is installed can be durable, which has to stand in its name. */
import { spawnSync } from 'node:child_process';

/** As in `2.9.10`; undefined where there is none. */
export function natsVersion(): string | undefined {
  const { stdout } = spawnSync('nats-server', ['--version'], { encoding: 'utf8' });
  return /v(\d+\.\d+\.\d+)/.exec(stdout ?? '')?.[1];
}

/** `sync_interval: always` came with 2.10. */
export function natsSyncsAlways(): boolean {
  const [major = 0, minor = 0] = (natsVersion() ?? '').split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 10);
}
