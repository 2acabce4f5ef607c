/* A parsed template: a flat run of nodes; a section's node says where its end is. */
#ifndef NX_HTTP_TEMPLATE_TREE_H
#define NX_HTTP_TEMPLATE_TREE_H

#include "http/template.h"

enum nx_node_kind {
    NX_NODE_LITERAL,
    NX_NODE_VALUE,
    NX_NODE_MARKUP,
    NX_NODE_LABEL,
    NX_NODE_PARTIAL,
    NX_NODE_SECTION,
    NX_NODE_INVERTED,
    NX_NODE_END
};

struct nx_node {
    enum nx_node_kind kind;
    nx_span text; /* the literal, or the name; borrowed from the template's text */
    size_t end;   /* SECTION, INVERTED: the index of their END */
};

struct nx_template {
    char name[64];
    struct nx_node *node;
    size_t count;
};

#define NX_TEMPLATE_NODES_MAX 2000

/* Parses into out (node is owned, from malloc). On NX_ERR_TEMPLATE *line is where. */
NX_FALLIBLE nx_template_parse(struct nx_template *out, nx_span text, unsigned *line);

struct nx_catalogue {
    const char *lang;
    struct nx_message {
        nx_span key;
        nx_span text;
    } * message; /* owned; sorted by key */
    size_t count;
};

#define NX_CATALOGUE_MAX 4000

NX_FALLIBLE nx_catalogue_parse(struct nx_catalogue *out, nx_span text, unsigned *line);
/* NX_SPAN_NONE when unknown. */
nx_span nx_catalogue_find(const struct nx_catalogue *c, nx_span key);
/* The next "{param}" of a text at or after *at: its name, and *at behind it; *from is where the '{' stands.
 */
bool nx_catalogue_param(nx_span text, size_t *at, size_t *from, nx_span *name);

bool nx_template_name_ok(nx_span name);

#define NX_VIEWS_TEMPLATES_MAX 128

struct nx_views {
    struct nx_template template[NX_VIEWS_TEMPLATES_MAX];
    size_t template_count;
    struct nx_catalogue catalogue[4];
    size_t catalogue_count;
};

const struct nx_template *nx_views_find(const nx_views *vs, nx_span name);
const struct nx_catalogue *nx_views_language(const nx_views *vs, const char *lang);

#endif
