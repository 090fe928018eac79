"""Why no secured connection came about, out of the exceptions of requests, urllib3 and Python's ssl."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from enum import Enum

#: OpenSSL's reasons where the first bytes that came are no TLS, such as those of plain http.
_NO_TLS = ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")

#: X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH.
_OTHER_NAME = (62, 64)


class TlsFault(Enum):
    """What is wrong. The first three stay until somebody changes something."""

    NAME = "the certificate is for another name"
    CERTIFICATE = "the certificate is not trusted"
    PLAIN = "what answers does not speak TLS"
    CUT = "the connection ended before it was secured, as while a server starts"


def tls_fault(error: BaseException) -> TlsFault:
    """What an SSLError, of whichever library, is about."""
    chain = list(_chain(error))
    for one in chain:
        if isinstance(one, ssl.SSLCertVerificationError):
            return TlsFault.NAME if one.verify_code in _OTHER_NAME else TlsFault.CERTIFICATE
    reasons = {(one.reason or "").upper().replace(" ", "_") for one in chain if isinstance(one, ssl.SSLError)}
    if not reasons:
        return TlsFault.CERTIFICATE  # not OpenSSL's: urllib3's own verdict
    return TlsFault.PLAIN if reasons.intersection(_NO_TLS) else TlsFault.CUT


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and all it was made of: urllib3 and requests hand their causes on as ``reason`` or in ``args``."""
    waiting, met = [error], set[int]()
    while waiting:
        one = waiting.pop()
        if id(one) not in met:
            met.add(id(one))
            yield one
            parts = (one.__cause__, one.__context__, getattr(one, "reason", None), *one.args)
            waiting.extend(part for part in parts if isinstance(part, BaseException))
