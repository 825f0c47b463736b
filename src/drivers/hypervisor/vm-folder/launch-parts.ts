/** A launch after a part of it was added or removed while the VM runs. Pure. */
import type { VmLaunch } from '../../../model/node/plan.ts';

/** `running` with that NIC of `wanted`, at its place there; unchanged where `wanted` has no such NIC. */
export function withPort(running: VmLaunch, wanted: VmLaunch, nicId: string): VmLaunch {
  return { ...running, ports: withPart(running.ports, wanted.ports, nicId, (port) => port.nicId) };
}

export function withoutPort(running: VmLaunch, nicId: string): VmLaunch {
  return { ...running, ports: running.ports.filter((port) => port.nicId !== nicId) };
}

/** As `withPort`, of a volume. */
export function withVolume(running: VmLaunch, wanted: VmLaunch, volumeId: string): VmLaunch {
  return { ...running, volumes: withPart(running.volumes, wanted.volumes, volumeId, ({ id }) => id) };
}

export function withoutVolume(running: VmLaunch, volumeId: string): VmLaunch {
  return { ...running, volumes: running.volumes.filter(({ id }) => id !== volumeId) };
}

/** With the sizes that disks and volumes have in `wanted`. */
export function withDiskSizes(running: VmLaunch, wanted: VmLaunch): VmLaunch {
  const sizes = new Map(wanted.volumes.map(({ id, size }) => [id, size]));
  const volumes = running.volumes.map((volume) => ({ ...volume, size: sizes.get(volume.id) ?? volume.size }));
  return { ...running, disk: wanted.disk, volumes };
}

function withPart<T>(running: readonly T[], wanted: readonly T[], id: string, idOf: (part: T) => string): T[] {
  const place = wanted.findIndex((part) => idOf(part) === id);
  const part = wanted[place];
  if (part === undefined) return [...running];
  const others = running.filter((other) => idOf(other) !== id);
  const before = new Set(wanted.slice(0, place).map(idOf));
  const at = others.findLastIndex((other) => before.has(idOf(other))) + 1;
  return others.toSpliced(at, 0, part);
}
