"""How a movie is rated for the young, in the country asked for or the next best."""

from __future__ import annotations

from mediakeep.lookups.tmdb.films import Certificate

_HOME = "US"  # where nearly every movie is rated, and whose ratings every player knows
# TMDb's types of release: in theatres, then limited, premiere, digital, physical, TV.
_BEST = (3, 2, 1, 4, 5, 6)


def chosen(certificates: tuple[Certificate, ...], country: str) -> Certificate | None:
    """Return the certificate of a country, else that of the US, else None."""
    for code in dict.fromkeys((country.upper(), _HOME)):
        known = [one for one in certificates if one.country.upper() == code and one.certification]
        if known:
            return min(known, key=lambda one: (_rank(one.type), one.date))
    return None


def shown(certificate: Certificate | None) -> str:
    """Write a certificate as NFOs hold it: "Rated PG-13" of the US, else "DE-12".

    The first is what Kodi writes by default, the second what Jellyfin writes; both read both.
    """
    if certificate is None:
        return ""
    if certificate.country.upper() == _HOME:
        return f"Rated {certificate.certification}"
    return f"{certificate.country.upper()}-{certificate.certification}"


def _rank(type_: int) -> int:
    return _BEST.index(type_) if type_ in _BEST else len(_BEST)
