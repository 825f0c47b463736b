/** nft rulesets of a slice's router: in its own namespace and on the node's side of the transit link. */
import type { RouterPlan } from '../../../model/node/plan.ts';
import { removeTable, replaceTable } from '../../../tools/nft.ts';
import { gatewayName, sliceTableName, transitInside } from '../names.ts';
import { hasInternet, transitAddresses } from './plan-file.ts';

/**
 * Inside: guests reach the gateway of their own network by DHCP, DNS and ping; networks with internet reach the transit link, translated;
 * networks of the slice do not reach each other.
 */
export function insideRuleset(controllerId: string, plan: RouterPlan): string {
  const gateways = plan.networks.flatMap((network) => {
    const from = `iifname "${gatewayName(network.networkId)}"`;
    return [
      `${from} ip daddr { ${network.gateway}, 255.255.255.255 } udp dport { 53, 67 } accept`,
      `${from} ip daddr ${network.gateway} tcp dport 53 accept`,
      `${from} ip daddr ${network.gateway} icmp type echo-request accept`,
    ];
  });
  const outward = plan.networks.filter((network) => network.internet);
  const established = 'ct state established,related accept';
  return replaceTable(
    'ip',
    sliceTableName(controllerId, plan.sliceId),
    [
      chain('input', 'type filter hook input priority filter; policy drop;', ['iifname "lo" accept', established, ...gateways]),
      chain('forward', 'type filter hook forward priority filter; policy drop;', [
        established,
        ...outward.map(
          (network) => `iifname "${gatewayName(network.networkId)}" ip saddr ${network.cidr} oifname "${transitInside}" accept`,
        ),
      ]),
      chain('postrouting', 'type nat hook postrouting priority srcnat; policy accept;', [`oifname "${transitInside}" masquerade`]),
    ].join(''),
  );
}

/**
 * On the node: the router's address is translated once more towards the outside; no slice reaches another slice's transit link, and the
 * node itself answers it only to ping.
 */
export function nodeRuleset(controllerId: string, plan: RouterPlan): string {
  const name = sliceTableName(controllerId, plan.sliceId);
  if (!hasInternet(plan)) return removeTable('ip', name);
  const { router, interfaceName } = transitAddresses(plan);
  const established = 'ct state established,related accept';
  return replaceTable(
    'ip',
    name,
    [
      chain('input', 'type filter hook input priority filter; policy accept;', [
        `iifname "${interfaceName}" ${established}`,
        `iifname "${interfaceName}" icmp type echo-request accept`,
        `iifname "${interfaceName}" drop`,
      ]),
      chain('forward', 'type filter hook forward priority filter; policy accept;', [
        `iifname "${interfaceName}" ip saddr != ${router} drop`,
        `iifname "${interfaceName}" oifname "cx*" drop`,
        `iifname "${interfaceName}" accept`,
        `oifname "${interfaceName}" ${established}`,
        `oifname "${interfaceName}" drop`,
      ]),
      chain('postrouting', 'type nat hook postrouting priority srcnat; policy accept;', [
        `ip saddr ${router} oifname != "${interfaceName}" masquerade`,
      ]),
    ].join(''),
  );
}

function chain(name: string, hook: string, rules: readonly string[]): string {
  return `  chain ${name} {\n    ${hook}\n${rules.map((rule) => `    ${rule}\n`).join('')}  }\n`;
}
