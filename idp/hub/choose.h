/* "How I sign in": the upstreams that a person may choose from, and those that are chosen for her. */
#ifndef NX_HUB_CHOOSE_H
#define NX_HUB_CHOOSE_H

#include "hub/breaker.h"
#include "hub/hub.h"

#define NX_CHOICE_QUERY_MAX 64

struct nx_choice {
    const nx_upstream *upstream;
    bool down; /* it rests at this moment: shown, with a word of warning */
};
struct nx_choices {
    struct nx_choice *v; /* in the order of their names, in the arena */
    size_t n;
    size_t on;               /* how many there are in all */
    const nx_upstream *last; /* the one of the browser's last sign-in, while it is on; NULL */
    const nx_upstream *hold;
};
static inline void nx_choices_end(struct nx_choices *c)
{
    if (c->hold) nx_upstream_release(c->hold);
}
#define NX_AUTO_CHOICES(name) __attribute__((cleanup(nx_choices_end))) struct nx_choices name = {.hold = NULL}

/* Those that are on and in whose name or organisation every word of the query begins a word; NULL: all. Case and the
 * marks of Vietnamese letters do not matter: "cong an" finds "Công an". last: an id as the browser keeps it, or NULL. */
NX_FALLIBLE nx_hub_choices(struct nx_choices *out, struct nx_house *house, nx_arena *a, const char *query,
                           const char *last, bool vietnamese);

/* The upstream that a portal's request chooses by itself: by `login_hint`, when one of the members "hints" of a row's
 * config fits it ("@agency.gov.vn" is an ending, anything else the whole), or by a value of acr_values that stands in
 * its member "acr". Its id is copied into the arena; NULL when none, or more than one, fits. */
NX_FALLIBLE nx_hub_chosen(const char **id, struct nx_house *house, nx_arena *a, const char *login_hint,
                          const char *acr_values);

#endif
