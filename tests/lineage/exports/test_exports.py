"""Every export states the same edges and only those, is read back by its own library, and holds nothing secret."""

import csv
import json
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from functools import cache
from io import BytesIO, StringIO
from typing import Any

import networkx as nx
import pymisp
import pytest
import stix2
from hypothesis import given
from hypothesis import strategies as st
from lineage_stage import NOW, SECRETS, a_family

from notcontent.errors import LineageFamilyNotFoundError
from notcontent.lineage.exports import FORMATS, Tlp
from notcontent.lineage.exports.table import guarded
from notcontent.lineage.portrait import Standing, portray
from notcontent.lineage.portrait.days import iso
from notcontent.lineage.portrait.names import clean

SIZES = (3, 40, 300)


def exported(name: str, size: int = 40, tlp: Tlp = Tlp.AMBER) -> bytes:
    return FORMATS[name][0](*a_family(size), 5, now=NOW, tlp=tlp)


def stated(size: int) -> dict[tuple[int, int], float]:
    """(number of the child, of the parent) -> probability, straight from the lines."""
    evidence, lineage = a_family(size)
    members = portray(evidence, lineage, 5).members
    return {
        (members[line.channel].number, members[line.stated].number): next(
            each.probability for each in line.candidates if each.parent == line.stated
        )
        for line in lineage.lines
        if line.stated is not None
    }


def titles(size: int) -> dict[int, str]:
    return {member.number: member.title for member in portray(*a_family(size), 5).members.values()}


@pytest.mark.parametrize("tlp", Tlp)
@pytest.mark.parametrize("name", FORMATS)
def test_no_export_holds_a_digest_a_hidden_handle_or_another_family(name: str, tlp: Tlp) -> None:
    written = exported(name, 40, tlp).decode()
    assert "CANARY" not in written
    assert not any(secret in written for secret in SECRETS)
    assert "h:" not in written.replace("https:", "")


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_family_gives_the_same_bytes(name: str) -> None:
    first = exported(name)
    a_family.cache_clear()
    assert exported(name) == first


@pytest.mark.parametrize("name", FORMATS)
def test_a_family_that_is_none_is_not_exported(name: str) -> None:
    with pytest.raises(LineageFamilyNotFoundError):
        FORMATS[name][0](*a_family(3), 99, now=NOW)


@pytest.mark.parametrize("name", ["csv", "json", "gexf"])
def test_where_people_read_no_link_can_be_clicked(name: str) -> None:
    written = exported(name).decode().replace('xmlns="http://gexf.net/1.3"', "").replace("http://x", "")
    assert "hxxps://t[.]me/night_0" in written
    assert "http" not in written


# --- STIX ---


@cache
def bundle(size: int, tlp: Tlp = Tlp.AMBER) -> Any:
    return stix2.parse(exported("stix", size, tlp))


@pytest.mark.parametrize("size", SIZES)
def test_stix2_reads_every_stated_edge_with_its_confidence_and_no_other(size: int) -> None:
    objects = bundle(size).objects
    accounts = {each.id: each for each in objects if each.type == "user-account"}
    assert len(accounts) == size
    named = sorted(
        (accounts[each.source_ref].display_name, accounts[each.target_ref].display_name, each.confidence)
        for each in objects
        if each.type == "relationship"
    )
    title = titles(size)
    assert named == sorted((title[a], title[b], min(99, round(100 * sure))) for (a, b), sure in stated(size).items())
    assert {each.relationship_type for each in objects if each.type == "relationship"} == {"derived-from"}


def test_account_ids_are_those_that_stix2_makes_itself() -> None:
    for each in bundle(40).objects:
        if each.type == "user-account" and ("user_id" in each or "account_login" in each):
            own = {name: each[name] for name in ("account_type", "user_id", "account_login") if name in each}
            assert stix2.UserAccount(**own).id == each.id


def test_stix_ids_differ_refer_to_what_is_there_and_stay_the_same_tomorrow() -> None:
    today = json.loads(exported("stix"))["objects"]
    tomorrow = json.loads(FORMATS["stix"][0](*a_family(40), 5, now=NOW + 86_400))["objects"]
    ids = [each["id"] for each in today]
    assert len(ids) == len(set(ids))
    assert [each["id"] for each in tomorrow] == ids
    for old, new in zip(today, tomorrow, strict=True):
        assert old.get("created") == new.get("created")
        assert old.get("modified", "") <= new.get("modified", "")
        for reference in (*old.get("object_refs", ()), *old.get("object_marking_refs", ())):
            assert reference in ids


def test_stix_dates_are_those_of_the_evidence_and_an_unknown_life_is_not_called_disabled() -> None:
    members = {member.title: member for member in portray(*a_family(40), 5).members.values()}
    for each in json.loads(exported("stix"))["objects"]:
        if each["type"] != "user-account":
            continue
        member = members[each["display_name"]]
        born = member.facts.born
        assert each.get("account_created") == (iso(born) if born is not None else None)
        known = {Standing.REMOVED: True, Standing.ALIVE: False}
        assert each.get("is_disabled") == known.get(member.standing)


@pytest.mark.parametrize(
    ("tlp", "name"),
    [
        (Tlp.CLEAR, "TLP:WHITE"),
        (Tlp.GREEN, "TLP:GREEN"),
        (Tlp.AMBER, "TLP:AMBER"),
        (Tlp.AMBER_STRICT, "TLP:AMBER+STRICT"),
        (Tlp.RED, "TLP:RED"),
    ],
)
def test_every_stix_object_bears_the_chosen_marking(tlp: Tlp, name: str) -> None:
    first, *rest = bundle(3, tlp).objects
    assert first.name == name
    assert all(each.object_marking_refs == [first.id] for each in rest)
    if tlp is Tlp.AMBER:
        assert first.id == stix2.TLP_AMBER.id
        assert FORMATS["stix"][0](*a_family(3), 5, now=NOW) == exported("stix", 3)


