#include "sessions/epoch.h"

#include "base/text.h"

static bool known_kind(char kind)
{
    return kind == NX_EPOCH_PERSON || kind == NX_EPOCH_QR || kind == NX_EPOCH_CLIENT ||
           kind == NX_EPOCH_SYSTEM || kind == NX_EPOCH_UPSTREAM;
}

static struct nx_epoch *slot(struct nx_epochs *e, char kind)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->v[i].kind == kind) return &e->v[i];
    return e->count < NX_EPOCHS_MAX ? &e->v[e->count++] : NULL;
}

nx_result nx_epochs_set(struct nx_epochs *e, char kind, const char *id, int64_t value)
{
    NX_REQUIRE(known_kind(kind) && value >= 0 && id, NX_ERR_RANGE);
    size_t n = strlen(id);
    NX_REQUIRE(n > 0 && n <= NX_EPOCH_NAME_MAX && nx_ascii_printable(nx_span_of(id, n)), NX_ERR_RANGE);
    struct nx_epoch *v = slot(e, kind);
    NX_REQUIRE(v, NX_ERR_LIMIT);
    v->kind = kind;
    memcpy(v->id, id, n + 1);
    v->value = value;
    return NX_OK;
}

const struct nx_epoch *nx_epochs_get(const struct nx_epochs *e, char kind)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->v[i].kind == kind) return &e->v[i];
    return NULL;
}

bool nx_epoch_foreign(char kind)
{
    return kind == NX_EPOCH_CLIENT || kind == NX_EPOCH_SYSTEM || kind == NX_EPOCH_UPSTREAM;
}
