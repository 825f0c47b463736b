/**
 * How a node passes images on to other nodes: its sshd runs one constant script for one key, and nothing else for it.
 * Images are no secrets of a node, so the script needs no more rights than the login has.
 */
import { type Host, perform } from '../../host/host.ts';
import { CroftError } from '../../model/error.ts';
import { type ImagePlace, imageFolder } from './node-images.ts';
import { portable } from './portable.ts';

/**
 * Arguments: the image folder; the request, \`SHA256 FORMAT OFFSET SIZE\`. Prints the image from the offset on, compressed.
 * Of an image that is still arriving it prints what is there and goes on until it has all, or until nobody writes it any
 * more: who writes it holds a lock on it. A file is read only as far as it was written, since its size grows with it.
 */
const serveScript = `set -f
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
export PATH LC_ALL
${portable}
refuse() { echo "refused: $1" >&2; exit 64; }
folder=$1
set -- $2
[ $# -eq 4 ] || refuse 'not a request for an image'
case $1 in *[!0-9a-f]*) refuse 'not a sha256' ;; esac
[ \${#1} -eq 64 ] || refuse 'not a sha256'
case $2 in qcow2 | raw | iso) ;; *) refuse 'not a format' ;; esac
case $3 in '' | *[!0-9]* | 0?*) refuse 'not an offset' ;; esac
case $4 in '' | *[!0-9]* | 0?*) refuse 'not a size' ;; esac
[ \${#3} -le 15 ] && [ \${#4} -le 15 ] || refuse 'not a size'
file=$folder/$1.$2 size=$4
for found in "$file" "$file.partial" "$file"; do [ -f "$found" ] && break; done
[ -f "$found" ] && [ -r "$found" ] || refuse 'it is not here'
exec 3<"$found"
written() { stat -c %s - <&3; }
follow() {
  tail -c "+$(($1 + 1))" <&3 || return
  until [ "$(written)" -ge "$size" ]; do
    if hold 0 s <&3; then hold 0 u <&3; [ "$(written)" -ge "$size" ] || return; fi
    sleep 0.1
    cat <&3 || return
  done
  cat <&3
}
follow "$3" | zstd -q -1 -c
`;

const scriptName = 'serve-image';

/** The script with its folder, ready to be a line of authorized_keys: the folder's name has nothing that needs quoting. */
function keyLine(place: ImagePlace, publicKey: string, comment: string): string {
  const [type, key] = publicKey.trim().split(/\s+/);
  const command = `exec /bin/sh ${place.stateFolder}/${scriptName} ${imageFolder(place)} \\"$SSH_ORIGINAL_COMMAND\\"`;
  if (!/^[A-Za-z0-9._/-]+$/.test(place.stateFolder)) throw new CroftError('internal', `${place.stateFolder} cannot stand in a command`);
  return `restrict,command="${command}" ${type} ${key} ${comment}`;
}

/**
 * Finds the login's authorized_keys and replaces our line in it. Arguments: user, our comment, state folder, our line or
 * nothing to remove it. It stands first, so that the rest stays as it is to the last byte; \`undo/authorized-keys\` says
 * what was not there before. Mode and owner stay, and no reader sees half a file. Who holds the lock beside it changes it; the
 * lock's file goes with the holder, so whoever waited looks whether it still has its name.
 */
const keyScript = `
set -eu
${portable}
user=$1 comment=$2 state=$3 line=$4
note=$state/undo/authorized-keys
home=$(getent passwd "$user" | cut -d : -f 6)
[ -n "$home" ] || { echo "$user has no home" >&2; exit 1; }
file=$home/.ssh/authorized_keys
if [ -e "$file" ]; then file=$(readlink -f "$file"); fi
if [ -z "$line" ]; then
  [ -f "$file" ] || exit 0
elif [ -f "$file" ]; then
  if [ "$(head -n 1 "$file")" = "$line" ]; then exit 0; fi
else
  (umask 077 && mkdir -p "$state/undo")
  if [ ! -d "$home/.ssh" ]; then
    mkdir -m 700 "$home/.ssh"
    chown "$user:" "$home/.ssh"
    echo folder >>"$note"
  fi
  echo file >>"$note"
  (umask 077 && : >"$file")
  chown "$user:" "$file"
fi
lock=\${file%/*}/croft.lock temporary=
while :; do
  exec 9<>"$lock"
  hold 10 x <&9
  ! is_same "$lock" <&9 || break
done
trap 'rm -f "$temporary" "$lock"' EXIT
temporary=$(mktemp "$file.croft.XXXXXX")
cp -p "$file" "$temporary"
{
  [ -z "$line" ] || printf '%s\\n' "$line"
  sed "/ $comment\\$/d" "$file"
} >"$temporary"
if [ -z "$line" ] && [ ! -s "$temporary" ] && grep -qsx file "$note"; then
  rm -f "$file" "$temporary"
  rm -f "$lock"
  if grep -qsx folder "$note"; then rmdir "$home/.ssh" 2>/dev/null || :; fi
else
  mv -f "$temporary" "$file"
fi
[ -n "$line" ] || rm -f "$note"
`;

export interface ServeKey {
  publicKey: string;
  /** OpenSSH's private key file. */
  privateKey: string;
  /** Ends the line; of letters, digits and dashes, and different for each controller. */
  comment: string;
}

/** Lets the holder of the key fetch images from the node; repeating it does no harm. Rejects with `command.failed` or `node.*`. */
export async function openToPeers(host: Host, place: ImagePlace, key: ServeKey): Promise<void> {
  const { user } = await host.login();
  const path = `${place.stateFolder}/${scriptName}`;
  const write = 'umask 022; cat >"$1.new" && mv -f "$1.new" "$1"';
  await perform(
    host,
    succeeding(host, { argv: ['sh', '-c', write, 'sh', path], stdin: serveScript }),
    succeeding(host, {
      argv: ['sh', '-c', keyScript, 'sh', user, key.comment, place.stateFolder, keyLine(place, key.publicKey, key.comment)],
    }),
  );
}

/** Takes back what `openToPeers` did; does no harm where that was not done. */
export async function closeToPeers(host: Host, place: ImagePlace, key: Pick<ServeKey, 'comment'>): Promise<void> {
  const { user } = await host.login();
  await perform(
    host,
    succeeding(host, { argv: ['sh', '-c', keyScript, 'sh', user, key.comment, place.stateFolder, ''] }),
    succeeding(host, { argv: ['rm', '-f', `${place.stateFolder}/${scriptName}`] }),
  );
}

function succeeding(host: Host, command: { argv: readonly [string, ...string[]]; stdin?: string }) {
  return {
    command,
    parse: ({ code, stderr }: { code: number; stderr: string }): void => {
      if (code === 0) return;
      throw new CroftError(
        'command.failed',
        `Node ${host.name} cannot be set up to pass images on: ${stderr.trim() || `exit code ${code}`}`,
        {
          node: host.name,
        },
      );
    },
  };
}
