"""Every variable of the environment that is read here."""

from __future__ import annotations

from otio_cometapi.settings.config_file import LOOK_FIELDS

VARIABLES = frozenset(
    {
        "COMETAPI_KEY",
        "COMETAPI_KEY_FILE",
        "COMETAPI_ACCESS_TOKEN",
        "COMETAPI_BASE_URL",
        "COMETAPI_JOB",
        "COMETAPI_BUDGET",
        "COMETAPI_DAY_LIMIT",
        "COMETAPI_ADAPTER_SUBMIT",
        "COMETAPI_ALLOWED_MEDIA_ROOTS",
        "COMETAPI_LEDGER_URL",
        "COMETAPI_STORE",
        "COMETAPI_PUBLISH",
        "COMETAPI_PUBLISH_MAP",
        "COMETAPI_SHARE_PAID",
        "COMETAPI_USE_PAID",
        *(f"COMETAPI_{kind}_DIR" for kind in ("CONFIG", "CACHE", "STATE", "DATA")),
        *(f"COMETAPI_{name.upper()}" for name in LOOK_FIELDS),
    }
)
"""The page of settings has a row for each; a test compares them."""
