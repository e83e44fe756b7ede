"""Makes the wheel one of a platform if the program is in the package, as scripts/release puts it there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ProgramHook(BuildHookInterface[Any]):
    """Sets the tag of the wheel, and adds the bill of materials."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Changes the build data before the wheel is built."""
        if version != "standard" or not Path(self.root, "ensemble_kernel/bin").is_dir():
            return
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{os.environ['ENSEMBLE_KERNEL_PLATFORM']}"
        build_data["sbom_files"].append("sbom.cdx.json")
