"""Split by subject; everybody imports from here."""

from backend.directory.models.delegations import Delegation
from backend.directory.models.handovers import Handover, HandoverItem
from backend.directory.models.imports import DirectoryImport, DirectoryImportRow
from backend.directory.models.logins import Device, Door, LoginRecord, LoginRestriction, PendingSignIn
from backend.directory.models.people import Company, Department, Employee, EmployeeManager, Role, RoleAssignment
from backend.directory.models.sessions import Identity, RefreshToken, Revocation, Session, Throttle

__all__ = [
    "Company",
    "Delegation",
    "Department",
    "Device",
    "DirectoryImport",
    "DirectoryImportRow",
    "Door",
    "Employee",
    "EmployeeManager",
    "Handover",
    "HandoverItem",
    "Identity",
    "LoginRecord",
    "LoginRestriction",
    "PendingSignIn",
    "RefreshToken",
    "Revocation",
    "Role",
    "RoleAssignment",
    "Session",
    "Throttle",
]
