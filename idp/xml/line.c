#include "xml/tree.h"

int nx_xml_line(const nx_xml_node *e)
{
    long line = xmlGetLineNo(nx_xml_tree_of(e));
    return line > 0 ? (int)line : 0;
}
