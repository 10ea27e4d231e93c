"""Members and keys: kept as digests, refused once revoked, good for their scopes alone."""

import pytest

from notcontent.errors import (
    KeyRefusedError,
    MemberKeyNotFoundError,
    MemberNameError,
    MemberNotFoundError,
    RequestFormatError,
    ScopeError,
)
from notcontent.hub import flows
from notcontent.hub.accounts import services as accounts
from notcontent.hub.accounts.models import Member, MemberKey
from notcontent.hub.flows import Scope

pytestmark = pytest.mark.django_db


def new_key(*scopes: Scope) -> flows.NewKey:
    flows.create_member("mara", "alpha", "Alpha")
    return flows.create_member_key("mara", "alpha", "gate", scopes or (Scope.FEED_READ,))


def test_a_key_is_recognised_as_its_members() -> None:
    made = new_key()
    assert accounts.recognise(made.text, Scope.FEED_READ).name == "alpha"


def test_the_secret_is_kept_nowhere_and_shown_by_no_repr() -> None:
    made = new_key()
    secret = made.text.rsplit("_", 1)[1]
    row = MemberKey.objects.values().get()
    assert all(secret not in str(value) and secret.encode() not in bytes(str(value), "utf-8") for value in row.values())
    assert secret not in repr(made)


def test_a_revoked_key_is_refused_and_revoking_twice_changes_nothing() -> None:
    made = new_key()
    flows.revoke_member_key("mara", made.key_id)
    flows.revoke_member_key("mara", made.key_id)
    with pytest.raises(KeyRefusedError):
        accounts.recognise(made.text, Scope.FEED_READ)
    assert [line.verb for line in flows.desk_audit()].count("member-key-revoked") == 1


def test_a_key_of_a_member_that_is_no_longer_active_is_refused() -> None:
    made = new_key()
    Member.objects.update(active=False)
    with pytest.raises(KeyRefusedError):
        accounts.recognise(made.text, Scope.FEED_READ)


def test_a_key_does_nothing_beyond_its_scopes() -> None:
    made = new_key(Scope.SIGHTINGS_WRITE)
    with pytest.raises(ScopeError):
        accounts.recognise(made.text, Scope.FEED_READ)


@pytest.mark.parametrize("wrong", ["", "ncm_", "ncm_00000000_" + "A" * 43, "\x00", "ncm_００000000_" + "A" * 43])
def test_what_is_no_key_is_refused(wrong: str) -> None:
    new_key()
    with pytest.raises(KeyRefusedError):
        accounts.recognise(wrong, Scope.FEED_READ)


def test_a_right_id_with_a_wrong_secret_is_refused() -> None:
    made = new_key()
    with pytest.raises(KeyRefusedError):
        accounts.recognise(f"ncm_{made.key_id}_{'A' * 43}", Scope.FEED_READ)


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a b", "a" * 65, "é", "a\n"])
def test_a_name_that_is_no_slug_is_refused(name: str) -> None:
    with pytest.raises(MemberNameError):
        flows.create_member("mara", name, "Title")


def test_a_name_is_given_once() -> None:
    flows.create_member("mara", "alpha", "Alpha")
    with pytest.raises(MemberNameError):
        flows.create_member("mara", "alpha", "Another")


def test_a_member_needs_a_title_and_a_key_a_member_and_a_scope() -> None:
    with pytest.raises(RequestFormatError):
        flows.create_member("mara", "alpha", "  ")
    with pytest.raises(MemberNotFoundError):
        flows.create_member_key("mara", "alpha", "gate")
    flows.create_member("mara", "alpha", "Alpha")
    with pytest.raises(RequestFormatError):
        flows.create_member_key("mara", "alpha", "gate", ())
    with pytest.raises(MemberKeyNotFoundError):
        flows.revoke_member_key("mara", "00000000")


def test_the_snippet_for_gate_toml_names_hub_member_and_key_but_holds_no_secret() -> None:
    import tomllib

    made = new_key()
    hub = tomllib.loads(made.gate_toml)["hub"]
    assert (hub["member"], hub["origin"], len(hub["public_key"])) == ("alpha", "hub.test", 64)
    assert made.text not in made.gate_toml
