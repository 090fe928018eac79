"""What a task tells of how far it is."""

from __future__ import annotations

import io

from stash.protocol import Progress


def test_the_bar_of_a_long_task_grows_with_each_line_and_takes_a_thousand_at_most() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    for done in range(10_001):
        progress.show(done, 10_000)
    shares = [float(line.removeprefix("\x01p\x02")) for line in stream.getvalue().splitlines()]
    assert shares == sorted(set(shares))
    assert shares[-1] == 1.0
    assert 900 < len(shares) <= 1001
