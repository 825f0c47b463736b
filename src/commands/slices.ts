/** Commands on slices: desired state, task, event and images to fetch in one commit, then a notification of the loops. */
import { fullSliceName } from '../model/access/slice-name.ts';
import { CroftError } from '../model/error.ts';
import type { Image } from '../model/image/image.ts';
import type { ImageMap } from '../model/image/map/image-map.ts';
import type { ApplyOptions, SliceDocument } from '../model/operations.ts';
import type { SliceChange } from '../model/slice/change.ts';
import { describeChange } from '../model/slice/change-words.ts';
import { diffSlice, isEmptyChange } from '../model/slice/diff.ts';
import { readSliceFile } from '../model/slice/document.ts';
import { checkSliceFile } from '../model/slice/file-check.ts';
import { normaliseSlice } from '../model/slice/normalise.ts';
import type { Slice, SliceDesired } from '../model/slice/slice.ts';
import type { Task } from '../model/task.ts';
import type { Commit, Store } from '../store/store.ts';
import type { CommandContext } from './context.ts';
import type { CommandDependencies } from './dependencies.ts';
import { requestImages } from './images.ts';
import { situations } from './situations.ts';

type Comparing = Pick<CommandDependencies, 'store' | 'transit' | 'images' | 'abilitiesOf'>;
type Context = CommandContext<Comparing & Pick<CommandDependencies, 'wake'>>;

export interface Applied {
  slice: Slice;
  /** Null where there was no difference. */
  task: Task | null;
  change: SliceChange;
}

/** The effect that `applySlice` would have now on the slice of that owner. Rejects with `input.*` for an invalid document. */
export async function planSlice(context: Comparing, owner: string, document: SliceDocument): Promise<SliceChange> {
  return (await compare(context, owner, document)).change;
}

/**
 * Changes the stored slice of that owner to the document. Rejects with `conflict.confirm` where VMs would be recreated and that was not
 * allowed, and with `conflict.changed` where `against` is no longer its generation; without `against` an edit between reading and
 * committing is taken into account by comparing once more.
 */
export async function applySlice(context: Context, owner: string, document: SliceDocument, options: ApplyOptions): Promise<Applied> {
  try {
    return await applyOnce(context, owner, document, options);
  } catch (error) {
    const overtaken = error instanceof CroftError && error.code === 'conflict.changed';
    if (!overtaken || options.against !== undefined) throw error;
    return applyOnce(context, owner, document, options);
  }
}

async function applyOnce(context: Context, owner: string, document: SliceDocument, options: ApplyOptions): Promise<Applied> {
  const { principal, store, wake, images } = context;
  const { current, change, map } = await compare(context, owner, document);
  refuseOtherGeneration(change, options.against);
  if (current !== null && isEmptyChange(change)) return { slice: current, task: await taskUnderWay(store, current), change };
  if (options.allowRecreate !== true) refuseDataLoss(change);
  const { requested, ...applied } = await store.commit(principal, async (commit) => {
    const fetched = await requestImages(commit, imagesOf(change), map);
    const slice = await commit.slices.commit(change);
    const message = `${change.slice} was applied as generation ${slice.generation}:\n${describeChange(change).join('\n')}`;
    const task = await start(commit, 'slice.apply', slice);
    const data = { ...wish(task), vms: changesByName(change.vms), networks: changesByName(change.networks) };
    await commit.events.append([{ kind: 'slice.applied', slice: slice.name, message, data }]);
    return { requested: fetched, slice, task };
  });
  if (requested > 0) images.wake();
  wake();
  return { ...applied, change };
}

/** The images that VMs and volumes of a change need, by name. */
function imagesOf({ spec }: SliceChange): string[] {
  return [...new Set(spec.vms.flatMap(({ image, volumes }) => [image, ...volumes.flatMap((volume) => volume.image ?? [])]))];
}

/** Unfinished work on a slice that is already as requested. */
async function taskUnderWay({ tasks }: Store, { name }: Slice): Promise<Task | null> {
  return (await tasks.running()).find(({ kind, subject, vm }) => kind.startsWith('slice.') && subject === name && vm === null) ?? null;
}

