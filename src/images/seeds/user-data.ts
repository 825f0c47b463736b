/** The user-data of a VM: the user's text, unchanged; two documents are joined to one MIME message. */
import type { VmLaunch } from '../../model/node/plan.ts';

/** No line of base64 has a dash in it, so nothing that a user wrote can end a part. */
const boundary = '==croft==-part-==';

/**
 * A script, a `#cloud-config` document, or both as a message of two parts, as cloud-init reads it (its documentation of user-data
 * formats). Null for a VM that has neither.
 */
export function userDataOf({ userData, cloudConfig }: Pick<VmLaunch, 'userData' | 'cloudConfig'>): string | null {
  if (userData === null || cloudConfig === null) return userData ?? cloudConfig;
  const parts = [part('cloud-config', cloudConfig), part('x-shellscript', userData)];
  const head = `Content-Type: multipart/mixed; boundary="${boundary}"\nMIME-Version: 1.0\n`;
  return `${head}\n${parts.map((each) => `--${boundary}\n${each}\n`).join('')}--${boundary}--\n`;
}

/** Lines of 76 letters, RFC 2045 §6.8. */
function part(type: string, content: string): string {
  const lines =
    Buffer.from(content)
      .toString('base64')
      .match(/.{1,76}/g) ?? [];
  const head = [`Content-Type: text/${type}; charset="utf-8"`, 'MIME-Version: 1.0', 'Content-Transfer-Encoding: base64'];
  return [...head, '', ...lines].join('\n');
}
