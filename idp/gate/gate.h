/* The gate: gathers the facts and is the only caller of may_issue (docs/architecture.md section 7).
 *
 *     struct nx_gate g;
 *     nx_gate_open(&g, house, arena, NX_FACE_REFRESH);
 *     nx_gate_client(&g, client, "refresh_token");
 *     NX_TRY(nx_gate_grant(&g, &grant, found));
 *     NX_TRY(nx_gate_require(&terms, &g));
 *
 * A fact that nobody gathered stays zero and refuses. Epochs are compared by the store in the act that found
 * the record (docs/architecture.md section 6); what it found stale arrives here as a handle that is not live.
 */
#ifndef NX_GATE_GATE_H
#define NX_GATE_GATE_H

#include "house/house.h"
#include "policies/may_issue.h"
#include "registry/client.h"
#include "registry/person.h"
#include "registry/qr_identity.h"
#include "sessions/signon.h"

struct nx_gate {
    struct nx_house *house;
    nx_arena *arena;
    struct nx_facts facts;
    const nx_client *client; /* borrowed from the caller of nx_gate_client; NULL */
    /* What the facts were read from; texts in the arena. */
    bool has_session;
    struct nx_signon session;
    bool has_person;
    struct nx_person person;
    bool has_qr;
    struct nx_qr_identity qr;
};

void nx_gate_open(struct nx_gate *g, struct nx_house *house, nx_arena *a, enum nx_face face);

/* The client that asks, kept until the gate is done with; NULL: unknown. grant_type: what it wants to use, "" where the face needs none. */
void nx_gate_client(struct nx_gate *g, const nx_client *client, const char *grant_type);

/* The browser's session by its cookie (empty: none), its person and her QR identity. client_id: who asks,
 * NULL on a face without a client. One round trip. A session that is gone or stale is a fact, not an error.
 * g->facts.ask.acr must be set before: what the person's other credentials could reach is only looked up when
 * a level was asked for. */
NX_FALLIBLE nx_gate_browser(struct nx_gate *g, nx_span cookie, const char *client_id);
/* The same for a request that must be new: *first says whether it is, in the same round trip (sessions/guard.h). */
struct nx_guard;
NX_FALLIBLE nx_gate_browser_once(struct nx_gate *g, nx_span cookie, const char *client_id,
                                 const struct nx_guard *guard, bool *first);
/* The same for a session that this very call has made or raised, and the store therefore just compared. No
 * round trip. */
NX_FALLIBLE nx_gate_signon(struct nx_gate *g, const struct nx_signon *s, const char *client_id);

/* A code, family or token as the store found it, with its person and QR identity as they are now. grant NULL
 * unless found is NX_FOUND. */
NX_FALLIBLE nx_gate_grant(struct nx_gate *g, const struct nx_grant *grant, nx_time expires,
                          enum nx_found found);

/* An operator's bearer: live (signature, row), its end, whether its audience and scopes fit. */
void nx_gate_operator(struct nx_gate *g, bool live, nx_time expires, bool audience, bool scope);

/* The decision over the facts so far; what is not allowed is logged with its reason. */
struct nx_decision nx_gate_decide(const struct nx_gate *g);
/* The same for callers that only go on when it is allowed: fails with the reason's error. */
NX_FALLIBLE nx_gate_require(struct nx_terms *terms, const struct nx_gate *g);

/* The epochs of a client and of the system as they are now, for what is issued next (SECURITY.md 21). */
NX_FALLIBLE nx_gate_epochs(struct nx_epochs *out, struct nx_house *house, const char *client_id);

#endif
