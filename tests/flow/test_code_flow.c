/* The first whole way through: from the portal's request by sign-in and consent to tokens and claims. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct rig rig;

static int up(void **state)
{
    (void)state;
    return rig_up(&rig);
}

static int down(void **state)
{
    (void)state;
    rig_down(&rig);
    return 0;
}

static void a_stranger_is_sent_to_the_sign_in_page(void **state)
{
    (void)state;
    struct rig_browser b;
    rig_browser_open(&b, &rig);
    nx_reply *rp = rig_get(&b, rig_authorize_url(&rig, &rig.portal, ""));
    assert_int_equal(rp->status, 303);
    assert_memory_equal(rig_location(rp), "/login?t=", 9);
    rp = rig_follow(&b, rp);
    assert_int_equal(rp->status, 200);
    assert_non_null(strstr(rig_body(rp), "autocomplete=\"current-password\""));
    rig_browser_close(&b);
}

static void code_flow_with_all_its_claims(void **state)
{
    (void)state;
    struct rig_browser b;
    rig_browser_open(&b, &rig);
    rig_sign_in(&b, &rig.lan);
    NX_AUTO_JSON t = rig_tokens(&b, &rig.portal, "&scope=openid+profile+email+phone+address");
    assert_string_equal(nx_json_str(t, "token_type"), "Bearer");
    assert_int_equal(nx_json_int(t, "expires_in", 0), 300);
    NX_AUTO_JSON id = rig_claims(&rig, nx_json_str(t, "id_token"), NULL);
    assert_string_equal(nx_json_str(id, "iss"), RIG_ISSUER);
    assert_string_equal(nx_json_str(id, "aud"), rig.portal.id);
    assert_string_equal(nx_json_str(id, "nonce"), "n1");
    assert_string_equal(nx_json_str(id, "acr"), "urn:nixa:acr:m1");
    assert_true(nx_json_has(nx_json_array(id, "amr"), "pwd"));
    assert_non_null(nx_json_str(id, "sid"));
    assert_non_null(nx_json_str(id, "qr_id"));
    assert_non_null(nx_json_object(nx_json_object(id, "status"), "status_list"));
    assert_null(nx_json_str(id, "name"));
    NX_AUTO_JSON at = rig_claims(&rig, nx_json_str(t, "access_token"), "at+jwt");
    assert_string_equal(nx_json_str(at, "sub"), nx_json_str(id, "sub"));
    assert_string_equal(nx_json_str(at, "qr_id"), nx_json_str(id, "qr_id"));
    assert_string_equal(nx_json_str(at, "client_id"), rig.portal.id);
    b.authorization = nx_arena_printf(rig.arena, "Bearer %s", nx_json_str(t, "access_token"));
    NX_AUTO_JSON ui = rig_json(rig_get(&b, "/oidc/userinfo"));
    assert_string_equal(nx_json_str(ui, "sub"), nx_json_str(id, "sub"));
    assert_string_equal(nx_json_str(ui, "name"), "Nguyễn Thị Lan");
    assert_string_equal(nx_json_str(ui, "email"), "lan@example.vn");
    rig_browser_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stranger_is_sent_to_the_sign_in_page),
        cmocka_unit_test(code_flow_with_all_its_claims),
    };
    return cmocka_run_group_tests(tests, up, down);
}
