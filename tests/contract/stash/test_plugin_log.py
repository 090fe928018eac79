"""Standard error is read as Stash reads it."""

from pathlib import Path

import pytest

from tests.contract.stash.support import data, scenes, write_plugin
from tests.doubles.stash import StashDouble
from tests.doubles.stash.clock import Clock
from tests.doubles.stash.plugin_log import LINE_LIMIT, Log, PluginLogReader, error_log_level


def _read(*chunks: bytes, default: str | None = "Error") -> tuple[list[tuple[str, str]], list[float], bool]:
    log, progress = Log(Clock()), list[float]()
    reader = PluginLogReader(log, "Probe", "Probe", default, progress.append)
    alive = [reader.feed(chunk) for chunk in chunks]
    reader.end()
    return [(line.level, line.message) for line in log.lines], progress, all(alive)


@pytest.mark.parametrize(
    ("raw", "level", "text"),
    [
        (b"\x01t\x02trace\n", "Trace", "trace"),
        (b"\x01d\x02debug\n", "Debug", "debug"),
        (b"\x01i\x02 trimmed \r\n", "Info", "trimmed"),
        (b"\x01w\x02warn\n", "Warning", "warn"),
        (b"\x01e\x02error\n", "Error", "error"),
        (b"no prefix \n", "Error", "no prefix "),
        (b"\x01x\x02unknown level\n", "Error", "\x01x\x02unknown level"),
        (b"\x01i\x02\n", "Error", "\x01i\x02"),
        (b"\x01i\x02no newline at the end", "Info", "no newline at the end"),
        ("\x01i\x02grüße\n".encode(), "Info", "grüße"),
    ],
)
def test_levels(raw: bytes, level: str, text: str) -> None:
    assert _read(raw) == ([(level, text)], [], True)


def test_lines_arrive_in_pieces() -> None:
    assert _read(b"\x01i", b"\x02one\n\x01i\x02t", b"wo\n")[0] == [("Info", "one"), ("Info", "two")]


def test_progress() -> None:
    assert _read(b"\x01p\x020.5\n\x01p\x021\n") == ([], [0.5, 1.0], True)


def test_err_log_none_drops_what_has_no_prefix() -> None:
    assert _read(b"lost\n\x01i\x02kept\n", default=error_log_level("none"))[0] == [("Info", "kept")]
    assert error_log_level("warning") == "Warning"
    assert error_log_level("") == error_log_level("nonsense") == "Error"


def test_the_longest_line_and_one_byte_more() -> None:
    longest = b"\x01i\x02" + b"x" * (LINE_LIMIT - 4)

    assert _read(longest + b"\n")[2]
    assert _read(longest + b"\n")[0] == [("Info", "x" * (LINE_LIMIT - 4))]
    assert _read(longest + b"y\n") == ([], [], False)


def test_a_line_too_long_breaks_the_pipe(tmp_path: Path) -> None:
    body = """
say("i", "before")
say("i", "x" * 70_000)
try:
    while True:
        say("i", "after")
        time.sleep(0.01)
except BrokenPipeError:
    sys.stderr = open(os.devnull, "w")
    answer("broken pipe")
"""
    with StashDouble(scenes(1), plugins=write_plugin(tmp_path, body)) as stash:
        stash.save(1, title="x")

        assert stash.hook_runs[0]["output"] == "broken pipe"
        assert [line["message"] for line in stash.log if line["plugin"] == "Probe"] == ["before"]


def test_the_log_of_stash_shows_the_newest_lines_of_its_level_first(tmp_path: Path) -> None:
    body = "for n in range(40): say('i', str(n)); say('d', 'hidden')"
    with StashDouble(scenes(1), plugins=write_plugin(tmp_path, body)) as stash:
        stash.save(1, title="x")
        shown = data(stash, "{logs{level message}}")["logs"]

    assert shown[0] == {"level": "Info", "message": "[Plugin / Probe name] 39"}
    assert len(shown) == 30
