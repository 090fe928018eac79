"""What Plex should show of a scene, by the settings. Pure; one row or function per field."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from validation.config import PlexSyncConfig
from validation.names import is_visible, keys_named, name_key, tag_key, without_controls
from validation.scenes import Performer, Scene
from validation.templates import render
from worker.metadata.ratings import text_of


@dataclass(frozen=True)
class Wanted:
    """By Plex's name of the field: None where it is switched off, empty where there is nothing to show: Stash has
    nothing, or nobody set what is to be made of it. What PlexSync wrote there before is given back then.

    ``photos``: addresses of actors' photos by the key of the name, which several may share for Plex. ``pictures``:
    where the scene's cover goes. ``over_edits``: fields that are written, or emptied, also where a person edited them
    in Plex.
    """

    texts: dict[str, str | None]
    tags: dict[str, tuple[str, ...] | None]
    photos: dict[str, str] = field(default_factory=dict)
    pictures: tuple[str, ...] = ()
    over_edits: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TextField:
    """A field with one value: Plex's name in an edit, and what a scene wants there."""

    name: str
    wanted: Callable[[Scene, PlexSyncConfig], str | None]


@dataclass(frozen=True)
class TagField:
    """A list of tags: Plex's name in an edit, plexapi's name of the list, and what a scene wants there."""

    name: str
    attribute: str
    wanted: Callable[[Scene, PlexSyncConfig], tuple[str, ...] | None]


def wanted_of(scene: Scene, config: PlexSyncConfig) -> Wanted:
    """Everything Plex should show of a scene."""
    return Wanted(
        texts={one.name: _line_ends(one.wanted(scene, config)) for one in TEXT_FIELDS},
        tags={one.name: one.wanted(scene, config) for one in TAG_FIELDS},
        photos=_photos(scene, config),
        pictures=picture_places(config),
    )


def picture_places(config: PlexSyncConfig) -> tuple[str, ...]:
    """Where a scene's cover goes, by the names of plex/places.py."""
    poster = () if config.skip_poster else ("poster",)
    return (*poster, "art") if config.sync_background else poster


def nothing_wanted() -> Wanted:
    """For a scene that is gone: everything PlexSync wrote is to be given back."""
    return Wanted(texts={one.name: "" for one in TEXT_FIELDS}, tags={one.name: () for one in TAG_FIELDS})


def _line_ends(text: str | None) -> str | None:
    # Plex does not keep outer white space, and its XML has one kind of line end and no control characters. A text of
    # which nothing is to be seen would blank the field.
    if not text:
        return text
    return without_controls(text.replace("\r\n", "\n").replace("\r", "\n")).strip() if is_visible(text) else ""


def _template_values(scene: Scene, config: PlexSyncConfig) -> dict[str, str]:
    studio = scene.studio
    return {
        "title": scene.title or scene.stem,
        "studio": studio.name if studio else "",
        "parent_studio": studio.parent.name if studio and studio.parent else "",
        "date": scene.date,
        "year": scene.date[:4],
        "code": scene.code,
        "director": ", ".join(scene.directors),
        "performers": ", ".join(one.name for one in _performers(scene, config)),
        "rating": str(scene.rating100) if scene.rating100 else "",
        "details": scene.summary,
    }


def _templated(template: str, scene: Scene, config: PlexSyncConfig) -> str:
    return render(template, _template_values(scene, config))


def _title(scene: Scene, config: PlexSyncConfig) -> str | None:
    if config.skip_title:
        return None
    return _templated(config.title_template, scene, config) if config.title_template else scene.title


def _sort_title(scene: Scene, config: PlexSyncConfig) -> str | None:
    return _templated(config.sort_title_template, scene, config) if config.sort_title_template else ""


def _summary(scene: Scene, config: PlexSyncConfig) -> str | None:
    if config.skip_summary:
        return None
    return _templated(config.summary_template, scene, config) if config.summary_template else scene.summary


def _tagline(scene: Scene, config: PlexSyncConfig) -> str | None:
    if config.tagline_template:
        return _templated(config.tagline_template, scene, config)
    return scene.tagline


def _rating(scene: Scene, config: PlexSyncConfig) -> str | None:
    """Stash's 1 to 100 as Plex's 0 to 10 in halves, which Plex shows as five stars in quarters."""
    if config.skip_rating:
        return None
    return text_of(scene.rating100)


def _content_rating(_: Scene, config: PlexSyncConfig) -> str | None:
    return config.content_rating


def rating_text(rating: float) -> str:
    """A rating as it is compared: 8, or 8.5."""
    return f"{rating:g}"


TEXT_FIELDS = (
    TextField("title", _title),
    TextField("titleSort", _sort_title),
    TextField("studio", lambda s, c: None if c.skip_studio else s.studio.name if s.studio else ""),
    TextField("summary", _summary),
    TextField("tagline", _tagline),
    TextField("originallyAvailableAt", lambda s, c: None if c.skip_date else s.release_date),
    TextField("contentRating", _content_rating),
    TextField("userRating", _rating),
)


def _performers(scene: Scene, config: PlexSyncConfig) -> list[Performer]:
    shown = [one for one in scene.performers if not (config.skip_male_performers and one.gender == "MALE")]
    return sorted(shown, key=lambda one: (one.name.casefold(), one.id))


def _actors(scene: Scene, config: PlexSyncConfig) -> tuple[str, ...] | None:
    return None if config.skip_performers else tuple(one.name for one in _performers(scene, config))


def _photos(scene: Scene, config: PlexSyncConfig) -> dict[str, str]:
    if config.skip_performers or not config.plex_stash_url:
        return {}
    found: dict[str, str] = {}
    for one in _performers(scene, config):
        if one.image:
            found.setdefault(tag_key(one.name), config.plex_stash_url + one.image)
    return found


def _tags(scene: Scene, config: PlexSyncConfig, as_labels: bool) -> tuple[str, ...] | None:
    """Tags as genres or as labels; of the kind that is not chosen, nothing."""
    if config.skip_tags:
        return None
    if config.tags_as_labels is not as_labels:
        return ()
    skipped, only = keys_named(config.skip_tags_named), keys_named(config.only_tags_named)
    names = [tag.name for tag in scene.tags if name_key(tag.name) not in skipped]
    return tuple(sorted((name for name in names if not only or name_key(name) in only), key=str.casefold))


def _collections(scene: Scene, config: PlexSyncConfig) -> tuple[str, ...]:
    return tuple(config.collection_prefix + name for name, _ in collection_sources(scene, config))


def collection_sources(scene: Scene, config: PlexSyncConfig) -> Iterator[tuple[str, str]]:
    """Name (without the prefix) and picture (an address below Stash, or empty) of a scene's collections."""
    studio = scene.studio
    if studio and config.collection_studio:
        yield studio.name, studio.image
    if studio and studio.parent and config.collection_parent_studio:
        yield studio.parent.name, studio.parent.image
    if config.collection_groups:
        yield from ((group.name, group.image) for group in scene.groups)
    for one in _performers(scene, config):
        if config.collection_performers or (config.collection_favorites and one.favorite):
            yield one.name, one.image
    chosen = keys_named(config.collection_tags)
    yield from ((tag.name, "") for tag in scene.tags if name_key(tag.name) in chosen)


TAG_FIELDS = (
    TagField("genre", "genres", lambda s, c: _tags(s, c, as_labels=False)),
    TagField("label", "labels", lambda s, c: _tags(s, c, as_labels=True)),
    TagField("actor", "roles", _actors),
    TagField("director", "directors", lambda s, c: None if c.skip_director else s.directors),
    TagField("collection", "collections", _collections),
)
