/* Composing one act on bound records: checks and writes of one shard that happen together or not at all.
 * Inside this folder only; typed modules read as the list of what they do:
 *
 *     nx_commit_begin(&c, st, a, shard);
 *     nx_commit_join(&c, session, client);
 *     nx_commit_put(&c, &code);
 *     nx_commit_note(&c, note);
 *     NX_TRY(nx_commit_run(&c, &out));
 *
 * Checks come before writes whatever the order. Building failures stick and come out of run. */
#ifndef NX_SESSIONS_COMMIT_H
#define NX_SESSIONS_COMMIT_H

#include "sessions/guard_call.h"
#include "sessions/record.h"

struct nx_put {
    nx_rec_key key;
    nx_rec_key up;  /* "": hangs on nothing */
    bool up_is_new; /* it is put by this very act */
    struct nx_epochs epochs;
    const char *session; /* tag; NULL */
    int64_t life_ms;     /* from now on */
    int64_t idle_ms;     /* 0: does not slide */
    int64_t ends_ms;     /* absolute; 0: none */
    bool draw_status;
    bool renew; /* a record of this name under the same bounds keeps its status index, and its end if that is later */
    nx_span extra; /* one word, or empty */
    bool index; /* list it under the person's index */
    const char *subject;
    nx_span body; /* opened; may be empty */
};

struct nx_commit {
    nx_store *store;
    nx_arena *arena;
    uint16_t shard;
    nx_span argv[NX_CALL_ARGS_MAX];
    size_t argc;
    nx_err failed;
    nx_rec_key fetched; /* key of the fetch, or "" */
    struct nx_epochs
        foreign; /* of other shards, to be read in the same pipeline; value -1: as the record says */
    const struct nx_commit *beside; /* of another shard, sent before in the same pipeline; NULL */
    const struct nx_guard_call *guard; /* asked in the same pipeline, once; NULL */
    bool *first;
};

struct nx_outcome {
    enum nx_found found;
    bool full;  /* refused: a list is at its maximum */
    bool again; /* of a turn: rec[0] is the record, kept the sealed answer */
    nx_span kept;
    int64_t now_ms;
    struct nx_status_ref status; /* drawn */
    struct nx_rec rec[3];        /* fetched, and what it hangs on */
    size_t recs;
};

void nx_commit_begin(struct nx_commit *c, nx_store *s, nx_arena *a, uint16_t shard);
/* These must be the epochs of now. */
void nx_commit_epochs(struct nx_commit *c, const struct nx_epochs *e);
/* Read a record and its chain. client: whose epoch its bounds may name; NULL when none can. */
void nx_commit_fetch(struct nx_commit *c, nx_rec_key key, bool slide, const char *client);
void nx_commit_put(struct nx_commit *c, const struct nx_put *p);
/* Uses up: from live at this link to used, naming what it made ("" nothing). Used already: what it made is
 * killed. */
void nx_commit_spend(struct nx_commit *c, nx_rec_key key, uint32_t link, nx_rec_key made);
/* Replaces the body, and the link grows; only at this link. */
void nx_commit_swap(struct nx_commit *c, nx_rec_key key, uint32_t link, nx_span body);
/* The presented link must be the newest. turn: moves to the next and keeps the sealed answer for grace_ms. */
void nx_commit_link(struct nx_commit *c, nx_rec_key key, uint32_t link, int64_t grace_ms);
void nx_commit_turn(struct nx_commit *c, nx_rec_key key, uint32_t link, int64_t grace_ms,
                    nx_span sealed_answer);
void nx_commit_join(struct nx_commit *c, nx_rec_key session, const char *client);
void nx_commit_kill(struct nx_commit *c, nx_rec_key key);
void nx_commit_note(struct nx_commit *c, const struct nx_note *note);
/* An act of another shard in the same round trip, before this one and whatever becomes of this one. It puts records that
 * are bound to nothing; lives until the run. */
void nx_commit_beside(struct nx_commit *c, const struct nx_commit *other);

/* A replay guard in the same round trip, whatever becomes of the act; *first as of nx_guard_once. guard lives until the
 * run. */
void nx_commit_guard(struct nx_commit *c, const struct nx_guard_call *guard, bool *first);

/* Loads missing epoch copies and does the act again, as often as there are epochs. */
NX_FALLIBLE nx_commit_run(struct nx_commit *c, struct nx_outcome *out);

#endif
