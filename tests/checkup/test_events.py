"""Whether Plex tells what is played is part of the checklist, where plays or positions are to come back."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.support.checklist import Check, hints, text
from tests.support.harness import Setup
from worker.storage.database import open_database
from worker.storage.facts import Fact
from worker.storage.record import Record


def asked(setup: Setup) -> list[str]:
    return [one.line for one in setup.plex.requests if "eventsource" in one.line or "accounts" in one.line]


def test_off_nobody_listens(setup: Setup, check: Check) -> None:
    said = text(check(setup))
    assert "what is played" not in said
    assert asked(setup) == []


@pytest.mark.parametrize("key", ["plays_from_plex", "resume_from_plex"])
def test_on_it_listens_for_a_moment(setup: Setup, check: Check, key: str) -> None:
    setup.settings(**{key: True})
    said = check(setup)
    assert ("INFO", "✓ Plex lets PlexSync listen to what is played.") in said
    assert hints(said) == []
    assert len(asked(setup)) == 1


def test_what_is_in_the_way_is_named(setup: Setup, check: Check) -> None:
    setup.settings(plays_from_plex=True, accounts_from_plex="Guest, Nobody")
    setup.stash.stash.ui["trackActivity"] = False
    setup.plex.inject({"type": "status", "status": 404, "kind": "events", "count": None})
    said = hints(check(setup))
    assert said[0].startswith("! What is played in Plex cannot be heard: Plex does not send events (HTTP 404).")
    assert "Plex is asked for its history instead" in said[0]
    assert "Stash tracks no activity" in said[1]
    assert said[2:] == [
        '! No account in Plex is called "Nobody", which the setting "Accounts whose plays count" names.'
    ]


def test_what_the_worker_hears_is_said(setup: Setup, check: Check) -> None:
    setup.data.create()
    with closing(open_database(setup.data.database)) as database:
        record = Record(database, lambda: 1.0)
        record.set_fact(Fact.EVENTS_HEARD, "1.0")
        assert "✓ The worker hears what is played in Plex." in text(check(setup))
        record.set_fact(Fact.EVENTS_SILENT, "Plex ended the stream of its events.")
        assert "The worker cannot hear what is played in Plex now" in "".join(hints(check(setup)))
