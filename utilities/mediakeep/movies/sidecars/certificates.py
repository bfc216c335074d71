"""Choose the age rating for a country."""

from __future__ import annotations

from mediakeep.lookups.tmdb.films import Certificate

_HOME = "US"  # rates nearly every movie, and every player knows its ratings
# TMDb's release types, preferred order: in theatres, then limited, premiere, digital, physical, TV.
_BEST = (3, 2, 1, 4, 5, 6)


def chosen(certificates: tuple[Certificate, ...], country: str) -> Certificate | None:
    """Return the certificate of a country, else that of the US, else None."""
    for code in dict.fromkeys((country.upper(), _HOME)):
        rated = [
            release
            for release in certificates
            if release.country.upper() == code and release.certification
        ]
        if rated:
            return min(rated, key=lambda release: (_rank(release.type), release.date))
    return None


def shown(certificate: Certificate | None) -> str:
    """Format a certificate for an NFO: "Rated PG-13" for the US, else "DE-12".

    Kodi writes the first form, Jellyfin the second; both read both.
    """
    if certificate is None:
        return ""
    if certificate.country.upper() == _HOME:
        return f"Rated {certificate.certification}"
    return f"{certificate.country.upper()}-{certificate.certification}"


def _rank(type_: int) -> int:
    return _BEST.index(type_) if type_ in _BEST else len(_BEST)
