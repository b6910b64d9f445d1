"""P05 to P40 of the fault catalogue: what a server answers."""

import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from chimera_tui.domain.conversation import Finish
from chimera_tui.domain.errors import Fault
from chimera_tui.providers.refusals import LONGEST_WAIT
from tests.fault_dialects import SAID, Reply
from tests.providers.catalogue import Case, DoesNotOccurError, row
from tests.providers.helpers import SOON, Wire
from tests.providers.turns import (
    AGAIN,
    BROKEN,
    DONE,
    ONCE_MORE,
    PARK,
    RETRY,
    STOP,
    TWICE,
    WAIT,
)


@row("P05", "headers never come, or half a header")
async def p05(case: Case) -> None:
    for scenario in ("never_answers", "half_a_head", "head_only"):
        await case.fault(scenario, Fault.TIMEOUT, then=RETRY, first_content=SOON)


@row("P06", "stall in mid-stream")
async def p06(case: Case) -> None:
    await case.fault("stall", Fault.STALL, then=RETRY, gap=SOON)


@row("P07", "keep-alives for ever")
async def p07(case: Case) -> None:
    await case.fault("keep_alive", Fault.STALL, then=RETRY, gap=SOON)


@row("P08", "reset in mid-stream")
async def p08(case: Case) -> None:
    await case.fault("reset", Fault.TRANSPORT, then=RETRY)


@row("P09", "cut in a chunk, in an event, after one")
async def p09(case: Case) -> None:
    for scenario in ("cut_chunk", "cut_event", "clean_close"):
        await case.fault(scenario, Fault.TRUNCATED, then=RETRY)


@row("P10", "end of the stream without a reason")
async def p10(case: Case) -> None:
    if case.wire == "gemini":
        raise DoesNotOccurError("the reason is the only mark there is: that is P09")
    if case.wire == "ollama":
        done = case.dialect.end().replace(b'"done_reason": "stop", ', b"")
        act = case.play("done", lambda reply: reply.say(*reply.pieces()[:-1], done))
        await case.whole(act, SAID)
    else:
        await case.fault("done_without_reason", Fault.TRUNCATED, then=RETRY)


@row("P11", "malformed JSON")
async def p11(case: Case) -> None:
    await case.fault("garbage", Fault.BAD_DATA, then=RETRY)


@row("P12", "JSON of another shape")
async def p12(case: Case) -> None:
    await case.whole("harmless", SAID)
    for scenario in ("text_is_a_number", "nested", "wrong_shapes", "null"):
        await case.fault(scenario, Fault.BAD_DATA, then=RETRY)


@row("P13", "200 with another content type")
async def p13(case: Case) -> None:
    error = await case.fault("html", Fault.BAD_TYPE, then=BROKEN)
    assert "web page: <html><title>Log in" in error.problem
    await case.fault("error_document", Fault.MODEL, then=PARK)
    await case.whole("whole_document", SAID)


@row("P14", "HTML error page of 200 KB")
async def p14(case: Case) -> None:
    error = await case.fault("html_502", Fault.SERVER, then=RETRY)
    assert "502" in error.problem
    assert "<html" not in error.problem


@row("P15", "400, and a context that is too long")
async def p15(case: Case) -> None:
    await case.fault(case.refusal(400), Fault.REQUEST, then=DONE)
    await case.fault("context", Fault.CONTEXT, then=TWICE)
    for said in (
        "prompt is too long: 210000 tokens > 200000 maximum",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        "the input length exceeds the context length",
        "This model's maximum context length is 128000 tokens.",
    ):
        await case.fault(
            case.refusal(400, case.dialect.error(said, 400)), Fault.CONTEXT, then=TWICE
        )


@row("P16", "401, 403")
async def p16(case: Case) -> None:
    for scenario in ("status-401", "status-403", "wrong_key"):
        error = await case.fault(scenario, Fault.AUTH, then=STOP)
        assert "A_KEY" in error.hint
    flagged = case.dialect.error("Your input was flagged by moderation", 403)
    await case.fault(case.refusal(403, flagged), Fault.FILTER, then=DONE)


@row("P17", "402")
async def p17(case: Case) -> None:
    await case.fault("status-402", Fault.MONEY, then=STOP)
    if case.wire == "openai":
        busy = {"error": {"code": 402, "message": "in_flight_budget_exhausted"}}
        error = await case.fault(case.refusal(402, busy, retry_after="3"), Fault.RATE, then=WAIT)
        assert error.retry_after == 3


@row("P18", "404")
async def p18(case: Case) -> None:
    error = await case.fault("status-404", Fault.MODEL, then=PARK)
    assert "m-1" in error.problem


