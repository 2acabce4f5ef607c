/* Signature wrapping by machine: a genuine message is taken to pieces and put together in ways that the input
 * says, and given to a consumer. Whatever it accepts must say what the genuine signer said.
 *
 * Input: the XML, a NUL, and steps of three bytes: what is done, to which element, with which other element.
 */
#include "seed_keys.h"
#include "xml/tree.h"

#include <libxml/parser.h>

#include <stdio.h>

#define ELEMENTS_MAX 200
#define STEPS_MAX 24

/* ---- the consumer
 * ------------------------------------------------------------------------------------------------ */

static nx_result read_name(char **name, nx_arena *a, const nx_xml_node *assertion)
{
    const nx_xml_node *subject, *id;
    NX_TRY(nx_xml_only(&subject, assertion, NX_NS_SAML, "Subject"));
    NX_TRY(nx_xml_only(&id, subject, NX_NS_SAML, "NameID"));
    return nx_xml_text(name, a, id, 256);
}

static nx_result consume(char **name, nx_arena *a, nx_span bytes)
{
    NX_AUTO(nx_xml_doc) d = NULL;
    NX_AUTO(nx_xml_doc) out = NULL;
    const nx_xml_node *assertion;
    NX_TRY(nx_xml_parse(&d, bytes, &nx_xml_message));
    const nx_xml_node *root = nx_xml_root(d);
    NX_REQUIRE(nx_xml_is(root, NX_NS_SAMLP, "Response"), NX_ERR_UNKNOWN);
    if (nx_xml_signed(root)) {
        NX_TRY(nx_xml_verify(&out, d, root, seed_keys()));
        NX_TRY(nx_xml_only(&assertion, nx_xml_root(out), NX_NS_SAML, "Assertion"));
        return read_name(name, a, assertion);
    }
    NX_TRY(nx_xml_only(&assertion, root, NX_NS_SAML, "Assertion"));
    NX_TRY(nx_xml_verify(&out, d, assertion, seed_keys()));
    return read_name(name, a, nx_xml_root(out));
}

/* ---- the attacker
 * ------------------------------------------------------------------------------------------------ */

struct pieces {
    xmlNode *v[ELEMENTS_MAX];
    size_t n;
};

static void collect(struct pieces *p, xmlNode *e)
{
    if (p->n == ELEMENTS_MAX) return;
    p->v[p->n++] = e;
    for (xmlNode *c = e->children; c; c = c->next)
        if (c->type == XML_ELEMENT_NODE) collect(p, c);
}

static bool is_inside(const xmlNode *e, const xmlNode *of)
{
    for (; e; e = e->parent)
        if (e == of) return true;
    return false;
}

static void forge(xmlNode *e)
{
    const xmlChar *name = e->name;
    if (!strcmp((const char *)name, "NameID") && !xmlFirstElementChild(e))
        xmlNodeSetContent(e, (const xmlChar *)"admin");
    for (xmlNode *c = e->children; c; c = c->next)
        if (c->type == XML_ELEMENT_NODE) forge(c);
}

static void move_to(xmlNode *e, xmlNode *to, unsigned how)
{
    xmlUnlinkNode(e);
    if (how == 0)
        xmlAddChild(to, e);
    else if (how == 1)
        xmlAddPrevSibling(to, e);
    else
        xmlAddNextSibling(to, e);
    xmlReconciliateNs(e->doc, e);
}

static void rename_id(xmlNode *e, const xmlNode *like)
{
    xmlChar *id = xmlGetNoNsProp((xmlNode *)(uintptr_t)like, (const xmlChar *)"ID");
    xmlSetProp(e, (const xmlChar *)"ID", id ? id : (const xmlChar *)"_other");
    xmlFree(id);
}

/* What is taken away lives to the end: others may still use the namespaces that it declares. */
static void step(xmlDoc *d, struct pieces *gone, const uint8_t s[3])
{
    struct pieces p = {.n = 0};
    collect(&p, xmlDocGetRootElement(d));
    xmlNode *e = p.v[s[1] % p.n], *other = p.v[s[2] % p.n];
    bool root = e == p.v[0], around_root = other == p.v[0];
    switch (s[0] % 9) {
    case 0:
    case 1:
    case 2: /* moved */
        if (!root && !is_inside(other, e) && !(around_root && s[0] % 9)) move_to(e, other, s[0] % 9);
        break;
    case 3:
    case 4:
    case 5: { /* copied */
        if ((around_root && s[0] % 9 != 3) || p.n > ELEMENTS_MAX / 2) break;
        move_to(xmlDocCopyNode(e, d, 1), other, s[0] % 9 - 3u);
        break;
    }
    case 6:
        forge(e);
        break;
    case 7:
        rename_id(e, other);
        break;
    default:
        if (root) break;
        xmlUnlinkNode(e);
        gone->v[gone->n++] = e;
    }
}

static void attack(xmlDoc *d, nx_span steps)
{
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    struct pieces gone = {.n = 0};
    for (size_t i = 0; i < STEPS_MAX && steps.n >= 3; i++, steps = nx_span_from(steps, 3))
        step(d, &gone, steps.p);
    xmlChar *text = NULL;
    int n = 0;
    char *name;
    xmlDocDumpMemory(d, &text, &n);
    if (text && nx_ok(consume(&name, a, nx_span_of(text, (size_t)n))) && strcmp(name, "an.nguyen") != 0) {
        fprintf(stderr, "%.*s\n", n, (const char *)text);
        abort();
    }
    xmlFree(text);
    for (size_t i = 0; i < gone.n; i++)
        xmlFreeNode(gone.v[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, 0, size) : NULL;
    if (!end || !nx_ok(nx_xml_ready())) return 0;
    xmlDoc *d = xmlReadMemory((const char *)data, (int)(end - data), NULL, NULL,
                              XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (d && xmlDocGetRootElement(d)) attack(d, nx_span_of(end + 1, size - (size_t)(end - data) - 1));
    xmlFreeDoc(d);
    return 0;
}

/* Of libFuzzer; absent where the corpus is replayed. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

/* Only the steps are mutated: the message stays genuine. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    (void)seed;
    const uint8_t *end = size ? memchr(data, 0, size) : NULL;
    size_t head = end ? (size_t)(end - data) + 1 : 0;
    size_t room = head + 3 * STEPS_MAX < max ? 3 * STEPS_MAX : max - head;
    size_t steps = size - head < room ? size - head : room;
    return end ? head + LLVMFuzzerMutate(data + head, steps, room) : LLVMFuzzerMutate(data, size, max);
}
