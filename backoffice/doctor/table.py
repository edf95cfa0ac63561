"""Every check of the doctor, in the order in which they are told."""

from backoffice.doctor import app, clock, partner, public_address, servers, stored, subscription, workers
from backoffice.doctor.running import Check

PORTFOLIO_REMEDY = (
    "META_BUSINESS_ID must be the portfolio that the system user belongs to:"
    " business.facebook.com > Settings > Business info."
)

CHECKS: tuple[Check, ...] = (
    Check("public_url", public_address.public_url),
    Check("public_url_answers", public_address.public_url_answers),
    Check("certificate", public_address.certificate),
    Check("message_origins", app.message_origins),
    Check("graph_version", app.graph_version),
    Check("graph", app.graph),
    Check(
        "app",
        app.app,
        needs=("graph",),
        remedy="Copy META_APP_ID and META_APP_SECRET from the App Dashboard > App settings > Basic.",
    ),
    Check("configuration_id", app.configuration_id),
    Check("system_token", partner.system_token, needs=("app",), remedy=partner.NEW_ONE),
    Check("system_user", partner.system_user, needs=("system_token",), remedy=PORTFOLIO_REMEDY, seconds=30.0),
    Check("credit_line", partner.credit_line, needs=("system_token",), remedy=PORTFOLIO_REMEDY),
    Check("number_pool", partner.number_pool, needs=("system_token",), remedy=PORTFOLIO_REMEDY, seconds=30.0),
    Check("webhook_subscription", subscription.webhook_subscription, needs=("app",)),
    Check("webhook_fields", subscription.webhook_fields, needs=("app",)),
    Check(
        "callback_handshake",
        public_address.callback_handshake,
        needs=("public_url_answers",),
        seconds=25.0,
    ),
    Check("database", servers.database),
    Check("migrations", servers.migrations, needs=("database",)),
    Check("broker", servers.broker),
    Check("workers", workers.workers, needs=("broker",)),
    Check("scheduler", workers.scheduler, needs=("workers",), seconds=30.0),
    Check("encryption_keys", stored.encryption_keys, needs=("migrations",), seconds=30.0),
    Check("retention", stored.retention, needs=("migrations",)),
    Check("link_counts", stored.link_totals, needs=("migrations",), seconds=30.0),
    Check("clock", clock.clock),
)