@row("P19", "408, 409")
async def p19(case: Case) -> None:
    for status in (408, 409):
        await case.fault(case.refusal(status), Fault.CONFLICT, then=AGAIN)


@row("P20", "413, 422")
async def p20(case: Case) -> None:
    await case.fault(case.refusal(413), Fault.CONTEXT, then=TWICE)
    await case.fault(case.refusal(422), Fault.REQUEST, then=DONE)


@row("P21", "429 with a time to wait")
async def p21(case: Case) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    waits = {"7": 7.0, "1.5": 1.5, soon: 90.0}
    for asked, wait in waits.items():
        error = await case.fault(case.refusal(429, retry_after=asked), Fault.RATE, then=WAIT)
        assert error.retry_after is not None
        assert math.isclose(error.retry_after, wait, abs_tol=0 if wait < 90 else 30)
    error = await case.fault(
        case.refusal(429, retry_after_ms="250", retry_after="9"), Fault.RATE, then=WAIT
    )
    assert error.retry_after == 0.25
    delay = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "22.5s"}
    body = {"error": {"code": 429, "message": "Slow down", "details": [delay]}}
    error = await case.fault(case.refusal(429, body), Fault.RATE, then=WAIT)
    assert error.retry_after == 22.5


@row("P22", "429 without a time")
async def p22(case: Case) -> None:
    error = await case.fault(case.refusal(429), Fault.RATE, then=AGAIN)
    assert error.retry_after is None


@row("P23", "429 with an absurd time")
async def p23(case: Case) -> None:
    past = "Thu, 01 Jan 1970 00:00:00 GMT"
    for asked in ("-5", "nan", "inf", "soon", "1e400", past, "Fri, 99 Xyz 0000"):
        error = await case.fault(case.refusal(429, retry_after=asked), Fault.RATE, then=AGAIN)
        assert error.retry_after is None
    for asked in ("1000000000", "Fri, 31 Dec 9999 23:59:59 GMT"):
        error = await case.fault(case.refusal(429, retry_after=asked), Fault.RATE, then=PARK)
        assert error.retry_after == LONGEST_WAIT


