#!/usr/bin/env python3
"""Writes the facts of the EXPRESS schemas that the IDS checker needs: ifc2x3.tsv, ifc4.tsv, ifc4x3.tsv,
and the names of published property sets: *_sets.txt.

Entities with their supertype and explicit attributes, defined types, enumerations and selects, as the
standard declares them. Needs PyPI ifcopenshell, whose schema introspection reads the EXPRESS files.
Lines: E name supertype attributes; T defined-type underlying-type; N enumeration items; S select.
A type that begins with * is an aggregate.
"""
import ifcopenshell.ifcopenshell_wrapper as w
import ifcopenshell.util.pset


def spelled(t):
    if hasattr(t, "as_aggregation_type") and t.as_aggregation_type():
        return "*" + spelled(t.as_aggregation_type().type_of_element())
    if hasattr(t, "as_named_type") and t.as_named_type():
        return t.as_named_type().declared_type().name()
    if hasattr(t, "as_simple_type") and t.as_simple_type():
        return t.as_simple_type().declared_type().upper()
    return t.name()


for label, file in [("IFC2X3", "ifc2x3"), ("IFC4", "ifc4"), ("IFC4X3_ADD2", "ifc4x3")]:
    lines = []
    for d in w.schema_by_name(label).declarations():
        if e := d.as_entity():
            up = e.supertype().name() if e.supertype() else ""
            own = ",".join(f"{a.name()}:{spelled(a.type_of_attribute())}" for a in e.attributes())
            lines.append(["E", e.name(), up, own])
        elif t := d.as_type_declaration():
            lines.append(["T", t.name(), spelled(t.declared_type())])
        elif n := d.as_enumeration_type():
            lines.append(["N", n.name(), ",".join(n.enumeration_items())])
        elif s := d.as_select_type():
            lines.append(["S", s.name()])
    lines.sort(key=lambda l: (l[0], l[1]))
    with open(f"{file}.tsv", "w", encoding="utf-8") as out:
        for line in lines:
            out.write("\t".join(line).rstrip("\t") + "\n")

# Names of the property and quantity sets that buildingSMART publishes for each schema.
for label, file in [("IFC2X3", "ifc2x3"), ("IFC4", "ifc4"), ("IFC4X3", "ifc4x3")]:
    templates = ifcopenshell.util.pset.get_template(label).templates
    names = {s.Name for t in templates for s in t.by_type("IfcPropertySetTemplate")}
    with open(f"{file}_sets.txt", "w", encoding="utf-8") as out:
        out.writelines(f"{name}\n" for name in sorted(names))
