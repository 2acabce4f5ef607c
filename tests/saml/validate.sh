#!/bin/sh
# validate.sh metadata|protocol|assertion FILE: against the OASIS schemas of Debian's opensaml-schemas, without the network.
set -eu
schemas=/usr/share/xml/opensaml
XML_CATALOG_FILES=$(dirname "$0")/catalog.xml
export XML_CATALOG_FILES
exec xmllint --nonet --noout --schema "$schemas/saml-schema-$1-2.0.xsd" "$2"
