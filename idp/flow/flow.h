/* One look at a transaction: the request, its client, and what the gate says of the browser that came with
 * it. This folder and the protocols share it; nobody else includes it. */
#ifndef NX_FLOW_FLOW_H
#define NX_FLOW_FLOW_H

#include "gate/gate.h"
#include "flow/ask.h"
#include "flow/step.h"
#include "registry/consent.h"
#include "sessions/txn.h"

struct nx_protocol;

struct nx_flow {
    const struct nx_protocol *protocol;
    struct nx_house *house;
    nx_arena *arena;
    const struct nx_visitor *who;
    struct nx_ask ask;
    nx_client *client; /* counted: nx_flow_close */
    bool beginning;    /* the request has just arrived: no sign-in can be for it yet */
    const struct nx_guard *once; /* by what the request that arrives is known to be new; NULL: it need not be */
    nx_err replayed;             /* the failure when it is not */
    bool kept;         /* there is a transaction … */
    struct nx_txn txn; /* … this one, with the handle below */
    const char *handle;
    const char *agreed; /* the person whose phone approved for this request; NULL */
    bool selected;      /* the person chose to go on as who she is */
    bool given;         /* consent was given on the page in this very call */
    bool has_consent;
    struct nx_consent consent; /* what is remembered */
    struct nx_gate gate;
    struct nx_decision decision;
};

static inline void nx_flow_close(struct nx_flow *f)
{
    if (f->client) nx_client_release(f->client);
}
#define NX_AUTO_FLOW(name) __attribute__((cleanup(nx_flow_close))) struct nx_flow name = {.client = NULL}

/* Reads a transaction of this browser and decides. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_flow_open(struct nx_flow *f, struct nx_house *house, nx_arena *a, const struct nx_visitor *who,
                         const char *transaction);
/* Gathers the facts and decides; f has ask and client. */
NX_FALLIBLE nx_flow_decide(struct nx_flow *f);
/* Decides anew on the facts that were gathered, after the person allowed something in this very call (agreed,
 * given). Whatever has changed meanwhile meets the epochs under which the code is made. */
void nx_flow_weigh(struct nx_flow *f);
/* Turns the decision into a step: issues, answers with an error, or names the page. */
NX_FALLIBLE nx_flow_step(struct nx_step *out, struct nx_flow *f);
/* Stores what the person did (agreed, selected) in the transaction. */
NX_FALLIBLE nx_flow_save(struct nx_flow *f);
/* Ends the transaction: exactly one caller goes on. NX_ERR_NOT_FOUND for the others. */
NX_FALLIBLE nx_flow_end(struct nx_flow *f);

/* What this request needs consent to; strings in the arena. */
NX_FALLIBLE nx_flow_wanted(struct nx_consent *out, struct nx_flow *f);

/* The first step of a request that has just been parsed: house, arena, who, protocol, ask and client are set. */
NX_FALLIBLE nx_flow_begin(struct nx_step *out, struct nx_flow *f);

#endif
