/* Frames of the ctl socket: a length of four bytes, big endian, and that many bytes of JSON, an object.
 *
 * A connection carries one request and one reply. A request names what to do and has its arguments beside it:
 * {"do":"session.revoke","id":"…","reason":"…"}. A reply is {"ok":true,…} or {"ok":false,"error":"NOT_FOUND",
 * "text":"no such thing"}, error being a row of base/error.def. */
#ifndef NX_MAIN_CTL_FRAME_H
#define NX_MAIN_CTL_FRAME_H

#include "base/json.h"

#define NX_CTL_FRAME_MAX NX_JSON_MAX

/* Reads one frame from a socket until the deadline, milliseconds of nx_mono_ms; *out is owned. NX_ERR_IO when
 * the peer ends or time does, NX_ERR_LIMIT, NX_ERR_SYNTAX, NX_ERR_DUPLICATE. */
NX_FALLIBLE nx_ctl_read(json_t **out, int fd, int64_t deadline_ms);
/* Writes one frame. NX_ERR_IO, NX_ERR_LIMIT, NX_ERR_MEMORY. */
NX_FALLIBLE nx_ctl_write(int fd, const json_t *message, int64_t deadline_ms);

#endif
