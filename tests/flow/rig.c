/* Opening and closing the rig, its people, its clients. */
#include "rig.h"

#include "authn/password.h"
#include "oidc/register.h"
#include "revoke/revoke.h"
#include "sessions/store.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define ARENA_MAX (16u << 20)

struct nx_house *rig_house(struct rig *r)
{
    return r->server.house;
}

static nx_result make_person(struct rig *r, struct rig_person *out, const struct nx_person *like)
{
    struct nx_person p = *like;
    struct nx_person_made made;
    NX_TRY(nx_person_create(rig_house(r)->registry, &p, NULL, 0, &made));
    memcpy(out->id, made.id.s, sizeof out->id);
    memcpy(out->qid, made.qid.s, sizeof out->qid);
    out->user_name = like->user_name;
    return NX_OK;
}

static nx_result make_people(struct rig *r)
{
    struct nx_person lan = {
        .kind = NX_CITIZEN,
        .active = true,
        .proofing = 3,
        .user_name = "lan",
        .name = "Nguyễn Thị Lan",
        .family_name = "Nguyễn",
        .given_name = "Lan",
        .birthdate = "1990-02-28",
        .gender = "female",
        .email = "lan@example.vn",
        .email_verified = true,
        .phone = "+84912345678",
        .address = "1 Tràng Tiền, Hà Nội",
        .locale = "vi",
    };
    struct nx_person minh = {
        .kind = NX_CITIZEN, .active = true, .proofing = 1, .user_name = "minh", .name = "Trần Văn Minh"};
    NX_TRY(make_person(r, &r->lan, &lan));
    return make_person(r, &r->minh, &minh);
}

static nx_result open_house(struct rig *r)
{
    char complaint[NX_COMPLAINT_MAX];
    nx_settings_default(&r->settings);
    r->settings.issuer = RIG_ISSUER;
    r->settings.data = r->folder;
    NX_TRY(nx_settings_derive(&r->settings, r->arena, complaint));
    struct nx_house_parts parts = {.settings = &r->settings, .store = "memory:", .watched = true};
    NX_TRY(nx_house_open(&r->server.house, &parts));
    nx_store_watch(rig_house(r)->store, nx_revoke_watch(rig_house(r)));
    return nx_store_ping(rig_house(r)->store);
}

static const char portal[] =
    "{\"client_name\":\"Cổng dịch vụ công\",\"redirect_uris\":[\"https://portal.example/cb\"],"
    "\"grant_types\":[\"authorization_code\",\"refresh_token\"],"
    "\"post_logout_redirect_uris\":[\"https://portal.example/bye\"],"
    "\"backchannel_logout_uri\":\"https://portal.example/"
    "logout\",\"backchannel_logout_session_required\":true}";
static const char tax[] =
    "{\"client_name\":\"Thuế điện tử\",\"redirect_uris\":[\"https://tax.example/cb\"],"
    "\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"nixa_introspects\":true}";
static const char app[] = "{\"client_name\":\"App\",\"redirect_uris\":[\"https://app.example/cb\"],"
                          "\"application_type\":\"native\",\"token_endpoint_auth_method\":\"none\","
                          "\"grant_types\":[\"authorization_code\",\"refresh_token\"]}";
static const char machine[] = "{\"client_name\":\"Machine\",\"grant_types\":[\"client_credentials\"],"
                              "\"scope\":\"reports reports.write\"}";

static nx_result open_all(struct rig *r)
{
    NX_TRY(open_house(r));
    NX_TRY(make_people(r));
    return nx_server_build(&r->server, RIG_ISSUER, NULL);
}

int rig_up(struct rig *r)
{
    *r = (struct rig){.arena = nx_arena_open(ARENA_MAX)};
    snprintf(r->folder, sizeof r->folder, "/tmp/nixa-flow-XXXXXX");
    if (!r->arena || !mkdtemp(r->folder)) return -1;
    nx_result opened = open_all(r);
    if (!nx_ok(opened)) {
        struct nx_origin o = nx_last_origin();
        fprintf(stderr, "rig: %s in %s:%d\n", nx_err_name(opened.e), o.function, o.line);
        return -1;
    }
    rig_register(r, &r->portal, portal);
    rig_register(r, &r->tax, tax);
    rig_register(r, &r->app, app);
    rig_register(r, &r->machine, machine);
    return 0;
}

static void remove_folder(const char *path)
{
    DIR *d = opendir(path);
    struct dirent *e;
    char child[512];
    while (d && (e = readdir(d))) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        snprintf(child, sizeof child, "%s/%s", path, e->d_name);
        if (unlink(child) != 0) remove_folder(child);
    }
    if (d) closedir(d);
    rmdir(path);
}

void rig_down(struct rig *r)
{
    nx_server_clear(&r->server);
    nx_house_close(r->server.house);
    nx_arena_close(r->arena);
    remove_folder(r->folder);
}

static void copy_member(char *out, size_t room, const json_t *j, const char *member)
{
    const char *s = nx_json_str(j, member);
    assert_true(!s || strlen(s) < room);
    snprintf(out, room, "%s", s ? s : "");
}

void rig_register(struct rig *r, struct rig_client *out, const char *metadata)
{
    struct nx_registrar by = {.actor = "uid:0"};
    nx_span json;
    const char *why = NULL;
    nx_result made = nx_client_register(&json, &why, rig_house(r), r->arena, &by, nx_span_str(metadata));
    if (!nx_ok(made)) fail_msg("registration: %s: %s", nx_err_name(made.e), why ? why : "");
    NX_AUTO_JSON j = NULL;
    assert_true(nx_ok(nx_json_parse_object(&j, json)));
    copy_member(out->id, sizeof out->id, j, "client_id");
    copy_member(out->secret, sizeof out->secret, j, "client_secret");
    copy_member(out->token, sizeof out->token, j, "registration_access_token");
}

const char *rig_basic(struct rig *r, const struct rig_client *c)
{
    char pair[192];
    snprintf(pair, sizeof pair, "%s:%s", c->id, c->secret);
    return nx_arena_printf(r->arena, "Basic %s", nx_b64_dup(r->arena, nx_span_str(pair)));
}

void rig_prove(struct rig_browser *b, const struct rig_person *p, struct nx_proof proof,
               const char *only_client)
{
    nx_handle_text cookie;
    struct nx_signon s;
    nx_arena *a = nx_arena_open(1u << 20);
    proof.person = p->id;
    int slot = 0;
    while (slot < RIG_COOKIES && b->name[slot][0] && strcmp(b->name[slot], "__Host-nxs") != 0)
        slot++;
    assert_true(slot < RIG_COOKIES);
    struct nx_sign_in_ask ask = {.proof = proof,
                                 .present = nx_span_str(b->value[slot]),
                                 .agent = "Test",
                                 .source = "local",
                                 .only_client = only_client};
    nx_result r = nx_sign_in(&cookie, &s, rig_house(b->rig), a, &ask);
    if (!nx_ok(r)) fail_msg("sign-in: %s", nx_err_name(r.e));
    snprintf(b->name[slot], sizeof b->name[slot], "__Host-nxs");
    snprintf(b->value[slot], sizeof b->value[slot], "%s", cookie.s);
    nx_arena_close(a);
}

void rig_sign_in(struct rig_browser *b, const struct rig_person *p)
{
    struct nx_proof proof = {.means = NX_MEANS_PASSWORD, .bound_at = NX_M1, .rung = NX_RUNG_NONE};
    rig_prove(b, p, proof, NULL);
}
