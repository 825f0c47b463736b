/** Delivers the images of a VM to a node. */
import type { VmLaunch } from '../model/node/plan.ts';
import type { ExecutionContext } from './context.ts';

/** ms and percent between two progress reports of a VM's images. */
const tellAfter = 2_000;
const tellStep = 10;

/** All images that the VM's disks consist of, in parallel. */
export async function ensureImages(
  { images, host, layout, progress, clock }: ExecutionContext,
  launch: VmLaunch,
  label: string,
): Promise<void> {
  const needed = new Map([launch.image, ...launch.volumes.flatMap(({ image }) => image ?? [])].map((image) => [image.sha256, image]));
  const total = [...needed.values()].reduce((sum, { size }) => sum + size, 0);
  const present = new Map<string, number>();
  let told = { at: clock(), percent: 0 };
  const tell = () => {
    const percent = Math.floor(([...present.values()].reduce((sum, bytes) => sum + bytes, 0) * 100) / Math.max(total, 1));
    if (clock() - told.at < tellAfter || percent < told.percent + tellStep) return;
    told = { at: clock(), percent };
    progress.vmProgress(launch.id, label, 'image', percent);
  };
  const ensured = [...needed.values()].map(async (image) => {
    await images.ensure(host, layout, image, (bytes) => {
      present.set(image.sha256, bytes);
      tell();
    });
    present.set(image.sha256, image.size);
  });
  const failed = (await Promise.allSettled(ensured)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}
