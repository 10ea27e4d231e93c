"""GEXF 1.3 for Gephi and networkx: channels as nodes that live from birth to end, stated edges from parent to child."""

import xml.etree.ElementTree as ET

from notcontent.lineage.evidence import Evidence
from notcontent.lineage.exports.marking import Tlp
from notcontent.lineage.exports.stating import edges, id_of
from notcontent.lineage.family import Lineage
from notcontent.lineage.portrait import Bond, Member, Standing, portray
from notcontent.lineage.portrait.days import iso
from notcontent.lineage.portrait.names import defanged, handle_of, links_of

COLUMNS = (
    ("number", "integer"),
    ("handle", "string"),
    ("links", "string"),
    ("standing", "string"),
    ("standing_date", "string"),
    ("bond", "string"),
    ("posts", "integer"),
    ("reach", "integer"),
    ("inherited", "double"),
    ("in_family", "double"),
)


def to_gexf(evidence: Evidence, lineage: Lineage, family: int, *, now: int, tlp: Tlp = Tlp.AMBER) -> bytes:
    """Give one family as GEXF 1.3. Dates are days; an edge's weight is its probability."""
    portrait = portray(evidence, lineage, family)
    root = ET.Element("gexf", {"xmlns": "http://gexf.net/1.3", "version": "1.3"})
    meta = ET.SubElement(root, "meta", {"lastmodifieddate": iso(now)[:10]})
    ET.SubElement(meta, "creator").text = "notcontent"
    ET.SubElement(meta, "description").text = f"{tlp.label}. Probabilities are no proof."
    settings = {"defaultedgetype": "directed", "mode": "dynamic", "timeformat": "date"}
    graph = ET.SubElement(root, "graph", settings)
    columns = ET.SubElement(graph, "attributes", {"class": "node", "mode": "static"})
    for at, (title, kind) in enumerate(COLUMNS):
        ET.SubElement(columns, "attribute", {"id": str(at), "title": title, "type": kind})
    nodes = ET.SubElement(graph, "nodes")
    for member in portrait.members.values():
        _node(nodes, member)
    lines = ET.SubElement(graph, "edges")
    for edge in edges(portrait):
        ends = {"source": _id(edge.parent), "target": _id(edge.child)}
        name = str(id_of("edge", edge.child.facts.key, edge.parent.facts.key))
        line = ET.SubElement(lines, "edge", {"id": name, **ends, "weight": f"{edge.probability:.4f}"})
        if edge.child.facts.began is not None:
            line.set("start", iso(edge.child.facts.began)[:10])
    ET.indent(root, " ")
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _id(member: Member) -> str:
    return str(id_of("node", member.facts.key))


def _node(nodes: ET.Element, member: Member) -> None:
    facts = member.facts
    node = ET.SubElement(nodes, "node", {"id": _id(member), "label": member.title})
    if facts.began is not None:
        node.set("start", iso(facts.began)[:10])
        if member.standing is Standing.REMOVED:  # of all others nobody knows that they ended
            node.set("end", iso(max(facts.removed or 0, facts.began))[:10])
    values: tuple[object, ...] = (
        member.number,
        handle_of(facts),
        " ".join(map(defanged, links_of(facts))),
        member.standing.value,
        iso(member.stood)[:10] if member.stood is not None else "",
        member.bond.value,
        facts.posts,
        facts.views or None,
        None if member.inherited is None else f"{member.inherited:.4f}",
        None if member.bond is Bond.ROOT else f"{member.in_family:.4f}",
    )
    said = ET.SubElement(node, "attvalues")
    for at, value in enumerate(values):
        if value not in (None, ""):
            ET.SubElement(said, "attvalue", {"for": str(at), "value": str(value)})