@row("P24", "429 that means money")
async def p24(case: Case) -> None:
    day = {"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}
    details = [{"violations": [day]}, {"retryDelay": "22s"}]
    spent = {"type": "rate_limit_error", "message": "Limit reached"}
    bodies: dict[Wire, list[object]] = {
        "openai": [
            {"error": {"message": "You exceeded your quota", "code": code}}
            for code in ("insufficient_quota", "credit_balance_exhausted", "x_spend_limit_exceeded")
        ],
        "anthropic": [
            {"error": spent | {"details": {"error_code": f"{whose}_spend_limit_reached"}}}
            for whose in ("enforced", "contract")
        ],
        "gemini": [{"error": {"code": 429, "message": "Quota", "details": details}}],
        "ollama": [],
    }
    if not bodies[case.wire]:
        raise DoesNotOccurError("no limit of money is known of Ollama but a 402: that is P17")
    for body in bodies[case.wire]:
        error = await case.fault(case.refusal(429, body), Fault.MONEY, then=STOP)
        assert error.retry_after is None


@row("P25", "500, 502, 503, 504, 529")
async def p25(case: Case) -> None:
    for status in (500, 502, 504):
        await case.fault(case.refusal(status), Fault.SERVER, then=RETRY)
    for status in (503, 529):
        await case.fault(case.refusal(status), Fault.OVERLOADED, then=RETRY)
    await case.fault("stalled_503", Fault.OVERLOADED, then=RETRY, trailer=SOON)


@row("P26", "an error in a stream with status 200")
async def p26(case: Case) -> None:
    await case.fault("error_in_stream", Fault.SERVER, then=RETRY)
    if case.wire == "openai":
        for scenario in ("error_by_name", "error_event", "broken_off"):
            await case.fault(scenario, Fault.SERVER, then=RETRY)
    if case.wire != "ollama":  # it gives no status
        coded = case.dialect.error("slow down", 429)
        if case.wire == "openai":
            coded = {"error": {"message": "slow down", "code": 429}}
        hel = case.dialect.piece("Hel"), case.dialect.event(coded)
        await case.fault(case.play("coded", lambda reply: reply.say(*hel)), Fault.RATE, then=AGAIN)


@row("P27", "a redirect")
async def p27(case: Case) -> None:
    for status in (301, 302, 307, 308):
        act = case.refusal(status, location="http://elsewhere.example/v1")
        error = await case.fault(act, Fault.REDIRECT, then=DONE)
        assert "elsewhere.example" in error.problem
    asked = [head for head in case.server.heads if head.startswith("POST")]
    assert len(asked) == 2 * 4  # of the adapter and of a turn: none is followed


@row("P28", "an empty stream, an empty body")
async def p28(case: Case) -> None:
    await case.fault("empty_stream", Fault.EMPTY, then=RETRY)
    await case.fault(case.play("nothing", lambda reply: reply.say()), Fault.EMPTY, then=RETRY)


@row("P29", "white space only")
async def p29(case: Case) -> None:
    await case.silent("whitespace_only", TWICE)


@row("P30", "thoughts only")
async def p30(case: Case) -> None:
    heard = await case.silent("thinking_only", TWICE)
    assert heard.thought == "Hmm."


@row("P31", "length, filter, refusal")
async def p31(case: Case) -> None:
    heard = await case.whole("length", SAID)
    assert heard.finished
    assert heard.finished.reason is Finish.LENGTH
    if case.wire != "ollama":  # it filters nothing
        heard = await case.whole("filtered", SAID)
        assert heard.finished
        assert heard.finished.reason is Finish.FILTER


@row("P32", "a reply without an end")
async def p32(case: Case) -> None:
    await case.cut("endless_reply", Fault.TOO_LARGE)


@row("P33", "a line without an end")
async def p33(case: Case) -> None:
    await case.fault("endless_line", Fault.TOO_LARGE, then=BROKEN)


@row("P34", "a gzip bomb")
async def p34(case: Case) -> None:
    await case.fault("gzip_bomb", Fault.BAD_TYPE, then=BROKEN)
    assert "\r\naccept-encoding: identity\r\n" in case.server.heads[0].lower()


@row("P35", "huge headers, no HTTP at all")
async def p35(case: Case) -> None:
    for scenario in ("huge_header", "not_http"):
        await case.fault(scenario, Fault.TRANSPORT, then=ONCE_MORE)


@row("P36", "invalid UTF-8, split UTF-8")
async def p36(case: Case) -> None:
    await case.whole("invalid_utf8", SAID.replace("ö", "\ufffd").replace("🙂", "\ufffd"))
    await case.whole("split_utf8", SAID)


@row("P37", "lone surrogates, NUL")
async def p37(case: Case) -> None:
    odd = case.dialect.piece("a@b").replace(b"@", rb"\ud800\u0000\\ud83d\ud83d\ude42\udc00")
    act = case.play("odd", lambda reply: reply.say(odd, reply.dialect.end()))
    heard = await case.whole(act)
    assert heard.text.encode(errors="replace").decode().startswith("a")
    assert "\x00\\ud83d🙂" in heard.text
    assert heard.text.endswith("b")


@row("P38", "bytes one by one, all at once, odd lines")
async def p38(case: Case) -> None:
    for scenario in ("drip", "one_packet", "crlf", "bom", "odd_newlines"):
        await case.whole(scenario, None if scenario == "odd_newlines" else SAID)
    if case.wire != "ollama":  # it has no other way to write a line
        await case.whole("odd_lines", SAID)


@row("P39", "usage missing, twice, absurd")
async def p39(case: Case) -> None:
    first: dict[Wire, object] = {
        "openai": {"choices": [], "usage": {"prompt_tokens": 99, "completion_tokens": 99}},
        "anthropic": {"type": "message_start", "message": {"usage": {"input_tokens": 99}}},
        "gemini": {"usageMetadata": {"promptTokenCount": 99, "candidatesTokenCount": 99}},
        "ollama": {"message": {"role": "assistant"}, "prompt_eval_count": 99, "eval_count": 99},
    }
    twice = case.dialect.event(first[case.wire])
    heard = await case.whole(case.play("twice", lambda r: r.say(twice, *r.pieces())), SAID)
    assert heard.finished
    assert heard.finished.usage
    assert (heard.finished.usage.input, heard.finished.usage.output) == (7, 5)
    none = case.dialect.end(sent=None, received=None)
    for act in (case.play("none", lambda r: r.say(*r.pieces()[:-1], none)), "usage_odd"):
        heard = await case.whole(act, SAID)
        assert heard.finished
        assert heard.finished.usage is None


@row("P40", "events twice, in disorder, after the end")
async def p40(case: Case) -> None:
    async def disorder(reply: Reply) -> None:
        late = reply.dialect.piece("late"), reply.dialect.end()
        await reply.say(*reply.dialect.harmless() * 2, *reply.pieces(), *late)

    await case.whole(case.play("disorder", disorder), SAID)
    for scenario in ("error_after_end", "reset_after_end"):
        await case.whole(scenario, SAID)
    await case.whole("silent_after_end", SAID, trailer=SOON)
