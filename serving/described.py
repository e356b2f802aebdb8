"""The API's description, in which a route is called what its docstring says first, not after its function."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI


class DescribedApp(FastAPI):
    """An app whose operations have their docstring's first paragraph as summary, the rest as description."""

    def openapi(self) -> dict[str, Any]:
        """Make the description once."""
        if self.openapi_schema is None:
            for path in super().openapi()["paths"].values():
                for operation in path.values():
                    first, _, rest = operation.pop("description", "").partition("\n\n")
                    operation["summary"] = " ".join(first.split()).removesuffix(".") or operation["summary"]
                    if rest.strip():
                        operation["description"] = rest.strip()
        return super().openapi()
