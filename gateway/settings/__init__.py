"""Configuration: `gateway.toml`, overridden by the environment (docs/configuration.md). Reads, checks, resolves paths; starts nothing.

Every key is also an environment variable `GATEWAY_SECTION__KEY`; lists in it are JSON. What is wrong is said all at
once, one line each, with file, line and column, as a `SettingsError`.
"""

from gateway.settings.load import SettingsError, complaint, each_setting, load_settings
from gateway.settings.sections import ListenerSettings, PathSettings, Settings, WebSettings

__all__ = ["ListenerSettings", "PathSettings", "Settings", "SettingsError", "WebSettings", "complaint", "each_setting", "load_settings"]
