"""What processes of the stack may know of the user's Temporal configuration: all of it, or none.

TEMPORAL_* and the SDK's config file name servers of the user's own, with keys and certificates. A process that is to
reach ours must not listen to them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

NAMESPACE = "default"
"""The one that our own server has."""


def without_temporal(inherited: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in inherited.items() if not name.startswith("TEMPORAL_")}


def to_our_temporal(address: str) -> dict[str, str]:
    """For the SDK's configuration: our server, and an empty file instead of the user's."""
    return {"TEMPORAL_ADDRESS": address, "TEMPORAL_NAMESPACE": NAMESPACE, "TEMPORAL_CONFIG_FILE": os.devnull}
