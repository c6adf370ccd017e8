from billing.ledger.endpoints import ChangeTier, GetBalance, GetBillingBalance, GetTier, ListTiers
from billing.usage.endpoints import GetUsage, ListUsageDetails
from config.doors import API, route

urlpatterns = [
    route(API, "v1/admin/balance", GET=GetBalance),
    route(API, "v1/admin/billing/balance", GET=GetBillingBalance),
    route(API, "v1/admin/usage", GET=GetUsage),
    route(API, "v1/admin/usage/details", GET=ListUsageDetails),
    route(API, "v1/admin/tiers", GET=ListTiers),
    route(API, "v1/admin/tier", GET=GetTier, PUT=ChangeTier),
]
