"""The tables of plexsync.db, the record."""

from __future__ import annotations

#: The tables as they are now. A change of them is a new version, with a step in worker/storage/migrations.py.
SCHEMA = (
    # What became of each scene when it was last dealt with: why the selection left it out, which fields were kept as
    # edited in Plex, which Plex does not show as written, why it does not take the rating or the cover, when Stash last
    # changed it (NULL: in doubt), fingerprints of all that Stash said of it, of its files and of the items in Plex that
    # held them; the last write.
    """CREATE TABLE outcomes (
        scene INTEGER PRIMARY KEY, checked REAL NOT NULL, left_out TEXT, kept TEXT, not_shown TEXT, refused TEXT,
        stash_updated TEXT, content TEXT, files TEXT, holders TEXT, written_at REAL, written TEXT)""",
    "CREATE INDEX outcomes_by_write ON outcomes (written_at) WHERE written_at IS NOT NULL",
    # Of all: the narrowest way to count them.
    "CREATE INDEX outcomes_left_out ON outcomes (left_out)",
    "CREATE INDEX outcomes_kept ON outcomes (scene) WHERE kept IS NOT NULL",
    "CREATE INDEX outcomes_not_shown ON outcomes (scene) WHERE not_shown IS NOT NULL",
    "CREATE INDEX outcomes_refused ON outcomes (scene) WHERE refused IS NOT NULL",
    # What PlexSync wrote to each item, and what stood there before (worker/metadata/memory.py). ``scene``: whose it is
    # (NULL: gone from Stash). ``seen``: when Plex had last changed the item as it was compared (NULL: a write of ours
    # came after). ``changed``: when this row was, by our clock.
    """CREATE TABLE memories (
        id INTEGER PRIMARY KEY, server TEXT NOT NULL, item TEXT NOT NULL, scene INTEGER,
        state TEXT NOT NULL CHECK (state IN ('in use', 'set aside')), seen INTEGER, changed REAL,
        content TEXT NOT NULL)""",
    "CREATE UNIQUE INDEX memories_in_use ON memories (server, item) WHERE state = 'in use'",
    "CREATE INDEX memories_by_item ON memories (item, server)",
    "CREATE INDEX memories_by_scene ON memories (scene, server)",
    # The files each of these items held.
    """CREATE TABLE memory_files (
        memory INTEGER NOT NULL, path_key TEXT NOT NULL, name_key TEXT NOT NULL, size INTEGER,
        PRIMARY KEY (memory, path_key)) WITHOUT ROWID""",
    "CREATE INDEX memory_files_by_path ON memory_files (path_key)",
    "CREATE INDEX memory_files_by_name ON memory_files (name_key, size)",
    # Collections that PlexSync put items into. ``rating_key`` and ``whose`` are NULL until Plex shows the collection.
    """CREATE TABLE collections (
        id INTEGER PRIMARY KEY, server TEXT NOT NULL, section TEXT NOT NULL, title_key TEXT NOT NULL,
        rating_key TEXT, whose TEXT CHECK (whose IN ('ours', 'ours, in order', 'theirs')),
        picture_due INTEGER NOT NULL DEFAULT 0, UNIQUE (server, section, title_key))""",
    # Those items, and the place by scene index that each was given.
    """CREATE TABLE members (
        collection INTEGER NOT NULL, item TEXT NOT NULL, place INTEGER,
        PRIMARY KEY (collection, item)) WITHOUT ROWID""",
    "CREATE INDEX members_by_item ON members (item)",
    # What a server does with each field; ``misses``: of how many items it did not show what was written; ``changed``:
    # since when, by our clock.
    """CREATE TABLE capabilities (
        server TEXT NOT NULL, field TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('missed', 'left out', 'replaced', 'appended', 'together')),
        misses INTEGER NOT NULL DEFAULT 0, changed REAL NOT NULL DEFAULT 0,
        PRIMARY KEY (server, field)) WITHOUT ROWID""",
    # Which performers, studios, tags and groups each scene showed.
    """CREATE TABLE shown (
        scene INTEGER NOT NULL, kind TEXT NOT NULL, entity INTEGER NOT NULL,
        PRIMARY KEY (scene, kind, entity)) WITHOUT ROWID""",
    "CREATE INDEX shown_by_entity ON shown (kind, entity)",
    # When each of them was last changed, at the last reconciliation (NULL: in doubt).
    """CREATE TABLE entities (
        kind TEXT NOT NULL, entity INTEGER NOT NULL, updated TEXT, PRIMARY KEY (kind, entity)) WITHOUT ROWID""",
    # Scenes that wait for a person; the rest as in ``outcomes``. ``owner``: the scene whose item it is that holds their
    # file, too, and a fingerprint of its files as they were known then.
    """CREATE TABLE parked (
        scene INTEGER PRIMARY KEY, update_type TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL,
        since REAL NOT NULL, stash_updated TEXT, files TEXT, holders TEXT, owner INTEGER, owner_files TEXT)""",
    "CREATE INDEX parked_by_owner ON parked (owner) WHERE owner IS NOT NULL",
    # Scenes that stay in Plex as they are until a person lets them go, because of an undo (``run``: its number in the
    # journal). Not ``whole``: only what ``held_fields`` names, by Plex's name of a field or list, or a picture's place.
    """CREATE TABLE holds (
        scene INTEGER PRIMARY KEY, whole INTEGER NOT NULL CHECK (whole IN (0, 1)), reason TEXT NOT NULL,
        since REAL NOT NULL, run INTEGER)""",
    "CREATE TABLE held_fields (scene INTEGER NOT NULL, field TEXT NOT NULL, PRIMARY KEY (scene, field)) WITHOUT ROWID",
    # Every write to Plex (worker/storage/journal_entries.py): when it was noted, why, for which scene (NULL: none), to
    # which item or collection, and what it changed.
    """CREATE TABLE journal (
        id INTEGER PRIMARY KEY, run INTEGER NOT NULL, at REAL NOT NULL, cause TEXT NOT NULL, scene INTEGER,
        server TEXT NOT NULL, item TEXT NOT NULL,
        direction TEXT NOT NULL CHECK (direction IN ('to Plex', 'from Plex')), state TEXT NOT NULL CHECK (state IN (
            'intended', 'answered', 'confirmed', 'not confirmed', 'not made', 'different',
            'superseded')),
        content TEXT NOT NULL)""",
    "CREATE INDEX journal_by_scene ON journal (scene)",
    "CREATE INDEX journal_by_run ON journal (run)",
    "CREATE INDEX journal_open ON journal (item, server) WHERE state IN ('intended', 'answered', 'not confirmed')",
    # What is still to be taken back, by an undo (``run``): a write (``entry``, its number in the journal), or all that
    # was written to an item (NULL). ``scene``: whose it was (NULL: nobody's).
    """CREATE TABLE to_undo (
        id INTEGER PRIMARY KEY, run INTEGER NOT NULL, server TEXT NOT NULL, item TEXT NOT NULL, scene INTEGER,
        entry INTEGER)""",
    "CREATE UNIQUE INDEX to_undo_by_item ON to_undo (server, run, item, entry)",
    # What was written in one go: why, by which task (empty: in the background), and about how many bytes of journal.
    """CREATE TABLE journal_runs (
        id INTEGER PRIMARY KEY, cause TEXT NOT NULL, name TEXT NOT NULL, started REAL NOT NULL,
        bytes INTEGER NOT NULL DEFAULT 0)""",
    # What came back from Plex (worker/storage/returned.py), each once and for ever: when it was noted, of which kind,
    # for which scene, from which item, out of what (``source``, which is not met twice in what Plex keeps together:
    # ``kept_by``), the second of a play in Stash (NULL for others), what became of it. ``same_as``: the number of the
    # entry that is the same play. ``run``: its number in the journal (NULL: none yet).
    """CREATE TABLE returned (
        id INTEGER PRIMARY KEY, run INTEGER, at REAL NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('play', 'position', 'rating')), scene INTEGER NOT NULL,
        server TEXT NOT NULL, item TEXT NOT NULL, kept_by TEXT NOT NULL, source TEXT NOT NULL, moment INTEGER,
        same_as INTEGER,
        seen_by TEXT NOT NULL CHECK (seen_by IN ('session', 'history', 'mark', 'list')),
        state TEXT NOT NULL CHECK (state IN (
            'due', 'intended', 'done', 'not made', 'same', 'to take back', 'taking back', 'taken back', 'stays')),
        content TEXT NOT NULL)""",
    "CREATE UNIQUE INDEX returned_once ON returned (server, kind, kept_by, source)",
    "CREATE INDEX returned_by_scene ON returned (scene, kind, moment)",
    "CREATE INDEX returned_by_run ON returned (run) WHERE run IS NOT NULL",
    "CREATE INDEX returned_same ON returned (same_as) WHERE same_as IS NOT NULL",
    """CREATE INDEX returned_open ON returned (id)
        WHERE state IN ('due', 'intended', 'to take back', 'taking back')""",
    # What Plex showed last of what its account played, by what Plex keeps that by (``plex.playing.Views``): a guid, or
    # an item without one; of those without a row, nothing was shown.
    """CREATE TABLE views (
        server TEXT NOT NULL, kept_by TEXT NOT NULL, times INTEGER NOT NULL, viewed_at INTEGER NOT NULL,
        position REAL NOT NULL, PRIMARY KEY (server, kept_by)) WITHOUT ROWID""",
    # Where Stash resumes each scene for which Plex set that, in seconds, and the time of the news that did.
    "CREATE TABLE resumes (scene INTEGER PRIMARY KEY, position REAL NOT NULL, at REAL NOT NULL)",
    # Since when each kind comes back from a server, by our clock: what was there before is no news;
    # ``begins``, ``newest`` and ``begins_row``: how far Plex's history is known, in Plex's seconds, and by row;
    # ``basis``: by what Plex's lists were compared (worker/returns/catching_up.py).
    """CREATE TABLE baselines (
        server TEXT NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL, begins INTEGER NOT NULL DEFAULT 0,
        newest INTEGER NOT NULL DEFAULT 0, begins_row INTEGER NOT NULL DEFAULT 0, basis TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (server, kind)) WITHOUT ROWID""",
    # What players are at, or were lately (worker/returns/sessions.py).
    """CREATE TABLE openings (
        server TEXT NOT NULL, player TEXT NOT NULL, item TEXT NOT NULL, content TEXT NOT NULL,
        PRIMARY KEY (server, player, item)) WITHOUT ROWID""",
    # The scenes that Stash had changed last when the pulse looked, with the times of change that were taken up.
    "CREATE TABLE taken_up (scene INTEGER PRIMARY KEY, updated TEXT NOT NULL)",
    # Scenes whose item went to another scene, which has their file now: they may be merged into it.
    "CREATE TABLE former_owners (scene INTEGER PRIMARY KEY)",
    # Finished tasks, newest last.
    "CREATE TABLE runs (id INTEGER PRIMARY KEY, name TEXT NOT NULL, ended REAL NOT NULL, summary TEXT NOT NULL)",
    # Single facts (worker/storage/facts.py).
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)
