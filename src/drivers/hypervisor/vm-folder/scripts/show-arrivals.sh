# Prints the identifier of each VM of which a part has arrived. Argument: parent of the state folders.
for folder in "$1"/*.arriving; do
  [ ! -d "$folder" ] || {
    folder=${folder##*/}
    printf '%s\n' "${folder%.arriving}"
  }
done
