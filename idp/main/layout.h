/* The data folder's layout, for the programs that share it. Both nixactl up and nixad have the data folder as
 * their working directory, so that these relative names do: a unix socket's address has room for 107 bytes.
 */
#ifndef NX_MAIN_LAYOUT_H
#define NX_MAIN_LAYOUT_H

#define NX_LOCK_FILE "lock"            /* held by the supervisor; holds its process id */
#define NX_CA_FILE "certs/ca.pem"      /* the folder's own authority */
#define NX_EDGE_FILE "certs/edge.pem"  /* key and certificate of the edge */
#define NX_RUN_DIR "run"               /* 0700: sockets and what is generated at each start */
#define NX_HTTP_SOCKET "run/http.sock" /* nixad; HAProxy is its only peer */
#define NX_REDIS_SOCKET "run/redis.sock"
#define NX_CTL_SOCKET "run/ctl.sock" /* nixad; frames of ctl_frame.h; the actor is the peer's uid */
#define NX_NIXAD_CONFIG                                                                                      \
    "run/nixad.yaml" /* the settings that the supervisor hands to nixad: nixad --config FILE */
#define NX_STATE_FILE "run/state.json" /* what the supervisor runs, for nixactl status */

/* nixad's exit code when the data folder belongs to another issuer: starting it again is of no use. */
#define NX_EXIT_ISSUER 78

#endif
