/* The look at untrusted bytes before the parser gets them; for the files of this folder. */
#ifndef NX_XML_SCAN_H
#define NX_XML_SCAN_H

#include "xml/reader.h"

/* *body: the bytes behind byte order mark and XML declaration. See xml/reader.h for what is refused. */
NX_FALLIBLE nx_xml_scan(nx_span *body, nx_span bytes, const struct nx_xml_limits *limits);

#endif
