# words FOLDER: the end of what bhyve printed. The folder belongs to the zone, which must not lead anyone out of it, so
# it is entered only where it is what its name says.
words() (
  cd -P "$1" 2>/dev/null && [ "$(pwd -P)" = "$1" ] && [ -f init.log ] && [ ! -h init.log ] && tail -c "$2" init.log
)
