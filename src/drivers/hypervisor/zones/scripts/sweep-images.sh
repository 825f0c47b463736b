# Removes the volumes of images that no disk is a clone of. Argument: dataset of the images. One that is in use refuses
# to go.
zfs list -H -o name -t volume -r "$1" | while IFS= read -r volume; do
  zfs destroy -r "$volume" </dev/null 2>/dev/null || :
done
