"""Why Plex may lack a file that lies in one of its libraries, in a few words. Pure.

The names are those that Plex's scanners skip, or take for extras of a film that they never list by themselves
(support.plex.tv, "Local Files for Trailers and Extras" and "Excluding Files and Folders").
"""

from __future__ import annotations

import re

from validation.paths import split

#: The reason of a scene whose folder is in a library.
ABSENT = "its file is not in Plex yet"

#: What is added to the reason when Plex was watched for long.
WATCHED = "looked for it for 24 hours"

#: The same for a file that is nowhere to be seen.
HIDDEN = WATCHED + "; Plex does not list what a .plexignore names, nor extras, samples and hidden folders"

_FOLDERS = re.compile(
    r"""extras?|!?samples?|bonus|behind\ the\ scenes|deleted\ scenes?|featurettes?|interviews?|scenes?|shorts|trailers?
    |other|bdmv|video_ts|lost\+found|@eadir|\#recycle|\..*""",
    re.IGNORECASE | re.VERBOSE,
)
_NAMES = re.compile(
    r"""(-(behindthescenes|deleted|featurette|interview|other|scene|short|trailer)(\.[^.]*)?$)
    |(^|[-._ ])sample([-._ ]|$)|^\.""",
    re.IGNORECASE | re.VERBOSE,
)


def why_absent(path: str, root: str) -> str:
    """The reason of a scene whose file Plex lacks, by its path as Plex spells it and the library's folder it is in."""
    parts = split(path)[len(split(root)) :]
    if not parts:
        return ABSENT
    for name in parts[:-1]:
        if _FOLDERS.fullmatch(name):
            return f'{ABSENT}; Plex may never list what lies in a folder called "{name}"'
    if _NAMES.search(parts[-1]):
        return f'{ABSENT}; Plex may never list a file called "{parts[-1]}", as a sample, an extra or a hidden file'
    return ABSENT
