"""What a bug report shows, and what it never does."""

from __future__ import annotations

import re

import pytest

from tests.support.secrets import written
from worker.operations.report.masking import Masker
from worker.operations.report.vocabulary import own_names, own_seams, own_settings, own_words

WORDS, NAMES, SEAMS = own_words(), own_names(), own_seams()
TOKEN = "t0ken-Qx7/of+plex"


def masker(*, names: bool = True, secrets: tuple[str, ...] = (TOKEN,)) -> Masker:
    folders = {"/opt/PlexSync": "<plugin>", "/opt/PlexSync/data": "<data>"}
    return Masker(secrets, WORDS if names else None, NAMES, folders, SEAMS if names else ())


@pytest.mark.parametrize("names", [True, False])
@pytest.mark.parametrize(
    "line",
    [
        f"token {TOKEN} here",
        "GET http://plex.example:32400/?X-Plex-Token=secret123&a=b",
        "at /photo/:/transcode?url=http%3A%2F%2F127.0.0.1%2F%3FX-Plex-Token%3Dt0ken-Qx7%2Fof%2Bplex",
        '{"X-Plex-Token": "secret123"}',
        "Cookie: session=secret123; path=/",
        "Set-Cookie: secret123",
        "ApiKey: secret123",
        "Authorization: Bearer secret123",
        "eyJhbGciOiJIUzI1NiJ9.eyJ1aWQiOiJzZWNyZXQxMjMifQ.secret123",
        "http://user:secret123@192.168.7.8:32400/",
        *(f"it was {text} there" for text in written(TOKEN)),
    ],
)
def test_no_secret_is_shown_however_it_is_written(line: str, names: bool) -> None:
    shown = masker(names=names).text(line)
    assert "secret123" not in shown
    assert TOKEN not in shown
    assert "Qx7" not in shown


@pytest.mark.parametrize("host", ["192.168.7.8", "plex.home.example", "[fd00::12]", "nas"])
def test_hosts_are_masked_always_and_the_same_one_alike(host: str) -> None:
    mask = masker(names=False)
    assert mask.text(f"Nothing listens at http://{host}:32400. See http://localhost:9999") == (
        "Nothing listens at http://host1:32400. See http://localhost:9999"
    )
    assert mask.text(f"https://{host}/") == "https://host1/"
    assert len(mask.hosts()) == 1
    assert host not in mask.hosts()[0]


def test_addresses_in_a_sentence_are_masked_and_times_and_versions_are_not() -> None:
    mask = masker(names=False)
    assert mask.text("10.1.2.3 and fe80::7 at 20:51:47, version 1.41.2.9200") == (
        "host1 and host2 at 20:51:47, version 1.41.2.9200"
    )
    assert "192-168-7-8" not in mask.text("192-168-7-8.0123456789abcdef0123456789abcdef.plex.direct:32400")


#: Names that a person may have given, some of them made of PlexSync's own words, or with quotes, lines and signs.
HOSTILE = [
    "Vrzmgl Qwxy",
    'Vrzmgl " Qwxy',
    'Vrzmgl" and the "Qwxy',
    "Vrzmgl\nQwxy",
    "Vrzmgl: Qwxy (2024). Qwxy => Vrzmgl",
    "Vrzmgl\ue000Qwxy\ue001Vrzmgl",
    "Vrzmgl/Qwxy\\Vrzmgl",
    "Vrzmgl\u0301 Qwxy\u200bVrzmgl",
    "https://Vrzmgl.Qwxy/Vrzmgl?Qwxy",
    "Vrzmgl.Qwxy.mp4",
    "2026-01-01 00:00:00 Vrzmgl \"Qwxy",
    "<data>/Vrzmgl Qwxy",
    "/opt/PlexSync/Vrzmgl Qwxy",
    "10.Vrzmgl::Qwxy",
    'Vrzmgl" instead of "Qwxy',
    'Vrzmgl argument "confirm" set to "yes" to go ahead. Qwxy',
    'Vrzmgl argument "confirm" set to "Qwxy',
    'Vrzmgl" holds files of two scenes, and its first file is that of scene "Qwxy',
    "Vrzmgl\ue002Qwxy\ue002",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    "sentence",
    [
        '2026-11-26 20:51:47,123 42 DEBUG Updated scene 5 "{}": title, studio.',
        '2 items in Plex hold a file called "{}" and neither size nor folder tells which one is meant; correct …',
        "no Plex library contains the folder /media/{} (scene 8812, 8813)",
        "→ /media/{} => C:\\{}; \\\\nas\\{} => /b",
        "[Errno 2] No such file or directory: '/media/{}'",
        'Library "{}": other videos, agent {}, folders: /a/{}, /b/{}. Written to.',
        "{} without any quotes",
        'the Plex item "{}" holds files of two scenes, and its first file is that of scene 7 "{}"; {}',
        'Write "{}" instead of "{}".',
        'Stash has no tag called "{}", which stands in {}. Is "{}" meant?',
    ],
)
def test_no_name_is_shown_where_names_are_masked(name: str, sentence: str) -> None:
    shown = masker().text(sentence.replace("{}", name))
    assert "vrzmgl" not in shown.lower()
    assert "qwxy" not in shown.lower()


