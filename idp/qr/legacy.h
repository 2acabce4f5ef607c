/* Older national codes, read as unsigned form hints: they never authenticate anybody (QR.md section 1).
 *
 * - the chip card's code since 2021: seven fields between '|': number, old number, name, ddmmyyyy, Nam or Nữ,
 * address, ddmmyyyy of issue
 * - the personal code of Decision 1405/QĐ-BTTTT: SoGiayTo|HoTen|NgaySinh|LoaiDinhDanh|QID|EXT, name in upper
 * case without accents, date as YYYY-MM-DD, kind 0 or 1 */
#ifndef NX_QR_LEGACY_H
#define NX_QR_LEGACY_H

#include "base/arena.h"

#define NX_LEGACY_MAX 1024

enum nx_legacy_kind { NX_LEGACY_CHIP_CARD, NX_LEGACY_PERSONAL };

/* A hint for a form. There is no field that says verified, because nothing was. Texts in the arena, NULL when
 * empty. */
struct nx_legacy_hint {
    enum nx_legacy_kind kind;
    const char *number; /* may be masked ("******012345") */
    const char *old_number;
    const char *name;
    const char *birthdate; /* YYYY-MM-DD */
    const char *gender;    /* male, female */
    const char *address;
    const char *issued; /* YYYY-MM-DD */
};

/* NX_ERR_UNKNOWN: not one of these codes. NX_ERR_SYNTAX, NX_ERR_ENCODING, NX_ERR_LIMIT. */
NX_FALLIBLE nx_legacy_read(struct nx_legacy_hint *out, nx_arena *a, nx_span text);

#endif
