#!/bin/sh
# A stand-in for uname(1) of OmniOS. In sh, since nearly every script asks for it.
case ${1:--s} in
-s) echo SunOS ;;
-r) echo 5.11 ;;
-v) echo omnios-r151054-stand-in ;;
-m) echo i86pc ;;
-p) echo i386 ;;
*) exit 2 ;;
esac