# --- MISP ---


@pytest.mark.parametrize("size", SIZES)
def test_pymisp_reads_every_stated_edge_and_no_other(size: int) -> None:
    event = pymisp.MISPEvent()
    event.load(exported("misp", size).decode())
    names = {each.uuid: each.get_attributes_by_relation("group-name")[0].value for each in event.objects}
    assert len(names) == size
    found = sorted(
        (names[each.uuid], names[reference.referenced_uuid], reference.comment.partition(" %")[0])
        for each in event.objects
        for reference in each.references
    )
    title = titles(size)
    assert found == sorted(
        (title[a], title[b], str(min(99, round(100 * sure)))) for (a, b), sure in stated(size).items()
    )
    assert [tag.name for tag in event.tags] == ["tlp:amber"]


def test_misp_objects_follow_their_template_and_detect_nothing() -> None:
    event = pymisp.MISPEvent()
    event.load(exported("misp").decode())
    assert event.distribution == 0
    assert not event.published
    for each in event.objects:
        model = pymisp.MISPObject("social-media-group", strict=True)
        assert each.template_uuid == model.template_uuid
        for attribute in each.attributes:
            known = (model._definition or {})["attributes"][attribute.object_relation]
            assert attribute.type == known["misp-attribute"]
            assert not attribute.to_ids
        uuids = [attribute.uuid for attribute in each.attributes]
        assert len(uuids) == len(set(uuids))
    members = {member.title: member for member in portray(*a_family(40), 5).members.values()}
    for each in event.objects:
        began = members[each.get_attributes_by_relation("group-name")[0].value].facts.began
        assert each.first_seen == datetime.fromtimestamp(began or 0, UTC)


# --- GEXF ---


@pytest.mark.parametrize("size", SIZES)
def test_networkx_reads_every_stated_edge_from_parent_to_child(size: int) -> None:
    graph = nx.read_gexf(BytesIO(exported("gexf", size)))
    assert graph.number_of_nodes() == size
    assert nx.is_directed_acyclic_graph(graph)
    number = nx.get_node_attributes(graph, "number")
    found = {(number[child], number[parent]): each["weight"] for parent, child, each in graph.edges(data=True)}
    expected = stated(size)
    assert found.keys() == expected.keys()
    assert all(abs(found[pair] - expected[pair]) <= 0.00005 for pair in found)
    assert {number[node]: label for node, label in graph.nodes(data="label")} == titles(size)


def test_gexf_says_from_when_to_when_a_channel_lived() -> None:
    root = ET.fromstring(exported("gexf"))  # noqa: S314 - our own
    nodes = root.findall(".//{http://gexf.net/1.3}node")
    by_title = {member.title: member for member in portray(*a_family(40), 5).members.values()}
    for node in nodes:
        member = by_title[node.get("label", "")]
        assert node.get("start") == iso(member.facts.began or 0)[:10]
        removed = member.facts.removed
        assert node.get("end") == (iso(removed)[:10] if removed is not None else None)


# --- CSV ---


def table(size: int) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(exported("csv", size).decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("size", SIZES)
def test_the_table_has_a_line_for_each_channel_and_a_parent_where_one_is_stated(size: int) -> None:
    rows = table(size)
    assert len(rows) == size
    found = {(int(row["number"]), int(row["parent"])): int(row["probability_percent"]) for row in rows if row["parent"]}
    assert found == {pair: min(99, round(100 * sure)) for pair, sure in stated(size).items()}
    assert all(row["tlp"] == "TLP:AMBER" for row in rows)
    assert not any(row["reasons"] for row in rows if not row["parent"])


def test_no_cell_of_the_table_begins_a_formula() -> None:
    for row in table(300):
        assert not any(cell[:1] in set("=+-@\t\r\n") for cell in row.values() if cell)
    assert any(row["title"].startswith("'=HYPERLINK") for row in table(40))


@given(st.text())
def test_a_guarded_cell_is_shown_as_it_was(text: str) -> None:
    assert guarded(text) in {text, f"'{text}"}
    assert not guarded(text)[:1] or guarded(text)[0] not in "=+-@\t\r\n＝＋－＠|%"


# --- JSON ---


@pytest.mark.parametrize("size", SIZES)
def test_json_states_every_edge_and_keeps_open_guesses_apart(size: int) -> None:
    told = json.loads(exported("json", size))
    assert (told["schema"], told["version"], told["tlp"]) == ("notcontent/lineage-family", 1, "TLP:AMBER")
    found = {(each["child"], each["parent"]): each["probability"] for each in told["edges"]}
    expected = stated(size)
    assert found.keys() == expected.keys()
    assert all(abs(found[pair] - expected[pair]) <= 0.00005 for pair in found)
    children = {child for child, _ in found}
    assert not children & {each["channel"] for each in told["open"]}
    assert len(children) + len(told["open"]) + 1 == size == len(told["channels"])


def test_json_gives_dates_counts_and_statuses_as_the_evidence_has_them() -> None:
    evidence, lineage = a_family(40)
    members = list(portray(evidence, lineage, 5).members.values())
    for each, member in zip(json.loads(exported("json"))["channels"], members, strict=True):
        facts = member.facts
        assert each["title"] == clean(each["title"]) == member.title
        assert each["posts"] == facts.posts
        assert each["reach"] == facts.views
        assert each["members"] == 1200
        assert each["first_post"] == (iso(facts.first_post) if facts.first_post is not None else None)
        assert [fact["status"] for fact in each["statuses"]] == [
            fact.kind.value for fact in sorted(facts.statuses, key=lambda fact: (fact.time, fact.kind.value))
        ]
