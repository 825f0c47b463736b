# Arguments: the folder of bhyve's socket, its name. Tells that it is there, and becomes nc(1), which passes on its
# input and output. Only root may enter a zone, so a socket in it cannot be reached through the login. The folder
# belongs to the zone, which must not lead anyone out of it.
cd -P "$1" && [ "$(pwd -P)" = "$1" ] && [ -S "$2" ] && [ ! -h "$2" ] || exit 1
echo >&2
exec nc -U "$2"
