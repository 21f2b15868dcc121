from backend.erp.connectors.base import Command, Connector, Outcome, Verdict
from backend.erp.connectors.files import FileConnector
from backend.erp.connectors.generic import GenericConnector
from backend.erp.models import ErpSystem

__all__ = ["Command", "Connector", "Outcome", "Verdict", "connector_for"]


def connector_for(system: ErpSystem) -> Connector:
    """Without an address to push to, orders wait for the next file."""
    by_file = system.kind == ErpSystem.Kind.FILE or not system.push_url
    return FileConnector() if by_file else GenericConnector(system)
