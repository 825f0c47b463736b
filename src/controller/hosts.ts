/** Derives a node's connection and its folders for this controller from the node's configuration. */
import type { NodeLayout } from '../drivers/hypervisor/driver.ts';
import type { Host } from '../host/host.ts';
import { createLocalHost } from '../host/local-host.ts';
import { createSshHost, publicHostKey, readHostKey } from '../host/ssh-host.ts';
import type { PeerRoute } from '../images/spread/swarm.ts';
import { CroftError } from '../model/error.ts';
import { type NodeConfig, type NodeConfigInput, nodeConfigSchema, sshTargetSchema } from '../model/node/node.ts';

export interface Reach {
  host: Host;
  layout: NodeLayout;
}

export interface HostsOptions {
  controllerId: string;
  /** Private key for logins that name none. */
  defaultKey: string;
  /** Path of an ssh-agent's socket. */
  agent: string | null;
}

type SshConfig = NonNullable<NodeConfig['ssh']>;

export class Hosts {
  readonly #options: HostsOptions;
  readonly #local = new WeakSet<Host>();
  readonly #configs = new WeakMap<Host, NodeConfig>();

  constructor(options: HostsOptions) {
    this.#options = options;
  }

  reach(config: NodeConfig): Reach {
    const { controllerId } = this.#options;
    const layout: NodeLayout = {
      controllerId,
      stateFolder: `${config.stateFolder}/${controllerId}`,
      runFolder: `${config.runFolder}/${controllerId}`,
      bridge: config.bridge,
      uplink: config.uplink,
    };
    const host = this.#host(config);
    this.#configs.set(host, config);
    return { host, layout };
  }

  /** Whether it is the controller's own machine. */
  isLocal(host: Host): boolean {
    return this.#local.has(host);
  }

  /** The address for other nodes; none for a node behind a jump host, and this machine has no images beyond the controller's own. */
  routeOf(host: Host): PeerRoute {
    const config = this.#configs.get(host);
    const pool = config?.pool ?? '';
    if (config?.ssh === undefined || config.ssh.jump !== undefined) return { pool, ssh: null };
    const { user, address, port } = config.ssh;
    const target = this.#withKeys(config.ssh);
    return { pool, ssh: { user, address, port, hostKey: () => publicHostKey({ name: config.name, target, ...this.#agent() }) } };
  }

  /** The fingerprint of the machine's present host key. */
  async hostKey(target: NonNullable<NodeConfigInput['ssh']>): Promise<string> {
    const config = nodeConfigSchema.shape.ssh.unwrap().parse(target);
    return await this.#hostKeyOf(config.address, this.#withKeys(config));
  }

  /** The configuration with every login key named and every host key pinned to the machines' present keys, unless it is given. */
  async pin(config: NodeConfig): Promise<NodeConfig> {
    if (config.ssh === undefined) return config;
    const ssh = this.#withKeys(config.ssh);
    if (ssh.jump !== undefined && ssh.jump.hostKey === undefined) {
      ssh.jump = { ...ssh.jump, hostKey: await this.#hostKeyOf(`${config.name} (jump host)`, sshTargetSchema.parse(ssh.jump)) };
    }
    ssh.hostKey ??= await this.#hostKeyOf(config.name, ssh);
    return { ...config, ssh };
  }

  #host({ name, ssh, sudo }: NodeConfig): Host {
    if (ssh === undefined) {
      const local = createLocalHost({ name, sudo });
      this.#local.add(local);
      return local;
    }
    if (ssh.hostKey === undefined) {
      throw new CroftError('node.host-key', `node ${name} has no pinned host key`, {
        node: name,
        hint: 'add it again with `croft node add`',
      });
    }
    return createSshHost({ name, target: this.#withKeys(ssh), sudo, ...this.#agent() });
  }

  #hostKeyOf(name: string, target: SshConfig): Promise<string> {
    return readHostKey({ name, target, ...this.#agent() });
  }

  #agent(): { agent?: string } {
    return this.#options.agent === null ? {} : { agent: this.#options.agent };
  }

  #withKeys(ssh: SshConfig): SshConfig {
    const keyFile = this.#options.defaultKey;
    return { keyFile, ...ssh, ...(ssh.jump === undefined ? {} : { jump: { keyFile, ...ssh.jump } }) };
  }
}
