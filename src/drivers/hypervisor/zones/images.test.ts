import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeHost } from '../../../../test/support/fake-host.ts';
import { nodeLayout } from '../../../../test/support/node.ts';
import type { Command, HostProcess } from '../../../host/host.ts';
import type { LaunchImage } from '../../../model/node/plan.ts';
import { ZoneImages } from './images.ts';

const layout = nodeLayout({ stateFolder: '/c', runFolder: '/run/c' });
const image = (letter: string): LaunchImage => ({ id: letter, sha256: letter.repeat(64), format: 'raw', size: 1 });

/** Notes when each script begins and ends; each waits for the gate. */
class GatedHost extends FakeHost {
  readonly steps: string[] = [];
  readonly gate = Promise.withResolvers<void>();

  override async batch(commands: readonly Command[]) {
    return await this.#through(commands[0]?.argv[3] ?? '', () => super.batch(commands));
  }

  override async spawn(command: Pick<Command, 'argv'>): Promise<HostProcess> {
    return await this.#through(command.argv[3] ?? '', () => super.spawn(command));
  }

  async #through<T>(name: string, work: () => Promise<T>): Promise<T> {
    this.steps.push(`${name} begins`);
    await this.gate.promise;
    this.steps.push(`${name} ends`);
    return await work();
  }
}

test('SC11 a VM that wants an image while unused ones are removed waits for that, and recreates it', async () => {
  const host = new GatedHost();
  const images = new ZoneImages('/dev/zvol');
  const sweep = images.sweep({ host, layout }, 'rpool/croft-c');
  const use = images.during({ host, layout }, 'rpool/croft-c', [image('a')], async () => void host.steps.push('clone'));
  const again = images.sweep({ host, layout }, 'rpool/croft-c');
  host.gate.resolve();
  await Promise.all([sweep, use, again]);
  assert.deepEqual(host.steps, ['croft-sweep begins', 'croft-sweep ends', 'croft-image begins', 'croft-image ends', 'clone']);
});

test('SC11 images are written one after the other on a node, and one that fails holds up no other', async () => {
  const host = new GatedHost({ answer: ({ argv }) => ({ code: argv[5] === image('a').sha256 ? 1 : 0 }) });
  const images = new ZoneImages('/dev/zvol');
  const use = (letter: string) => images.during({ host, layout }, 'rpool/croft-c', [image(letter)], async () => undefined);
  const uses = Promise.allSettled([use('a'), use('b')]);
  host.gate.resolve();
  assert.deepEqual(
    (await uses).map(({ status }) => status),
    ['rejected', 'fulfilled'],
  );
  assert.deepEqual(host.steps, ['croft-image begins', 'croft-image ends', 'croft-image begins', 'croft-image ends']);
});
