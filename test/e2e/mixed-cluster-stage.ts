/** A cluster of plain QEMU, libvirt and what passes for illumos, one host for each; the node with zones is added by its tests. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { NodeConfigInput } from '../../src/model/node/node.ts';
import type { Outcome } from '../support/fake-environment.ts';
import { until } from '../support/until.ts';
import { ClusterStage } from './cluster-stage.ts';
import { croft } from './croft-command.ts';
import { startLabLibvirt } from './lab-libvirt.ts';
import { startLabZones } from './lab-zones.ts';
import type { LibvirtDaemon } from './private-libvirt.ts';

export class MixedCluster implements AsyncDisposable {
  readonly stage: ClusterStage;
  /** Of the host lab2. */
  readonly libvirt: LibvirtDaemon;
  /** The node lab3, as it is to be added. */
  readonly zones: NodeConfigInput;

  private constructor(stage: ClusterStage, libvirt: LibvirtDaemon, zones: NodeConfigInput) {
    this.stage = stage;
    this.libvirt = libvirt;
    this.zones = zones;
  }

  /** Resolves when lab1 and lab2 are ready, and the image micro is there for each hypervisor under a name of its own. */
  static async open(): Promise<MixedCluster> {
    await using undo = new AsyncDisposableStack();
    const stage = undo.use(await ClusterStage.open({ hosts: 3, adopt: false }));
    const libvirt = await startLabLibvirt(stage.host('lab2'));
    const [first, second, third] = await stage.nodes();
    assert.ok(first && second && third);
    const folders = await startLabZones(stage.host(third.name), join(stage.lab.folder, third.name), third.uplink ?? '');
    const cluster = new MixedCluster(stage, libvirt, { ...third, ...folders, hypervisor: 'zones', roles: ['compute'] });
    await cluster.must('node add -f -', stringify([first, { ...second, hypervisor: 'libvirt' }]));
    for (const { name } of [first, second]) await stage.nodeIs(name, 'ready');
    const folder = await mkdtemp(join(tmpdir(), 'croft-mixed-'));
    try {
      const file = join(folder, 'micro.raw');
      await cluster.must(`image export micro ${file}`);
      for (const backend of ['qemu', 'libvirt', 'zones']) await cluster.must(`image import for-${backend} ${file} --backend ${backend}`);
    } finally {
      await rm(folder, { recursive: true });
    }
    undo.move();
    return cluster;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stage[Symbol.asyncDispose]();
  }

  /** Its output must not say that it failed. */
  async must(words: string, input?: string): Promise<Outcome> {
    const outcome = await croft(this.stage.client, words.split(' '), input);
    assert.equal(outcome.code, 0, `croft ${words}: ${outcome.stderr}${outcome.stdout}`);
    return outcome;
  }

  /** All virtual NICs of the node with zones. */
  links(): Promise<string> {
    return this.stage.on('lab3', 'dladm show-vnic -p -o link,over,macaddress,vid').then((said) => said.trim());
  }

  /** Waits until each of the nodes has the image whole. */
  async arrives(name: string, nodes: readonly string[]): Promise<void> {
    const { sha256 } = (await this.stage.client.images.list()).find((image) => image.name === name)?.content ?? {};
    for (const node of nodes) {
      const file = `${this.stateFolderOf(node)}/images/${sha256}.raw`;
      const said = () => this.stage.on(node, 'if [ -f "$1" ]; then sha256sum "$1"; fi', file);
      const sum = await until(`${node} has ${name}`, async () => (await said()) || undefined, 60_000);
      assert.equal(sum.slice(0, 64), sha256);
    }
  }

  stateFolderOf(node: string): string {
    return `${node === 'lab3' ? this.zones.stateFolder : '/var/lib/croft/node'}/${this.stage.controllerId}`;
  }
}
