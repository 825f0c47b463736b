/** The typed client of the API: one method per operation. The CLI and the web interface use nothing else. */

import type { Event } from '../model/event.ts';
import type { Image } from '../model/image/image.ts';
import type { CatalogueEntry, ImportOptions, PullRequest } from '../model/image/requests.ts';
import type { ImageCheck, ImageCollection, ImageView } from '../model/image/view.ts';
import type { RoleAnswer } from '../model/leader.ts';
import type { ControllerReport, DoctorReport } from '../model/node/doctor.ts';
import type { NodeConfigInput } from '../model/node/node.ts';
import type { NodeView } from '../model/node/view.ts';
import type {
  AbandonedAnswer,
  ApplyAnswer,
  ApplyOptions,
  CommandAnswer,
  DrainAnswer,
  ExecInput,
  FingerprintAnswer,
  LatestEventAnswer,
  NodeEdit,
  PlanAnswer,
  SliceDocument,
  VersionAnswer,
} from '../model/operations.ts';
import type { SliceSummary, SliceView } from '../model/slice/view.ts';
import type { Task } from '../model/task.ts';
import type { Flavor } from '../model/vm/flavor.ts';
import type { GuestReport, Snapshot } from '../model/vm/operations.ts';
import type { VmView } from '../model/vm/view.ts';
import { type Console, openConsole } from './console.ts';
import { followEvents } from './event-stream.ts';
import { createTransport, type Missing, type TransportOptions } from './transport.ts';
import { measured, type Upload } from './upload.ts';

/** The connection to a node for reading its host key: the `ssh` part of its configuration. */
export type HostKeyTarget = NonNullable<NodeConfigInput['ssh']>;

/**
 * Every method rejects with the controller's CroftError, or with `unavailable` where the controller does not answer. `missing`
 * receives the number of rows that the controller cannot read.
 */
export type Client = ReturnType<typeof createClient>;

