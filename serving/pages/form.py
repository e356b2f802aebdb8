"""Form: what a page's form sends, read in memory: no word of it goes to disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.datastructures import UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import Request

from serving.problem import Problem

FIELDS = 200


@dataclass(frozen=True)
class Upload:
    """A file that was handed in; its name is as the browser gave it."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Form:
    """Fields by name, and the files that are not empty. Of several fields of one name the last counts."""

    fields: Mapping[str, str] = field(repr=False)
    files: Mapping[str, Upload]


async def read_form(request: Request) -> Form:
    """Read a form of either encoding.

    Raises:
        Problem: it is none, or holds half a surrogate pair.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    most: int = request.app.state.service.settings.max_body_bytes
    parser: FormParser | MultiPartParser
    if kind == "multipart/form-data":
        parser = MultiPartParser(
            request.headers, request.stream(), max_files=4, max_fields=FIELDS, max_part_size=most
        )
        parser.spool_max_size = most + 1  # beyond it a file would go to disk
    elif kind == "application/x-www-form-urlencoded":
        parser = FormParser(request.headers, request.stream(), max_fields=FIELDS, max_part_size=most)
    else:
        raise Problem("wrong_type", "Send a form.")
    fields, files = {}, {}
    try:
        form = await parser.parse()
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                content = await value.read()
                await value.close()
                if content:
                    files[name] = Upload(value.filename or "", content)
            else:
                # A browser sends the line ends of a text area as CRLF; in the text area they are LF.
                fields[name] = value.replace("\r\n", "\n")
        "".join((*fields, *fields.values(), *(upload.name for upload in files.values()))).encode()
    except (MultiPartException, UnicodeEncodeError):
        raise Problem("malformed") from None
    return Form(fields, files)
