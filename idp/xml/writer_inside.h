/* The writer from inside; for the files of this folder. */
#ifndef NX_XML_WRITER_INSIDE_H
#define NX_XML_WRITER_INSIDE_H

#include "xml/writer.h"

struct nx_xml_frame {
    nx_ns ns;
    const char *name;
    uint32_t declared; /* bits of the namespaces that are declared here or around */
};

struct nx_xml_attribute {
    nx_ns ns;
    const char *name;
    const char *value;
};

struct nx_xml_writer {
    nx_arena *arena;
    nx_buf out;
    nx_err failed;
    size_t depth;
    struct nx_xml_frame open[NX_XML_WRITE_DEPTH];
    bool in_tag; /* the start tag of the innermost element is still being collected */
    size_t count;
    struct nx_xml_attribute attributes[NX_XML_WRITE_ATTRIBUTES];
    uint32_t declared;   /* around the document element */
    const char *root_id; /* the document element's attribute ID */
    size_t place;        /* of the signature, 0 for none */
    uint32_t place_declared;
};

/* A writer of an element that will stand where those namespaces are declared. */
nx_xml_writer *nx_xml_writer_inside(nx_arena *a, size_t max, uint32_t declared);

#endif
