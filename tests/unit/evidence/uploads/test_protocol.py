"""tus 1.0.0, verb by verb: what is answered, and what is stored then."""

from __future__ import annotations

import pytest

from evidence.uploads import FileUploads
from evidence.uploads.messages import BYTES_TYPE, metadata_header, metadata_of
from tests.unit.evidence.uploads.talk import Client, Line, checksum, id_of, refusal, stored


def test_what_is_spoken_is_told_to_whoever_asks(client: Client) -> None:
    client.version = {}
    answer = client.say("OPTIONS")
    assert answer.status == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Max-Size"] == "1000000"
    assert answer.headers["Tus-Checksum-Algorithm"].split(",")[0] == "sha1"
    spoken = set(answer.headers["Tus-Extension"].split(","))
    assert spoken == {
        "creation", "creation-with-upload", "expiration", "checksum", "termination", "concatenation",
    }  # fmt: skip


def test_an_upload_in_pieces_tells_its_offset_after_each(client: Client, store: FileUploads) -> None:
    one = client.create(10)
    for offset, piece in ((0, b"abc"), (3, b"defg"), (7, b"hij")):
        answer = client.patch(one, offset, piece)
        assert (answer.status, answer.headers["Upload-Offset"]) == (204, str(offset + len(piece)))
        assert client.offset(one) == offset + len(piece)
    assert stored(store, one) == b"abcdefghij"


def test_head_tells_what_was_stated_and_may_not_be_cached(client: Client) -> None:
    one = client.create(3, upload_metadata="name 6YCB6L6+,empty")
    answer = client.say("HEAD", one)
    assert answer.headers["Upload-Length"] == "3"
    assert metadata_of(answer.headers["Upload-Metadata"]) == {"name": "送达", "empty": ""}
    assert answer.headers["Cache-Control"] == "no-store"


def test_creation_may_bring_the_first_bytes(client: Client) -> None:
    answer = client.say("POST", None, Line(b"abc"), upload_length="5", content_type=BYTES_TYPE)
    assert (answer.status, answer.headers["Upload-Offset"]) == (201, "3")
    assert client.offset(id_of(answer)) == 3


def test_an_upload_of_no_bytes_is_finished_at_once(client: Client) -> None:
    answer = client.say("POST", upload_length="0")
    assert (answer.status, answer.headers["Upload-Offset"]) == (201, "0")


def test_a_client_that_can_only_post_says_what_it_means(client: Client) -> None:
    one = client.create(3)
    answer = client.say(
        "POST", one, Line(b"abc"), x_http_method_override="PATCH", content_type=BYTES_TYPE, upload_offset="0"
    )
    assert (answer.status, answer.headers["Upload-Offset"]) == (204, "3")
    assert client.say("POST", one, x_http_method_override="HEAD").headers["Upload-Offset"] == "3"
    assert client.say("POST", one, x_http_method_override="delete").status == 204
    assert refusal(client.say("HEAD", one)) == (404, "upload.not_found")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"upload_length": "-1"}, (400, "upload.bad_header")),
        ({"upload_length": "1e3"}, (400, "upload.bad_header")),
        ({"upload_length": "٣"}, (400, "upload.bad_header")),
        ({}, (400, "upload.bad_header")),
        ({"upload_defer_length": "1"}, (400, "upload.length_required")),
        ({"upload_length": "1000001"}, (413, "upload.too_large")),
        ({"upload_length": "9", "upload_metadata": "name !!!"}, (400, "upload.bad_metadata")),
        ({"upload_length": "9", "upload_metadata": "a YQ==,a Yg=="}, (400, "upload.bad_metadata")),
        ({"upload_length": "9", "upload_metadata": ",a YQ=="}, (400, "upload.bad_metadata")),
        ({"upload_length": "9", "upload_metadata": "a /w=="}, (400, "upload.bad_metadata")),
        ({"upload_length": "9", "upload_metadata": "a " + "YWFh" * 2000}, (400, "upload.bad_metadata")),
        ({"upload_length": "9", "upload_concat": "middle"}, (400, "upload.bad_header")),
        ({"upload_concat": "final;"}, (400, "upload.bad_header")),
        ({"upload_concat": "final;../../etc/passwd"}, (400, "upload.not_a_part")),
        ({"upload_concat": "final;http://[x/uploads/abcdefghij"}, (400, "upload.not_a_part")),
        ({"upload_concat": "final;/uploads/abcdefghij"}, (404, "upload.not_found")),
    ],
)
def test_a_creation_that_is_not_the_protocols_creates_nothing(
    client: Client, store: FileUploads, said: dict[str, str], told: tuple[int, str]
) -> None:
    assert refusal(client.say("POST", **said)) == told
    assert not store.root.exists()


def test_another_version_is_refused_with_ours(client: Client) -> None:
    for version in ({}, {"tus-resumable": "0.2.2"}):
        client.version = version
        answer = client.say("POST", upload_length="3")
        assert refusal(answer) == (412, "upload.wrong_version")
        assert answer.headers["Tus-Version"] == "1.0.0"


