/** Removes images that nothing on a node needs, and checks those that are there. What is in use is read on the node, right before. */
import { type CommandResult, type Host, runLong } from '../../host/host.ts';
import { CroftError } from '../../model/error.ts';
import { type DeliveredImage, type ImagePlace, imageFilePattern } from './node-images.ts';
import { portable } from './portable.ts';

/**
 * Sets \`needed\` to the names of all that VMs of a state folder (argument) need, whether or not anyone has a record of
 * them: what the header of a qcow2 disk names as its backing file, what processes were started with, and on illumos what zones
 * are configured with, which tell no more by their processes. The script ends where a disk or a zone cannot be read, for then
 * nothing is certain. QEMU's docs/interop/qcow2.txt: the place of the name is at
 * byte 8, its length at byte 16.
 */
const neededScript = `
${portable}
backing() {
  set -- "$1" $(od -A n -v -t u1 -w20 -N 20 "$1")
  [ $# -gt 1 ] || { [ ! -s "$1" ]; return; }
  [ $# -eq 21 ] && [ "$2 $3 $4 $5" = '81 70 73 251' ] || return 0
  start=$((((((((\${10} * 256 + \${11}) * 256 + \${12}) * 256 + \${13}) * 256 + \${14}) * 256 + \${15}) * 256 + \${16}) * 256 + \${17}))
  length=$((((\${18} * 256 + \${19}) * 256 + \${20}) * 256 + \${21}))
  [ "$length" -eq 0 ] || tail -c "+$((start + 1))" "$1" | head -c "$length"
}
needed=$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -oE '[0-9a-f]{64}\\.(qcow2|raw|iso)')
for disk in "$1"/vms/*/*; do
  [ -f "$disk" ] || continue
  name=$(backing "$disk") || { [ ! -e "$disk" ] || { echo "the header of $disk cannot be read" >&2; exit 1; }; continue; }
  needed="$needed $name"
done
if [ "$system" = SunOS ]; then
  zones=$(zoneadm list -cp) || exit 1
  while IFS=: read -r number name state path rest; do
    case $path in "$1"/zones/*) ;; *) continue ;; esac
    configuration=$(zonecfg -z "$name" export </dev/null) || exit 1
    needed="$needed $configuration"
  done <<END
$zones
END
fi
`;

/**
 * Arguments: state folder, run folder, anything for a dry run. Input: \`keep SHA256\` and \`coming SHA256\` lines. Prints the
 * name of each file that it removes, and how many bytes of the disk that frees. A part that is locked is being written.
 */
const collectScript = `
${neededScript}
folder=$1/images run=$2 dry=$3
said=$(cat)
coming() {
  case $said in *"coming $1"*) return 0 ;; esac
  for part in "$folder/$1".*.partial; do
    [ ! -f "$part" ] || hold 0 x <>"$part" || return 0
  done
  return 1
}
for file in "$folder"/*; do
  [ -f "$file" ] || continue
  name=\${file##*/}
  sha256=\${name%%.*}
  case $sha256 in *[!0-9a-f]*) continue ;; esac
  [ \${#sha256} -eq 64 ] || continue
  case \${name#*.} in
  qcow2 | raw | iso)
    case $said in *"keep $sha256"*) continue ;; esac
    case $needed in *"$name"*) continue ;; esac
    ;;
  qcow2.partial* | raw.partial* | iso.partial*) ;;
  *) continue ;;
  esac
  if coming "$sha256"; then continue; fi
  set -- $(stat -c '%h %b %B' "$file")
  [ $# -eq 3 ] || continue
  freed=$(($2 * $3))
  [ "$1" -eq 1 ] || freed=0
  [ -n "$dry" ] || rm -f -- "$file" || exit 1
  echo "$name $freed"
done
for work in "$run"/transfer-*; do
  [ -d "$work" ] && [ -z "$dry" ] || continue
  coming "\${work##*/transfer-}" || rm -rf "$work"
done
`;

const absent = 44;
const damaged = 45;
const damagedInUse = 46;

/** Arguments: state folder, sha256, format: not the file's name, by which this would look like a process that uses it. */
const verifyScript = `
sha256=$2
file=$1/images/$sha256.$3
[ -f "$file" ] || exit ${absent}
sum=$(sha256sum <"$file") || exit 1
[ "\${sum%% *}" != "$sha256" ] || exit 0
${neededScript}
case $needed in *"\${file##*/}"*) exit ${damagedInUse} ;; esac
rm -f -- "$file" && exit ${damaged}
`;

export interface CollectOptions {
  /** Only says what would be removed. */
  dryRun?: boolean;
}

/** `images` by sha256, without parts; `bytes` of the disk are freed in all. */
export interface Collected {
  images: string[];
  bytes: number;
}

/** See ImageDelivery. `coming`: those on their way, whose parts stay too. */
export async function collectImages(
  host: Host,
  place: ImagePlace,
  { keep, coming, dryRun = false }: { keep: readonly string[]; coming: readonly string[] } & CollectOptions,
): Promise<Collected> {
  const lines = [...keep.map((sha256) => `keep ${sha256}\n`), ...coming.map((sha256) => `keep ${sha256}\ncoming ${sha256}\n`)];
  const argv = ['sh', '-c', collectScript, 'croft-collect', place.stateFolder, place.runFolder, dryRun ? 'dry' : ''] as const;
  const result = await runLong(host, { argv, stdin: lines.join('') });
  if (result.code !== 0) throw failure(host, 'Images cannot be removed', result);
  const removed = result.stdout.split('\n').flatMap((line) => {
    const [name = '', freed] = line.split(' ');
    const [, sha256, part] = imageFilePattern.exec(name) ?? [];
    return sha256 === undefined ? [] : [{ sha256, part: part !== undefined, freed: Number(freed) }];
  });
  return {
    images: removed.filter(({ part }) => !part).map(({ sha256 }) => sha256),
    bytes: removed.reduce((sum, { freed }) => sum + freed, 0),
  };
}

/** `removed` is false where a VM uses the damaged image. */
export type Verified = { state: 'ok' } | { state: 'absent' } | { state: 'damaged'; removed: boolean };

/** Reads the whole image on the node; see ImageDelivery. */
export async function verifyImage(host: Host, place: ImagePlace, image: DeliveredImage): Promise<Verified> {
  const argv = ['sh', '-c', verifyScript, 'croft-verify', place.stateFolder, image.sha256, image.format] as const;
  const result = await runLong(host, { argv });
  switch (result.code) {
    case 0:
      return { state: 'ok' };
    case absent:
      return { state: 'absent' };
    case damaged:
      return { state: 'damaged', removed: true };
    case damagedInUse:
      return { state: 'damaged', removed: false };
    default:
      throw failure(host, `The image sha256:${image.sha256.slice(0, 12)} cannot be checked`, result);
  }
}

function failure(host: Host, what: string, { code, stderr }: CommandResult): CroftError {
  return new CroftError('command.failed', `${what} on node ${host.name}: ${stderr.trim() || `exit code ${code}`}`, { node: host.name });
}
