"""Split by subject; everybody imports from here."""

from backend.directory.models.people import Company, Department, Employee, EmployeeManager, Role, RoleAssignment
from backend.directory.models.sessions import Identity, RefreshToken, Revocation, Session, Throttle

__all__ = [
    "Company",
    "Department",
    "Employee",
    "EmployeeManager",
    "Identity",
    "RefreshToken",
    "Revocation",
    "Role",
    "RoleAssignment",
    "Session",
    "Throttle",
]