@pytest.mark.parametrize(
    ("offset", "data", "said", "told"),
    [
        ("0", b"xx", {}, (409, "upload.wrong_offset")),
        ("5", b"xx", {}, (409, "upload.wrong_offset")),
        ("3", b"x" * 8, {}, (413, "upload.too_long")),
        ("-3", b"x", {}, (400, "upload.bad_header")),
        ("", b"x", {}, (400, "upload.bad_header")),
        ("3", b"x", {"content_type": "application/octet-stream"}, (415, "upload.wrong_content_type")),
        ("3", b"x", {"upload_checksum": "md5 1B2M2Y8AsgTpgAmY7PhCfg=="}, (400, "upload.bad_algorithm")),
        ("3", b"x", {"upload_checksum": "sha1 short"}, (400, "upload.bad_header")),
        ("3", b"x", {"upload_checksum": "sha1 YWJj"}, (400, "upload.bad_header")),
        ("3", b"x", {"upload_checksum": checksum(b"y")}, (460, "upload.wrong_checksum")),
    ],
)
def test_a_piece_that_does_not_fit_changes_nothing(
    client: Client, store: FileUploads, offset: str, data: bytes, said: dict[str, str], told: tuple[int, str]
) -> None:
    one = client.create(10)
    client.patch(one, 0, b"abc")
    assert refusal(client.patch(one, 0, Line(data), **{"upload_offset": offset} | said)) == told
    assert client.offset(one) == 3
    assert stored(store, one) == b"abc"


def test_a_refused_offset_says_the_right_one(client: Client) -> None:
    one = client.create(10)
    client.patch(one, 0, b"abcd")
    problem = client.patch(one, 0, b"abcd").problem
    assert problem is not None
    assert problem["offset"] == 4


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "crc32"])
def test_a_piece_with_its_checksum_is_taken_once_it_is_right(client: Client, algorithm: str) -> None:
    one = client.create(6)
    assert refusal(client.patch(one, 0, b"abx", upload_checksum=checksum(b"abc", algorithm)))[0] == 460
    assert client.patch(one, 0, b"abc", upload_checksum=checksum(b"abc", algorithm)).headers["Upload-Offset"] == "3"
    assert client.patch(one, 3, b"def").headers["Upload-Offset"] == "6"


def test_what_arrived_before_a_cut_is_kept(client: Client, store: FileUploads) -> None:
    one = client.create(10)
    client.patch(one, 0, Line(b"abcdefghij", drops=2, cut=5, broken=True))
    assert client.offset(one) == 5
    client.patch(one, 5, Line(b"fghij", drops=1, cut=3))
    assert client.offset(one) == 8
    assert client.patch(one, 8, b"ij").status == 204
    assert stored(store, one) == b"abcdefghij"


def test_a_cut_piece_with_a_checksum_leaves_no_trace(client: Client) -> None:
    one = client.create(10)
    line = Line(b"abcdefghij", drops=2, cut=5, broken=True)
    assert refusal(client.patch(one, 0, line, upload_checksum=checksum(b"abcdefghij")))[0] == 460
    assert client.offset(one) == 0


def test_a_body_of_unknown_length_fills_the_upload_and_no_more(client: Client, store: FileUploads) -> None:
    one = client.create(4)
    answer = client.say(
        "PATCH", one, Line(b"abcdef"), length=-1, content_type=BYTES_TYPE, upload_offset="0",
        transfer_encoding="chunked",
    )  # fmt: skip
    assert (answer.status, answer.headers["Upload-Offset"]) == (204, "4")
    assert stored(store, one) == b"abcd"


def test_a_full_upload_takes_nothing_more(client: Client) -> None:
    one = client.create(3)
    client.patch(one, 0, b"abc")
    assert refusal(client.patch(one, 3, b"d")) == (413, "upload.too_long")
    assert refusal(client.patch(one, 0, b"a")) == (409, "upload.wrong_offset")
    assert client.patch(one, 3, b"").status == 204


def test_an_ended_upload_is_gone_with_its_bytes(client: Client, store: FileUploads) -> None:
    one = client.create(3)
    client.patch(one, 0, b"ab")
    assert client.say("DELETE", one).status == 204
    assert refusal(client.say("HEAD", one)) == (404, "upload.not_found")
    assert client.patch(one, 2, b"c").status in (404, 410)
    assert [path for path in store.root.rglob("*") if path.is_file()] == []


def test_parts_make_a_whole_of_their_own(client: Client, store: FileUploads) -> None:
    parts = [client.create(3, upload_concat="partial"), client.create(2, upload_concat="partial")]
    assert client.say("HEAD", parts[0]).headers["Upload-Concat"] == "partial"
    client.patch(parts[1], 0, b"de")
    assert refusal(client.join(*parts)) == (409, "upload.part_unfinished")
    client.patch(parts[0], 0, b"abc")
    answer = client.join(*parts, upload_metadata=metadata_header({"name": "x"}))
    assert answer.status == 201
    whole = id_of(answer)
    told = client.say("HEAD", whole).headers
    assert (told["Upload-Length"], told["Upload-Offset"]) == ("5", "5")
    assert told["Upload-Concat"] == f"final;/uploads/{parts[0]} /uploads/{parts[1]}"
    assert refusal(client.patch(whole, 5, b"")) == (403, "upload.final_is_closed")
    for part in parts:
        client.say("DELETE", part)
    assert stored(store, whole) == b"abcde"


def test_a_whole_is_made_of_parts_only_and_states_no_length(client: Client) -> None:
    plain = client.create(1)
    assert refusal(client.join(plain)) == (400, "upload.not_a_part")
    part = client.create(0, upload_concat="partial")
    assert refusal(client.join(part, upload_length="0")) == (403, "upload.final_is_closed")


@pytest.mark.parametrize(("method", "where"), [("GET", "one"), ("PUT", "one"), ("DELETE", None), ("PATCH", None)])
def test_other_methods_have_no_meaning_here(client: Client, method: str, where: str | None) -> None:
    one = client.create(1) if where else None
    assert refusal(client.say(method, one)) == (405, "upload.wrong_method")


@pytest.mark.parametrize("upload_id", ["..", "a/b", "x" * 65, "%2e%2e", "nothinghere"])
def test_an_id_never_reaches_past_the_store(client: Client, upload_id: str) -> None:
    assert refusal(client.say("HEAD", upload_id)) == (404, "upload.not_found")
