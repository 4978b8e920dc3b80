"""What flask-smorest's OpenAPI 3 document does not say by itself."""

from __future__ import annotations

from typing import Any

from apispec import APISpec, BasePlugin

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


class UploadsPlugin(BasePlugin):
    """A view that takes fields and a file: one multipart body, not a form beside a parameter "in: formData".

    OpenAPI 3.0.3 §4.8.14.4 (Considerations for multipart content); `formData` parameters are of version 2.
    """

    def init_spec(self, spec: APISpec) -> None:
        super().init_spec(spec)
        self._spec = spec

    def operation_helper(
        self,
        path: str | None = None,  # noqa: ARG002  # named by apispec
        operations: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """Called by apispec for every path, after the schemas have been resolved."""
        for operation in (operations or {}).values():
            self._join(operation)

    def _join(self, operation: dict[str, Any]) -> None:
        parameters = operation.get("parameters") or []
        files = [one for one in parameters if isinstance(one, dict) and one.get("in") == "formData"]
        content = operation.get("requestBody", {}).get("content", {})
        if not files or FORM not in content:
            return
        operation["parameters"] = [one for one in parameters if one not in files]
        if not operation["parameters"]:
            del operation["parameters"]
        content[MULTIPART] = {"schema": self._with_files(content.pop(FORM)["schema"], files)}

    def _with_files(self, fields: Any, files: list[dict[str, Any]]) -> dict[str, Any]:
        """One object in place of `allOf`: each part refuses unknown fields, so no body could satisfy both."""
        name = fields["$ref"].rsplit("/", 1)[-1] if "$ref" in fields else ""
        body = dict(self._spec.components.schemas[name] if name else fields)
        body["properties"] = {**body.get("properties", {}), **{one["name"]: _described(one) for one in files}}
        body["required"] = [*body.get("required", ()), *(one["name"] for one in files if one.get("required"))]
        return body


def _described(parameter: dict[str, Any]) -> dict[str, Any]:
    """The parameter's schema with its description."""
    described = {"description": parameter["description"]} if parameter.get("description") else {}
    return {**parameter["schema"], **described}
