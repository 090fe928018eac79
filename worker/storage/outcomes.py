"""What became of each scene when it was last dealt with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from validation.scenes import Scene
from worker.storage.rows import shown
from worker.storage.tables import Tables


@dataclass(frozen=True)
class Outcome:
    """A scene that was dealt with, as Stash gave it then.

    ``stash_updated``: when Stash had last changed it, None when it may have changed since. ``files``: a fingerprint
    of its files (``files_key``), ``content`` one of all that Stash said of it (``content_key``), None when it was not
    read. ``holders``: a fingerprint of the items in Plex that held its files, None when it is not known. ``left_out``:
    why the selection left it out, if it did. ``not_shown``: the fields that Plex does not show as they were written,
    None for none.
    """

    scene_id: int
    stash_updated: str | None
    files: str | None
    holders: str | None
    left_out: str | None
    not_shown: str | None = None
    content: str | None = None


@dataclass(frozen=True)
class Update:
    """The last write for a scene: what, and when in seconds since 1970."""

    scene_id: int
    detail: str
    at: float


class SceneReason(NamedTuple):
    """A scene, and why it is in a list."""

    reason: str
    scene_id: int


class File(Protocol):
    """A file of a scene, however it was read: its path, its size in bytes."""

    @property
    def path(self) -> str: ...
    @property
    def size(self) -> int | None: ...


def files_key(files: Iterable[File]) -> str:
    """A short text that changes when a scene's files move, are renamed, added or taken away."""
    text = "\n".join(f"{file.path}\t{file.size}" for file in files)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def content_key(scene: Scene) -> str:
    """A short text that changes with everything that Stash says of a scene."""
    return hashlib.blake2b(scene.as_json(), digest_size=8).hexdigest()


def _reasons(rows: Iterable[tuple[object, int]]) -> list[SceneReason]:
    return [SceneReason(shown(reason), scene) for reason, scene in rows]


_OUTCOME = "scene, stash_updated, files, holders, left_out, not_shown, content"


class Outcomes(Tables):
    """The table ``outcomes``."""

    def outcome(self, scene_id: int) -> Outcome | None:
        """What became of a scene, if it was dealt with."""
        row = self._database.execute(f"SELECT {_OUTCOME} FROM outcomes WHERE scene = ?", (scene_id,)).fetchone()  # noqa: S608
        return Outcome(*row) if row else None

    def settle(self, scene: Scene) -> None:
        """A scene was read once more, and was as it had been: it has not changed since that time of change."""
        with self._database:
            self._database.execute(
                "UPDATE outcomes SET stash_updated = ? WHERE scene = ? AND content = ?",
                (scene.updated_at, scene.id, content_key(scene)),
            )

    def known_between(self, first: int, last: int) -> dict[int, Outcome]:
        """The scenes in a range that were dealt with, by number."""
        query = f"SELECT {_OUTCOME} FROM outcomes WHERE scene BETWEEN ? AND ?"  # noqa: S608
        return {row[0]: Outcome(*row) for row in self._database.execute(query, (first, last))}

    def scenes_with_kept_edits(self) -> list[int]:
        """Scenes some of whose fields were left as a person edited them in Plex."""
        return [one.scene_id for one in self.kept()]

    def count_finished(self) -> int:
        """How many scenes Plex was seen to show."""
        return int(self._database.execute("SELECT count(*) FROM outcomes WHERE left_out IS NULL").fetchone()[0])

    def left_out(self) -> list[SceneReason]:
        """Every scene that the user's selection leaves out, and why."""
        query = "SELECT left_out, scene FROM outcomes WHERE left_out IS NOT NULL ORDER BY +scene"
        return _reasons(self._database.execute(query))

    def kept(self) -> list[SceneReason]:
        """Every scene whose edits in Plex were kept, and in which fields."""
        query = "SELECT kept, scene FROM outcomes WHERE kept IS NOT NULL ORDER BY scene"
        return _reasons(self._database.execute(query))

    def not_shown(self) -> list[SceneReason]:
        """Every scene some of whose fields Plex does not show as they were written, and which."""
        query = "SELECT not_shown, scene FROM outcomes WHERE not_shown IS NOT NULL ORDER BY scene"
        return _reasons(self._database.execute(query))

    def refused(self) -> list[SceneReason]:
        """Every scene whose rating or cover Plex does not take, and why."""
        query = "SELECT refused, scene FROM outcomes WHERE refused IS NOT NULL ORDER BY scene"
        return _reasons(self._database.execute(query))

    def latest_updates(self, count: int) -> list[Update]:
        """The newest writes, newest first."""
        query = """SELECT scene, written, written_at FROM outcomes WHERE written_at IS NOT NULL
            ORDER BY written_at DESC LIMIT ?"""
        rows = self._database.execute(query, (count,))
        return [Update(scene, shown(what), at) for scene, what, at in rows if isinstance(at, float)]

    def doubt_all(self) -> None:
        """Every scene is to be compared anew by the next comparison."""
        with self._soon():
            # Without its content, nothing but a comparison settles a scene again.
            self._database.execute("UPDATE outcomes SET stash_updated = NULL, content = NULL WHERE left_out IS NULL")

    def _keep_outcome(
        self,
        scene: Scene,
        updated_at: str,
        *,
        written: str,
        left_out: str,
        kept: str,
        not_shown: str,
        refused: str,
        holders: str | None,
        is_whole: bool,
    ) -> None:
        self._database.execute(
            """INSERT INTO outcomes (
                scene, checked, left_out, kept, not_shown, refused, stash_updated, content, files, holders)
            VALUES (:scene, :now, :left_out, :kept, :not_shown, :refused, :updated_at, :content, :files, :holders)
            ON CONFLICT (scene) DO UPDATE SET checked = :now, left_out = :left_out, kept = :kept,
                not_shown = :not_shown, refused = :refused, stash_updated = :updated_at, content = :content,
                files = :files, holders = :holders""",
            {
                "scene": scene.id,
                "now": self._clock(),
                "left_out": left_out or None,
                "kept": kept or None,
                "not_shown": not_shown or None,
                "refused": refused or None,
                "updated_at": updated_at or None,
                # Without its content, nothing but its job or a comparison settles a scene.
                "content": content_key(scene) if is_whole else None,
                "files": files_key(scene.files),
                "holders": holders,
            },
        )
        if written:
            query = "UPDATE outcomes SET written_at = ?, written = ? WHERE scene = ?"
            self._database.execute(query, (self._clock(), written, scene.id))
