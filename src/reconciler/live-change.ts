/** How a running VM is changed to another launch without a restart, where that is possible. Pure. */

import { formatSize } from '../model/input/unit.ts';
import { type PortPlan, planHash, type VmLaunch, type VolumePlan } from '../model/node/plan.ts';
import type { Capability } from '../model/vm/capability.ts';

/** A NIC by its MAC, a volume by its name. */
export interface LivePart {
  id: string;
  name: string;
}

/** The changes made while the VM runs: removals before additions, and sizes last. */
export interface LiveChange {
  detachNics: LivePart[];
  detachVolumes: LivePart[];
  attachVolumes: LivePart[];
  attachNics: LivePart[];
  resize: boolean;
}

export interface LiveWay {
  /** Null where nothing can be changed now. */
  change: LiveChange | null;
  /**
   * The changes that wait for the next start, in words; null where there are none, or where they are not known before the change was
   * tried.
   */
  waiting: string | null;
  /** Ports that belong to the VM's NICs now and stay. */
  ports: PortPlan[];
}

/** Null where only a restart makes the change. `tried`: the guest was offered these sizes, and did not take all of them. */
export function liveWay(running: VmLaunch, wanted: VmLaunch, can: ReadonlySet<Capability>, tried: boolean): LiveWay | null {
  const nics = compare(running.ports, wanted.ports, (port) => port.nicId, samePort);
  const volumes = compare(running.volumes, wanted.volumes, ({ id }) => id, sameVolume);
  if (nics === null || volumes === null || !sameElsewhere(running, wanted)) return null;
  if (nics.gone.length + nics.come.length > 0 && !can.has('hotplug-nic')) return null;
  const moving = [...volumes.gone, ...volumes.come];
  if (moving.length > 0 && (!can.has('hotplug-volume') || moving.some(isCdRom))) return null;
  const sizes = running.cpus !== wanted.cpus || running.memory !== wanted.memory;
  const grows = running.disk !== wanted.disk || volumes.kept.some(([before, after]) => before.size !== after.size);
  const resize = (sizes && can.has('live-size') && !tried) || (grows && can.has('live-disk'));
  const change: LiveChange = {
    detachNics: nics.gone.map(asNic),
    detachVolumes: volumes.gone.map(asVolume),
    attachVolumes: volumes.come.map(asVolume),
    attachNics: nics.come.map(asNic),
    resize,
  };
  const nothing = nics.gone.length + nics.come.length + moving.length === 0 && !resize;
  return {
    change: nothing ? null : change,
    waiting: resize || !(sizes || grows) ? null : waitingInWords(running, wanted),
    ports: nics.kept.map(([, port]) => port),
  };
}

const asNic = ({ nicId, mac }: PortPlan): LivePart => ({ id: nicId, name: mac });
const asVolume = ({ id, name }: VolumePlan): LivePart => ({ id, name });

/** `its next start brings CPUs 1 → 2 (croft vm restart does that now)`. */
function waitingInWords(running: VmLaunch, wanted: VmLaunch): string {
  const size = (bytes: number | null): string => (bytes === null ? "the image's size" : formatSize(bytes));
  const before = new Map(running.volumes.map((volume) => [volume.id, volume.size]));
  const parts = [
    ['CPUs', String(running.cpus), String(wanted.cpus)],
    ['memory', formatSize(running.memory), formatSize(wanted.memory)],
    ['disk', size(running.disk), size(wanted.disk)],
    ...wanted.volumes.map(({ id, name, size: after }) => [`volume ${name}`, size(before.get(id) ?? null), size(after)]),
  ];
  const differing = parts.filter(([, from, to]) => from !== to).map(([what, from, to]) => `${what} ${from} → ${to}`);
  return `its next start brings ${differing.join(', ')} (\`croft vm restart\` does that now)`;
}

interface Compared<T> {
  gone: T[];
  come: T[];
  /** The present and the wanted value. */
  kept: [T, T][];
}

/** Null where an item that stays is to be changed, or the items that stay are to be in another order. */
function compare<T>(
  before: readonly T[],
  after: readonly T[],
  idOf: (part: T) => string,
  isSame: (part: T, other: T) => boolean,
): Compared<T> | null {
  const [had, has] = [before, after].map((parts) => new Map(parts.map((part) => [idOf(part), part]))) as [Map<string, T>, Map<string, T>];
  const kept = before.flatMap((part): [T, T][] => {
    const other = has.get(idOf(part));
    return other === undefined ? [] : [[part, other]];
  });
  const order = after.filter((part) => had.has(idOf(part)));
  if (kept.some(([part, other], index) => !isSame(part, other) || order[index] !== other)) return null;
  return { gone: before.filter((part) => !has.has(idOf(part))), come: after.filter((part) => !had.has(idOf(part))), kept };
}

const samePort = (port: PortPlan, other: PortPlan): boolean =>
  planHash({ ...port, dhcp: true, impairment: null }) === planHash({ ...other, dhcp: true, impairment: null });

/** Without its size, which grows in place. */
const sameVolume = (volume: VolumePlan, other: VolumePlan): boolean =>
  volume.name === other.name && volume.image?.id === other.image?.id && (volume.size ?? 0) <= (other.size ?? 0);

const isCdRom = ({ image }: VolumePlan): boolean => image?.format === 'iso';

/** Whether all fields that no live change covers are equal. */
function sameElsewhere(running: VmLaunch, wanted: VmLaunch): boolean {
  const { cpus, memory, disk, ports, volumes } = wanted;
  return (running.disk ?? 0) <= (disk ?? 0) && planHash({ ...running, cpus, memory, disk, ports, volumes }) === planHash(wanted);
}
