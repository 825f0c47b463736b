/** The form, in a slice file, of what a VM's seed brings to its guest: user-data, a cloud-config and public keys. */
import { z } from 'zod';

export const userDataSchema = z
  .string()
  .max(64 * 1024, 'user-data has at most 65536 characters')
  .regex(/^(#!|#cloud-config\s)[^\0]*$/, 'user-data is a script that starts with "#!" or a document that starts with "#cloud-config"');

export const cloudConfigSchema = z
  .string()
  .max(64 * 1024, 'a cloud-config has at most 65536 characters')
  .regex(/^[^\0]*$/, 'a cloud-config has no zero byte');

const publicKeyPattern =
  /^(ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com) [A-Za-z0-9+/]{32,}={0,2}( ([\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd]|[\ud800-\udbff][\udc00-\udfff])*)?$/;

export const sshKeysSchema = z
  .array(z.string().max(16384).regex(publicKeyPattern, 'not an OpenSSH public key on one line, such as "ssh-ed25519 AAAA… name"'))
  .max(100);
