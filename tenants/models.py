"""Django finds the models of all slices here."""

from tenants.audit.models import AuditEvent, AuditHead
from tenants.keys.models import ApiKey, KeyDirectory
from tenants.limits.models import IdempotentCall
from tenants.mail.models import Mail
from tenants.organisations.models import Member, Tenant, User
from tenants.traffic.models import TrafficHour

__all__ = [
    "ApiKey",
    "AuditEvent",
    "AuditHead",
    "IdempotentCall",
    "KeyDirectory",
    "Mail",
    "Member",
    "Tenant",
    "TrafficHour",
    "User",
]
