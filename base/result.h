/* Results: the one way in which a function of NIXA says whether it worked.
 *
 * A result is a struct and not an int, so that nothing else slips through, and ignoring one does not compile.
 * An error is a row of error.def; which status or OAuth error a caller sees is decided elsewhere, once
 * (idp/endpoints/answer.def). The place where the last error of this thread began is kept for the log. */
#ifndef NX_BASE_RESULT_H
#define NX_BASE_RESULT_H

#include <stdbool.h>

typedef enum nx_err {
    NX_ERR_NONE = 0,
#define X(name, fault, text) NX_ERR_##name,
#include "base/error.def"
#undef X
    NX_ERR_COUNT
} nx_err;

typedef enum nx_fault_of { NX_FAULT_PEER, NX_FAULT_STATE, NX_FAULT_DENIED, NX_FAULT_AWAY, NX_FAULT_OURS } nx_fault_of;

typedef struct nx_result {
    nx_err e;
} nx_result;

/* Where the newest failure of the calling thread began; borrowed, static strings. */
struct nx_origin {
    const char *function;
    int line;
    nx_err e;
};

#define NX_FALLIBLE __attribute__((warn_unused_result)) nx_result
#define NX_OK ((nx_result){NX_ERR_NONE})

/* Remembers where a failure began. */
void nx_fail_note(nx_err err, const char *function, int line);
/* Makes a failed result and remembers its origin. err must not be NX_ERR_NONE. Inline, so that a compiler sees that a
 * failed result is one, and what is set on success alone counts as set after NX_TRY. */
static inline nx_result nx_fail(nx_err err, const char *function, int line)
{
    nx_fail_note(err, function, line);
    return (nx_result){err};
}

/* "NOT_FOUND", static. */
const char *nx_err_name(nx_err err);
/* The text of the row, static. */
const char *nx_err_text(nx_err err);
nx_fault_of nx_err_fault(nx_err err);
struct nx_origin nx_last_origin(void);

static inline bool nx_ok(nx_result r)
{
    return r.e == NX_ERR_NONE;
}

#define NX_FAIL(err) return nx_fail((err), __func__, __LINE__)
#define NX_TRY(call)                                                                                         \
    do {                                                                                                     \
        nx_result nx_try_r_ = (call);                                                                        \
        if (nx_try_r_.e != NX_ERR_NONE) return nx_try_r_;                                                    \
    } while (0)
#define NX_REQUIRE(ok, err)                                                                                  \
    do {                                                                                                     \
        if (!(ok)) return nx_fail((err), __func__, __LINE__);                                                \
    } while (0)
/* For the few places where going on is right whatever happened; the reason stands in a comment there. */
static inline void nx_ignore(nx_result r)
{
    (void)r;
}

/* Scope owns: NX_AUTO(nx_thing) t = NULL; calls nx_thing_auto(&t) on every way out of the block. A type that
 * wants it defines `static inline void nx_thing_auto(nx_thing **t)`; NX_AUTO_DEFINE writes that line. */
#define NX_AUTO(type) __attribute__((cleanup(type##_auto))) type *
#define NX_AUTO_DEFINE(type, release)                                                                        \
    static inline void type##_auto(type **nx_p_)                                                             \
    {                                                                                                        \
        if (*nx_p_) release(*nx_p_);                                                                         \
    }
/* Takes a pointer out of its scope: the variable is NULL afterwards. */
#define NX_STEAL(p)                                                                                          \
    __extension__({                                                                                          \
        __typeof__(p) nx_stolen_ = (p);                                                                      \
        (p) = NULL;                                                                                          \
        nx_stolen_;                                                                                          \
    })

#endif
