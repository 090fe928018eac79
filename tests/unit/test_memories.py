"""A memory holds for a file, not for a number: which one counts for which item."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import is_dataclass
from itertools import count
from pathlib import Path
from types import ModuleType

import pytest

import validation.scenes
import worker.metadata.memory
from worker.metadata.item_files import ItemFile, share_a_file
from worker.metadata.memory import ItemMemory, TextMemory
from worker.storage.database import open_database
from worker.storage.record import Record

ONE, TWO, THREE = (ItemFile.of(f"/media/{name}.mp4", size) for name, size in (("one", 1), ("two", 2), ("three", 3)))


def written(title: str) -> ItemMemory:
    return ItemMemory(texts={"title": TextMemory(written=title)})


def test_no_text_that_was_read_is_kept_for_the_next_time() -> None:
    kept = written("A Title of Its Own").as_json()

    one, other = (ItemMemory.of_json(kept).texts["title"].written for _ in range(2))
    assert one == other
    assert one is not other


@pytest.mark.parametrize("module", [validation.scenes, worker.metadata.memory])
def test_what_is_in_hand_by_the_hundred_carries_no_dictionaries(module: ModuleType) -> None:
    models = [one for one in vars(module).values() if isinstance(one, type) and is_dataclass(one)]
    assert models
    assert not [one.__name__ for one in models if one.__dictoffset__]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_database(str(tmp_path / "plexsync.db"))) as connection:
        yield connection


@pytest.fixture
def record(database: sqlite3.Connection) -> Record:
    return Record(database, count(2.0).__next__)


def title(record: Record, item: str, *files: ItemFile, server: str = "server") -> str | None:
    known = record.recall(server, item, files)
    return known.content.texts["title"].written if known else None


def former(record: Record, scene: int, item: str, *files: ItemFile, server: str = "server") -> str | None:
    known = record.former(scene, server, item, files)
    return known.content.texts["title"].written if known else None


@pytest.mark.parametrize(
    ("mine", "theirs", "same"),
    [
        (("/a/one.mp4", 1), ("/a/one.mp4", 1), True),
        (("/a/one.mp4", 1), ("/a/one.mp4", 2), True),  # replaced in place
        (("/a/one.mp4", None), ("/a/one.mp4", None), True),
        (("/a/one.mp4", 1), ("/b/ONE.mp4", 1), True),  # moved, on a disk that folds case
        (("/a/one.mp4", 1), ("/b/one.mp4", 2), False),
        (("/a/one.mp4", None), ("/b/one.mp4", None), False),  # a name alone proves nothing
        (("/a/one.mp4", 1), ("/a/two.mp4", 1), False),
        (("D:\\a\\one.mp4", 1), ("d:/A/one.mp4", 2), True),
        (("/a/caf\u00e9.mp4", 1), ("/a/cafe\u0301.mp4", 2), True),
    ],
)
def test_two_are_one_file_by_path_or_by_name_and_size(
    mine: tuple[str, int | None], theirs: tuple[str, int | None], same: bool
) -> None:
    assert share_a_file([THREE, ItemFile.of(*mine)], [ItemFile.of(*theirs)]) is same


def test_server_key_and_file_must_agree(record: Record) -> None:
    record.remember(1, "server", "7", written("One"), files=[ONE])
    assert title(record, "7", ONE) == "One"
    assert title(record, "7", TWO) is None
    assert title(record, "8", ONE) is None
    assert title(record, "7", ONE, server="another") is None


def test_an_item_that_gains_and_loses_versions_stays_the_same(record: Record) -> None:
    record.remember(1, "server", "7", written("One"), files=[ONE])
    record.remember(1, "server", "7", written("Both"), files=[ONE, TWO])
    record.remember(1, "server", "7", written("Two"), files=[TWO])
    assert title(record, "7", TWO) == "Two"
    assert title(record, "7", ONE) is None


def test_keys_given_anew_after_a_restore_take_each_memory_to_its_file(record: Record) -> None:
    """Items 7 and 8 have changed places."""
    record.remember(1, "server", "7", written("One"), files=[ONE])
    record.remember(2, "server", "8", written("Two"), files=[TWO])
    record.left_items(2, "server", ["7"])
    assert title(record, "7", TWO) is None
    assert former(record, 2, "7", TWO) == "Two"
    record.remember(2, "server", "7", written("Two anew"), files=[TWO])
    record.left_items(1, "server", ["8"])
    assert former(record, 1, "8", ONE) == "One"
    record.remember(1, "server", "8", written("One anew"), files=[ONE])
    assert (title(record, "7", TWO), title(record, "8", ONE)) == ("Two anew", "One anew")


def test_what_is_set_aside_counts_again_when_the_file_is_back_under_its_key(record: Record) -> None:
    record.remember(1, "server", "7", written("One"), files=[ONE])
    record.left_items(1, "server", ["9"])
    assert record.items_between(1, 1, "server") == []
    assert title(record, "7", ONE) == "One"
    record.remember(1, "server", "7", written("Again"), 5, files=[ONE])
    assert [one.item for one in record.items_between(1, 1, "server")] == ["7"]


def test_what_another_item_shows_now_is_taken_from_nobody(record: Record) -> None:
    """The same file in a second library: the first item has it still."""
    record.remember(1, "server", "7", written("One"), files=[ONE])
    assert former(record, 1, "8", ONE) is None
    assert former(record, 1, "8", ONE, server="another") == "One"


def test_a_scene_that_is_gone_leaves_its_memory_to_the_next_one_of_its_file(record: Record) -> None:
    for scene, name in ((1, "First"), (5, "Second"), (3, "Third")):
        assert (title(record, "7", ONE) is None) == (scene == 1)
        record.remember(scene, "server", "7", written(name), files=[ONE])
        record.forget_scene(scene)
    assert title(record, "7", ONE) == "Third", "the newest counts, whatever the numbers are"
    assert former(record, 9, "8", ONE) == "Third"
    assert record.items_between(0, 2**62, "server") == []


def test_a_file_that_went_to_another_scene_is_that_scenes(record: Record) -> None:
    record.remember(1, "server", "7", written("One"), files=[ONE])
    record.remember(2, "server", "7", written("Two"), files=[ONE])
    assert record.items_of(1, "server") == []
    assert record.items_of(2, "server") == ["7"]


def test_of_unknown_files_it_is_offered_without_proof_until_it_is_set_aside(record: Record) -> None:
    record.remember(1, "server", "7", written("Unknown"))
    known = record.recall("server", "7", [ONE])
    assert known is not None
    assert known.files == ()
    record.set_aside(known)
    assert title(record, "7", ONE) is None
    assert former(record, 1, "7", ONE) == "Unknown", "as far as the item shows it, for the same scene"
    assert former(record, 2, "7", ONE) is None
    record.remember(2, "server", "7", written("Known"), files=[ONE])
    assert title(record, "7", ONE) == "Known"


def test_a_renamed_file_under_the_same_key_is_looked_at_for_the_same_scene_only(record: Record) -> None:
    record.remember(1, "server", "7", written("One"), files=[ONE])
    assert former(record, 1, "7", TWO) == "One"
    assert former(record, 2, "7", TWO) is None
    assert former(record, 1, "8", TWO) is None


def test_what_was_written_is_no_drift_once_it_was_read_back(record: Record) -> None:
    record.remember(1, "server", "7", written("One"), files=[ONE])
    record.remember(1, "server", "8", written("Two"), files=[TWO])
    record.saw("server", "7", written("One"), 55)
    assert {one.item: one.seen for one in record.items_between(1, 1, "server")} == {"7": 55, "8": None}
    assert title(record, "7", ONE) == "One"


def test_the_newest_of_several_counts_also_when_it_was_set_aside_first(record: Record) -> None:
    record.remember(1, "server", "7", written("Old"), files=[ONE])
    record.remember(2, "server", "8", written("New"), files=[TWO, ONE])
    record.left_items(2, "server", [])
    record.left_items(1, "server", [])
    assert former(record, 3, "9", ONE) == "New"
