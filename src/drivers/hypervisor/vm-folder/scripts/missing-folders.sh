# missing_folders FOLDER...: prints those of the folders and of their parents that are missing, one per line.
missing_folders() {
  for folder; do
    while [ -n "$folder" ] && [ ! -d "$folder" ]; do
      printf '%s\n' "$folder"
      folder=${folder%/*}
    done
  done
}
