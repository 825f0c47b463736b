/**
 * Settings of a session by which the server notices within 6 s that the client's machine is dead or cut off, and releases the session's
 * locks: https://www.postgresql.org/docs/15/runtime-config-connection.html. The user timeout is for what was sent and not acknowledged,
 * for which no probes are sent.
 */
export const deadPeers = `set tcp_keepalives_idle = 3; set tcp_keepalives_interval = 1; set tcp_keepalives_count = 3;
set tcp_user_timeout = 6000`;