/** `url` is the controller's, such as `http://127.0.0.1:8700`. `fetch` replaces the built-in one. */
export function createClient(options: TransportOptions) {
  const transport = createTransport(options);
  const { json, partial, text, stream, pages } = transport;
  const part = encodeURIComponent;
  const slicePath = (slice: string): string => `/v1/slices/${part(slice)}`;
  const vmPath = (slice: string, vm: string): string => `${slicePath(slice)}/vms/${part(vm)}`;
  const nodePath = (node: string): string => `/v1/nodes/${part(node)}`;
  const imagePath = (image: string): string => `/v1/images/${part(image)}`;

  return {
    health: () => json<{ status: 'ok' }>('GET', '/v1/health'),
    /** Answered by a standby too. */
    role: () => json<RoleAnswer>('GET', '/healthz'),
    version: () => json<VersionAnswer>('GET', '/v1/version'),
    /** Checks all nodes and the database. */
    doctor: () => json<ControllerReport>('GET', '/v1/doctor'),

    nodes: {
      list: (missing?: Missing) => partial<NodeView[]>('/v1/nodes', missing),
      get: (node: string) => json<NodeView>('GET', nodePath(node)),
      add: (config: NodeConfigInput) => json<NodeView>('POST', '/v1/nodes', { body: config }),
      /** The fingerprint of the machine's present host key, to be compared before the node is adopted. */
      hostKey: (target: HostKeyTarget) => json<FingerprintAnswer>('POST', '/v1/nodes/host-key', { body: target }),
      remove: (node: string, options: { abandon?: boolean } = {}) =>
        json<AbandonedAnswer>('DELETE', nodePath(node), { query: { abandon: options.abandon } }),
      /** Given labels are set, those given as null removed. */
      edit: (node: string, edit: NodeEdit) => json<NodeView>('PATCH', nodePath(node), { body: edit }),
      /** VMs leave the node until the task has ended. */
      drain: (node: string) => json<DrainAnswer>('POST', `${nodePath(node)}/drain`),
      resume: (node: string) => json<NodeView>('POST', `${nodePath(node)}/resume`),
      exec: (node: string, request: ExecInput) => json<CommandAnswer>('POST', `${nodePath(node)}/exec`, { body: request }),
      doctor: (node: string) => json<DoctorReport>('GET', `${nodePath(node)}/doctor`),
      /** Installs missing parts, then checks again. */
      fix: (node: string) => json<DoctorReport>('POST', `${nodePath(node)}/doctor`),
    },

    flavors: { list: () => json<Flavor[]>('GET', '/v1/flavors') },

    images: {
      list: (missing?: Missing) => partial<ImageView[]>('/v1/images', missing),
      get: (image: string) => json<ImageView>('GET', imagePath(image)),
      /** The images whose source the image map knows. */
      catalogue: () => json<CatalogueEntry[]>('GET', '/v1/image-catalogue'),
      /** Requests the content; it is present once `pull` of the image is null. */
      pull: (image: string, request: PullRequest = {}) => json<ImageView>('POST', `${imagePath(image)}/pull`, { body: request }),
      /** The nodes that keep the image in advance: `all`, `pool:NAME`, `node:NAME`. */
      prepull: (image: string, prepull: string[]) => json<ImageView>('PUT', `${imagePath(image)}/prepull`, { body: { prepull } }),
      verify: (image: string) => json<ImageCheck[]>('POST', `${imagePath(image)}/verify`),
      /** Removes unused files, or only reports them. */
      collect: (options: { dryRun?: boolean; idle?: boolean } = {}) =>
        json<ImageCollection[]>('POST', '/v1/image-collection', { query: { dryRun: options.dryRun, idle: options.idle } }),
      /** The image's file, as a stream. */
      content: (image: string) => stream('GET', `${imagePath(image)}/content`),
      /** Streams an image; `onProgress` receives the bytes sent so far. */
      add: (image: string, content: Upload, onProgress?: (sent: number) => void, traits: ImportOptions = {}) =>
        json<Image>('PUT', imagePath(image), {
          query: { ...traits },
          stream: measured(content, onProgress),
          type: 'application/octet-stream',
        }),
      buildMicro: (image: string) => json<Image>('POST', `${imagePath(image)}/build-micro`),
      buildDebian: (image: string) => json<Image>('POST', `${imagePath(image)}/build-debian`),
      remove: (image: string) => json<void>('DELETE', imagePath(image)),
    },

    slices: {
      list: (missing?: Missing) => partial<SliceSummary[]>('/v1/slices', missing),
      get: (slice: string, missing?: Missing) => partial<SliceView>(slicePath(slice), missing),
      /** The slice is the principal's, unless another owner is named. */
      plan: (document: SliceDocument, owner?: string) => json<PlanAnswer>('POST', '/v1/slices/plan', { query: { owner }, body: document }),
      apply: (document: SliceDocument, { owner, ...options }: ApplyOptions & { owner?: string } = {}) =>
        json<ApplyAnswer>('POST', '/v1/slices/apply', { query: { owner }, body: { ...document, ...options } }),
      start: (slice: string) => json<Task>('POST', `${slicePath(slice)}/start`),
      stop: (slice: string) => json<Task>('POST', `${slicePath(slice)}/stop`),
      remove: (slice: string) => json<Task>('DELETE', slicePath(slice)),
      /** The slice as a slice file, YAML. */
      export: (slice: string) => text('GET', `${slicePath(slice)}/export`),
    },

    vms: {
      /** All VMs, read in pages; VMs added or removed meanwhile may or may not be included. */
      list: (filter: { slice?: string; node?: string } = {}, missing?: Missing) => pages<VmView>('/v1/vms', filter, 1000, missing),
      get: (slice: string, vm: string) => json<VmView>('GET', vmPath(slice, vm)),
      start: (slice: string, vm: string) => json<Task>('POST', `${vmPath(slice, vm)}/start`),
      stop: (slice: string, vm: string) => json<Task>('POST', `${vmPath(slice, vm)}/stop`),
      restart: (slice: string, vm: string) => json<Task>('POST', `${vmPath(slice, vm)}/restart`),
      /** Pauses the guest, until it is resumed. */
      pause: (slice: string, vm: string) => json<Task>('POST', `${vmPath(slice, vm)}/pause`),
      resume: (slice: string, vm: string) => json<Task>('POST', `${vmPath(slice, vm)}/resume`),
      remove: (slice: string, vm: string) => json<Task>('DELETE', vmPath(slice, vm)),
      /** Oldest first. */
      snapshots: (slice: string, vm: string) => json<Snapshot[]>('GET', `${vmPath(slice, vm)}/snapshots`),
      snapshot: (slice: string, vm: string, name: string, memory = false) =>
        json<void>('POST', `${vmPath(slice, vm)}/snapshots`, { body: { name, memory } }),
      /** Everything written since is lost. */
      revert: (slice: string, vm: string, name: string) => json<void>('POST', `${vmPath(slice, vm)}/snapshots/${part(name)}/revert`),
      removeSnapshot: (slice: string, vm: string, name: string) => json<void>('DELETE', `${vmPath(slice, vm)}/snapshots/${part(name)}`),
      /** `hard` resets the VM instead of asking its guest. */
      reboot: (slice: string, vm: string, hard = false) => json<void>('POST', `${vmPath(slice, vm)}/reboot`, { body: { hard } }),
      /** Null where no agent answers. */
      guest: (slice: string, vm: string) => json<GuestReport | null>('GET', `${vmPath(slice, vm)}/guest`),
      /** The screen, in the RFB protocol. */
      vnc: (slice: string, vm: string): Promise<Console> => openConsole(transport, `${vmPath(slice, vm)}/vnc`),
      /** The end of the serial console's output, at most `bytes`. */
      consoleLog: (slice: string, vm: string, bytes?: number) => text('GET', `${vmPath(slice, vm)}/console-log`, { query: { bytes } }),
      /** Attaches to the serial console; several may at a time. */
      console: (slice: string, vm: string): Promise<Console> => openConsole(transport, `${vmPath(slice, vm)}/console`),
    },

    tasks: {
      /** Newest first. */
      list: (limit?: number) => json<Task[]>('GET', '/v1/tasks', { query: { limit } }),
      get: (task: string) => json<Task>('GET', `/v1/tasks/${part(task)}`),
    },

    events: {
      list: (filter: { after?: number; limit?: number } = {}) => json<Event[]>('GET', '/v1/events', { query: filter }),
      /** The newest sequence, 0 where there is none: the starting point of `follow` for missing no event from now on. */
      latest: () => json<LatestEventAnswer>('GET', '/v1/events/latest'),
      /** Endless: reconnects by itself and misses nothing. Without `after` only new events. */
      follow: (filter: { after?: number; slice?: string } = {}, signal?: AbortSignal): AsyncIterable<Event> =>
        followEvents(transport, filter, signal),
    },

    /** A consistent copy of the store: gzip, lines of JSON. */
    backup: () => stream('GET', '/v1/backup'),
    /** Replaces the store by a backup; refused with `conflict.confirm` unless the store is empty or `replace` is true. */
    restore: (content: Upload, options: { replace?: boolean } = {}) =>
      json<void>('POST', '/v1/restore', { query: { replace: options.replace }, stream: measured(content), type: 'application/gzip' }),
  };
}
