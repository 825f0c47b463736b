# Prints how many KiB the files that are there take. Arguments: the files.
total=0
for file in "$@"; do
  [ -f "$file" ] || continue
  used=$(du -k "$file") || exit 1
  total=$((total + ${used%%[!0-9]*}))
done
echo "$total"
