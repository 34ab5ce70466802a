"""Names of hosts as the network knows them."""

from __future__ import annotations

_LONGEST_LABEL = 63  #: octets (RFC 1035 section 2.3.4)


class BadHost(ValueError):
    """No name of a host. The text is the name."""


def ascii_host(host: str) -> str:
    """The name that browsers ask for: with A-labels (xn--...) for what is beyond ASCII.

    By UTS #46, non-transitional, as the URL standard (section 3.3) has it, so that straße.de is
    not strasse.de; Python's own codec is of 2003 and takes them for one. IDNA 2008 alone would
    refuse symbols for which browsers ask. Raises BadHost.
    """
    if host.isascii():
        return host
    import idna

    try:
        mapped = idna.uts46_remap(host, std3_rules=False)
    except idna.IDNAError:
        raise BadHost(host) from None
    labels = [_a_label(label) for label in mapped.removesuffix(".").split(".")]
    if not all(0 < len(label) <= _LONGEST_LABEL for label in labels):
        raise BadHost(host)
    return ".".join(labels)


def _a_label(label: str) -> str:
    """RFC 3492."""
    return label if label.isascii() else f"xn--{label.encode('punycode').decode()}"