async function compare(
  { store, transit, images: intake, abilitiesOf }: Comparing,
  owner: string,
  document: SliceDocument,
): Promise<{ current: Slice | null; change: SliceChange; map: ImageMap }> {
  const { file, locate } = 'text' in document ? readSliceFile(document.text) : { file: checkSliceFile(document.file), locate: undefined };
  const slice = fullSliceName(owner, file.slice);
  const [current, flavors, images, map] = await Promise.all([
    store.slices.find(slice),
    store.flavors.list(),
    store.images.list(),
    intake.map(),
  ]);
  if (current?.desired === 'absent') {
    throw new CroftError('conflict.in-use', `slice ${current.name} is still being removed`, { hint: 'apply it again when it is gone' });
  }
  const cdRoms = cdRomsOf(images);
  const wanted = normaliseSlice(file, {
    flavors,
    images: { map, stored: new Map(images.map(({ name, traits }) => [name, traits])), cdRoms, diskSizes: diskSizesOf(images) },
    previous: current?.spec ?? null,
    reserved: transit,
    ...(locate !== undefined && { locate }),
  });
  if (current === null) return { current, change: { ...diffSlice(null, wanted, null), slice }, map };
  const situationOf = await situations({ store, abilitiesOf }, current.name, cdRoms);
  return { current, change: { ...diffSlice(current.spec, wanted, current.generation, situationOf), slice }, map };
}

function diskSizesOf(images: readonly Image[]): Map<string, number> {
  return new Map(
    images.flatMap(({ name, content }) => (content === null || content.format === 'iso' ? [] : [[name, content.virtualSize] as const])),
  );
}

function cdRomsOf(images: readonly Image[]): Set<string> {
  return new Set(images.filter(({ content }) => content?.format === 'iso').map(({ name }) => name));
}

function refuseOtherGeneration({ slice, against }: SliceChange, expected: number | null | undefined): void {
  if (expected === undefined || expected === against) return;
  const now = against === null ? 'does not exist' : `has generation ${against}`;
  throw new CroftError('conflict.changed', `slice ${slice} ${now}, not ${expected ?? 'new'} as the plan was made against`, {
    hint: 'plan again and look at the difference',
  });
}

function refuseDataLoss(change: SliceChange): void {
  refuseRecreation(change);
  refuseLoss(change);
}

function refuseRecreation({ slice, vms }: SliceChange): void {
  const recreated = vms
    .filter((vm) => vm.kind === 'recreate')
    .map(({ spec, changes }) => `${spec.name} (${changes.map(({ field }) => field).join(', ')})`);
  if (recreated.length === 0) return;
  throw new CroftError('conflict.confirm', `in slice ${slice} these VMs would be recreated and lose their disks: ${recreated.join('; ')}`, {
    hint: 'allow it with "allowRecreate", or leave these fields as they are',
  });
}

/** Of volumes, whose VM stays. */
function refuseLoss({ slice, vms }: SliceChange): void {
  const lost = vms.flatMap((vm) =>
    vm.kind === 'restart' || vm.kind === 'update'
      ? vm.changes.flatMap(({ from, loses }) => (loses === undefined ? [] : [`${vm.spec.name} (${from})`]))
      : [],
  );
  if (lost.length === 0) return;
  throw new CroftError('conflict.confirm', `in slice ${slice} these volumes would lose their data: ${lost.join('; ')}`, {
    hint: 'allow it with "allowRecreate", or leave these volumes as they are',
  });
}

const verbs = {
  running: { kind: 'slice.start', done: 'started' },
  stopped: { kind: 'slice.stop', done: 'stopped' },
  absent: { kind: 'slice.remove', done: 'removed' },
} as const satisfies Record<SliceDesired, { kind: Task['kind']; done: string }>;

/** Starts, stops or removes all of a slice. */
export async function desireSlice(
  { principal, store, wake }: CommandContext<Pick<CommandDependencies, 'store' | 'wake'>>,
  name: string,
  desired: SliceDesired,
): Promise<Task> {
  const { kind, done } = verbs[desired];
  const task = await store.commit(principal, async (commit) => {
    const slice = await commit.slices.desire(name, desired);
    const started = await start(commit, kind, slice);
    await commit.events.append([{ kind, slice: name, message: `${name} is to be ${done}`, data: wish(started) }]);
    return started;
  });
  wake();
  return task;
}

function start({ tasks }: Commit, kind: Task['kind'], { name, generation }: Slice): Promise<Task> {
  return tasks.start({ kind, subject: name, vm: null, generation });
}

/** The event's text about the task of a wish. */
function wish({ id, generation }: Task): { task: string; generation: number } {
  return { task: id, generation };
}

type Change = SliceChange['vms'][number] | SliceChange['networks'][number];

function changesByName(changes: readonly Change[]): { name: string; change: Change['kind'] }[] {
  return changes.map((change) => ({ name: 'spec' in change ? change.spec.name : change.name, change: change.kind }));
}
