"""Plex's branch of the error tree (drawn in validation/errors.py), and how plexapi's faults land in it.

plexapi 4.18 raises ``BadRequest`` for every status but 401 and 404, the status only in its text; a status that
requests has no name for surfaces as ``TypeError``, a body that is no XML as ``ParseError`` (a ``SyntaxError``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from xml.etree.ElementTree import ParseError

import plexapi.exceptions
import requests.exceptions

from plex.tls import TlsFault, tls_fault
from validation.errors import (
    ConfigurationError,
    PermanentError,
    PlexSyncError,
    TransientError,
    classify_http_error,
)

_STATUS = re.compile(r"^\((\d{3})\)")
_REDIRECTS = (301, 302, 303, 307, 308)


class PlexTemporaryError(TransientError):
    """Plex cannot do this now, and may be able to later."""


class PlexFailed(PlexTemporaryError):
    """Plex answers 500, which it also does to what it will never take."""


class PlexUnreachable(PlexTemporaryError):
    """Plex does not answer at all: refused, no route, no name, timed out."""


class PlexListMoved(PlexTemporaryError):
    """A list changed while its pages were read: nothing follows from what it lacks."""


class PlexNotReady(PlexTemporaryError):
    """Plex answers that it is starting, or busy with its database."""


class PlexNotConnected(PlexUnreachable, PlexNotReady):
    """Not even the first request got an answer, which is no scene's fault."""


class PlexNotFound(PlexTemporaryError):
    """The file or item is not in Plex; it may appear there later."""


class PlexPermanentError(PermanentError):
    """Plex refuses this, and would refuse it again."""


class PlexRefused(PlexPermanentError):
    """A request got a refusal that may hold for this one item, or for everything, as behind a proxy."""


class PlexAmbiguous(PlexPermanentError):
    """Several items could be meant, and nothing proves which."""


class PlexTooLong(PlexRefused):
    """A request was refused as too long for Plex, or for a proxy before it."""


class PlexConflict(PlexPermanentError):
    """One item holds files of several scenes, and this is not the scene of its first file: that is ``owner``."""

    def __init__(self, message: str, owner: int) -> None:
        super().__init__(message)
        self.owner = owner


class PlexConfigurationError(PlexPermanentError, ConfigurationError):
    """The address, the token or a certificate is wrong: nothing works until a setting changes."""


class PlexForbidden(PlexRefused, PlexConfigurationError):
    """A change is not allowed: to this token, to nobody, or for what it says."""


def http_status(exc: BaseException) -> int | None:
    """The HTTP status inside a plexapi exception, or None when it has none."""
    found = _STATUS.match(str(exc))
    return int(found.group(1)) if found else None


def translate_plex_exception(exc: BaseException) -> PlexSyncError:
    """Where an exception of plexapi, requests or the system lands in the tree; one that is not known is temporary.

    The returned text never holds a URL's query, a header or a body, which could hold the token.
    """
    if isinstance(exc, PlexSyncError):
        return exc
    if isinstance(exc, plexapi.exceptions.NotFound):
        return PlexNotFound("Plex does not have this item (HTTP 404).")
    if isinstance(exc, plexapi.exceptions.PlexApiException):
        return _from_plexapi(exc)
    if isinstance(exc, (OSError, requests.exceptions.RequestException)):
        return _from_connection(exc)
    if isinstance(exc, ParseError):
        return PlexTemporaryError("Plex sent an answer that is cut off or not XML.")
    if isinstance(exc, TypeError):
        return PlexTemporaryError("Plex, or a proxy before it, answered with an unknown HTTP status.")
    return PlexTemporaryError(f"Plex answered in an unexpected way ({type(exc).__name__}).")


def translate_refusal(exc: BaseException, change: bool = False, edit: bool = False) -> PlexSyncError:
    """The same for a request of our own, whose refusal may be anybody's.

    ``change``: it asked for a change of what was just seen, so that Plex not having it (404) or not knowing such
    requests (501) is a refusal, too. ``edit``: it was the edit of an item, which may be forbidden for what it says.
    """
    error = translate_plex_exception(exc)
    status = http_status(exc) if isinstance(exc, plexapi.exceptions.PlexApiException) else None
    if status == 500:
        return PlexFailed(str(error))
    if change and status in (404, 501):
        return PlexRefused(f"Plex, or a proxy before it, refused a change (HTTP {status}).")
    if edit and status == 403:
        return PlexForbidden(str(error))
    if type(error) is PlexPermanentError and status is not None:
        return PlexRefused(str(error))
    return error


def refused_stream(status: int) -> PlexSyncError:
    """Why Plex does not let us listen, by the status of its answer."""
    if status in (401, 403, 498):
        return translate_plex_exception(plexapi.exceptions.Unauthorized(f"({status})"))
    return PlexTemporaryError(f"Plex does not send events (HTTP {status}).")


@contextmanager
def translated() -> Iterator[None]:
    """Turns every exception that is raised inside into one of the error tree."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - plexapi lets anything through, from TypeError to SyntaxError
        raise translate_plex_exception(error) from None


def _from_plexapi(exc: plexapi.exceptions.PlexApiException) -> PlexSyncError:
    status, text = http_status(exc), str(exc)
    if isinstance(exc, plexapi.exceptions.Unauthorized) or status in (401, 403, 498):
        return PlexConfigurationError(
            f"Plex does not accept the token (HTTP {status or 401}). Enter the X-Plex-Token of the account that owns "
            'the server in the setting "Plex token".'
        )
    if status is None:
        # plexapi itself objected, before anything was sent.
        return PlexPermanentError(f"The request was not one that Plex knows ({type(exc).__name__}).")
    if (status == 503 and "Maintenance" in text) or (status == 400 and "starting up" in text):
        return PlexNotReady(f"Plex is still starting (HTTP {status}).")
    if status in _REDIRECTS:
        return PlexConfigurationError(
            f"The Plex address forwards to another one (HTTP {status}); enter that one in the setting "
            '"Plex address". PlexSync follows no redirect, since the token would go along.'
        )
    if status in (413, 414):
        return PlexTooLong(f"Plex, or a proxy before it, refused a request as too long (HTTP {status}).")
    if issubclass(classify_http_error(status), TransientError):
        return PlexTemporaryError(f"Plex could not answer (HTTP {status}).")
    return PlexPermanentError(f"Plex refused the request (HTTP {status}).")


def _from_connection(exc: BaseException) -> PlexSyncError:
    bad_address = (
        requests.exceptions.InvalidURL,
        requests.exceptions.InvalidSchema,
        requests.exceptions.MissingSchema,
        requests.exceptions.InvalidHeader,
    )
    if isinstance(exc, bad_address):
        return PlexConfigurationError(
            f"The Plex address or token cannot be used ({type(exc).__name__}); check both settings."
        )
    if isinstance(exc, requests.exceptions.SSLError):
        if tls_fault(exc) is TlsFault.CUT:
            return PlexUnreachable("Plex does not answer (the connection ended before it was secured).")
        return PlexConfigurationError(
            "The certificate of the Plex address is not trusted, or that address does not speak https. Use http, the "
            'plex.direct address, or switch on "Plex: accept any certificate".'
        )
    return PlexUnreachable(f"Plex does not answer ({type(exc).__name__}).")
