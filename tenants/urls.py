from config.doors import API, route
from tenants.audit.endpoints import ExportAudit, ListAuditLog, ReadAudit, VerifyAudit
from tenants.keys.endpoints import CreateKey, ListKeys, RevokeKey, RotateKey, UpdateKey
from tenants.limits.endpoints import GetRateLimit, SetRateLimit

urlpatterns = [
    route(API, "v1/admin/keys", GET=ListKeys, POST=CreateKey),
    route(API, "v1/admin/keys/<id:key_id>", PATCH=UpdateKey, DELETE=RevokeKey),
    route(API, "v1/admin/keys/<id:key_id>/rotate", POST=RotateKey),
    route(API, "v1/admin/rate-limit", GET=GetRateLimit, PUT=SetRateLimit),
    route(API, "v1/admin/audit-log", GET=ListAuditLog),
    route(API, "v1/admin/audit", GET=ReadAudit),
    route(API, "v1/admin/audit/export", GET=ExportAudit),
    route(API, "v1/admin/audit/verify", GET=VerifyAudit),
]
