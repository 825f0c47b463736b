# Starts the service that zones need. What svcadm(8) enables with -s runs when it ends.
exec svcadm enable -s svc:/system/zones:default >&2
