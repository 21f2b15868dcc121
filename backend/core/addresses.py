from functools import lru_cache
from ipaddress import IPv6Address, ip_address

NEIGHBOURS = (1 << 64) - 1


@lru_cache(8192)
def network_of(address: str) -> str:
    """Whom to count together: the address itself, of IPv6 its /64, which one subscriber has for himself."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or IPv6Address(int(parsed) & ~NEIGHBOURS))
    return str(parsed)


def is_loopback(address: str) -> bool:
    """Whether it is this very machine."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return (mapped or parsed).is_loopback