@pytest.mark.parametrize("title", ["The worker waits", "Private", 'a "file" of Plex', "1984", "Path to the server"])
def test_a_title_of_plexsyncs_own_words_is_masked_where_it_stands_in_quotes(title: str) -> None:
    shown = masker().text(f'Updated scene 5 "{title}": studio.')
    assert shown.startswith('Updated scene 5 "x1')
    assert shown.endswith('": studio.')
    assert not set(title.replace('"', "").split()) & set(shown.partition(" 5 ")[2].replace('"', " ").split())


def test_equal_paths_stay_equal_and_show_where_they_part() -> None:
    mask = masker()
    first, second = mask.text("/media/My clips/One.mp4"), mask.text("/media/My clips/Two.mp4")
    assert first == mask.text("/media/My clips/One.mp4")
    assert first.rpartition("/")[0] == second.rpartition("/")[0]
    assert first != second
    assert mask.text("/media/e\u0301.mp4") != mask.text("/media/\u00e9.mp4")


def test_what_plexsync_says_itself_stays_readable() -> None:
    mask = masker()
    for sentence in (
        '2026-11-26 20:51:47,123 42 ERROR Enter it in the setting "Plex address"; then run "Check Setup".',
        "Plex does not answer. Changed scenes wait until it is back.",
        "disk I/O error; database disk image is malformed; No space left on device; Connection refused",
    ):
        assert mask.text(sentence) == sentence
    entry = 'Traceback:\n  File "/opt/PlexSync/worker/items/finder.py", line 12, in find\nValueError: see <data>'
    assert mask.text(entry) == entry.replace("/opt/PlexSync", "<plugin>")
    assert mask.text("See /opt/PlexSync/data/plexsync.log") == "See <data>/plexsync.log"


def test_what_plexsync_says_between_two_quotes_stays_readable() -> None:
    """And not what stands in them."""
    mask = masker()
    sentence = 'Start it once more with the argument "confirm" set to "yes" to go ahead.'
    assert mask.text(sentence) == sentence
    between = " holds files of two scenes, and its first file is that of scene "
    assert mask.text(f'the Plex item "Beach" {between[1:]}7 "Sea"; it waits') == (
        f'the Plex item "x1"{between}x2 "x3"; it waits'
    )
    assert mask.text('Write "Clipz" instead of "Klips".') == 'Write "x4" instead of "x5".'
    said = 'No account in Plex is called "Clipz", which the setting "Accounts whose plays count" names.'
    assert mask.text(said) == said.replace("Clipz", "x4")
    both = f"{said} {sentence}"
    assert mask.text(both) == both.replace("Clipz", "x4")


def test_quotes_that_do_not_belong_together_hide_all_between_them() -> None:
    shown = masker().text('the file Vrz" instead of "the worker and "Plex"')
    assert shown.endswith('" instead of "x2 x3 x4 "x5"')


@pytest.mark.parametrize("title", ["yes", "confirm", 'confirm" set to "yes', "Release Holds now", "[", "row"])
def test_a_title_that_is_said_between_quotes_elsewhere_is_masked(title: str) -> None:
    shown = masker().text(f'2026-11-26 20:51:47,123 42 DEBUG Updated scene 5 "{title}": title.')
    assert not set(title.replace('"', "").split()) - {"["} & set(shown.replace('"', " ").split())


def test_the_pieces_of_sentences_are_those_of_the_sources_and_no_code() -> None:
    assert {'" instead of "', 'argument "confirm" set to "yes" to go ahead'} <= {
        seam.removeprefix("the ") for seam in SEAMS
    }
    assert not [seam for seam in SEAMS if seam.count('"') == 0 or len(re.findall(r"\w+", seam)) < 2 or "SELECT" in seam]


def test_a_setting_is_a_name_but_for_what_its_form_tells() -> None:
    mask = masker()
    assert mask.value("[{studio} - ]{title} of the worker") == "[{studio} - ]{title} x1 x2 x3"
    assert mask.value("/media => /data/plex; /media/x => /y") == "/x4 => /x5/x6; /x4/x7 => /x8"


def test_the_manifest_tells_every_setting_and_name() -> None:
    from validation.config import PlexSyncConfig

    assert set(own_settings()) == set(PlexSyncConfig.model_fields)
    assert {str(field.title) for field in PlexSyncConfig.model_fields.values()} <= NAMES
    assert "Check Setup" in NAMES
